package io.sskuba.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The completion scripts work in the shells that are here.
class CompletionTest {
  @TempDir Path folder;

  @Test
  void bashCompletesCommandsAndOptions() throws Exception {
    Files.writeString(folder.resolve("c.bash"), CommandRun.of(folder, "completion", "bash").out());
    assertThat(bash("bash -n c.bash")).isEmpty();
    assertThat(complete("sskuba-ctl", "ap")).isEqualTo("apply\n");
    assertThat(complete("sskuba-ctl", "status", "--wat")).isEqualTo("--watch\n");
    assertThat(complete("sskuba-ctl", "toolchain", "wh")).isEqualTo("where\n");
  }

  @Test
  void fishAndZshNameEveryCommand() {
    for (String shell : new String[] {"fish", "zsh"}) {
      String script = CommandRun.of(folder, "completion", shell).out();
      assertThat(script).contains(Commands.names());
    }
  }

  /// Outside a real completion bash refuses `compopt` on standard error.
  private String complete(String... words) throws Exception {
    String line = String.join(" ", words);
    return bash(
        "source ./c.bash; COMP_WORDS=("
            + line
            + "); COMP_CWORD="
            + (words.length - 1)
            + "; COMP_LINE='"
            + line
            + "'; COMP_POINT=${#COMP_LINE}; _complete_sskuba-ctl "
            + words[0]
            + " "
            + words[words.length - 1]
            + " 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"");
  }

  private String bash(String script) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("bash", "--norc", "-c", script)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      return out;
    } finally {
      process.destroyForcibly();
    }
  }
}
