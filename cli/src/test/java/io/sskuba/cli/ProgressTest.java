package io.sskuba.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.run.RunEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a user sees while a run goes on.
class ProgressTest {
  @TempDir Path folder;

  private static RunEvent event(RunEvent.Kind kind, String phase, String message, String seen) {
    return new RunEvent(
        Instant.EPOCH,
        "run-1",
        "demo",
        phase,
        kind,
        message,
        seen.isEmpty() ? null : seen,
        1500,
        kind == RunEvent.Kind.RESOURCE ? "sskuba:local:Machine::demo-1" : null,
        0);
  }

  private static void feed(Progress progress) {
    progress.event(event(RunEvent.Kind.PHASE_STARTED, "configure", "configure", ""));
    progress.event(event(RunEvent.Kind.RESOURCE, "configure", "create done", ""));
    progress.event(event(RunEvent.Kind.RESOURCE, "configure", "same done", ""));
    progress.event(event(RunEvent.Kind.WAITING, "configure", "etcd", "Preparing"));
    progress.event(event(RunEvent.Kind.PHASE_FINISHED, "configure", "1 machine", ""));
    progress.event(event(RunEvent.Kind.PHASE_STARTED, "bootstrap", "bootstrap", ""));
    progress.event(event(RunEvent.Kind.PHASE_FAILED, "bootstrap", "x".repeat(200), ""));
    progress.finish();
  }

  @Test
  void withoutATerminalOneLineAChangeAndNoCursorMovement() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    feed(new PlainProgress(new PrintStream(err, true, StandardCharsets.UTF_8)));
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "    1.5s  configure                created sskuba:local:Machine::demo-1\n"
                + "    1.5s  configure                waiting for etcd: Preparing\n"
                + "    1.5s  configure                done\n"
                + "    1.5s  bootstrap                failed: "
                + "x".repeat(200)
                + "\n");
  }

  @Test
  void onATerminalOneLineAPhaseIsLeftAndFitsItsWidth() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Session session =
        new Session(
            CommandRun.environment(folder, Map.of("COLUMNS", "60")),
            new PrintStream(new ByteArrayOutputStream()),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    session.color("never");
    feed(new TerminalProgress(session));
    String text = err.toString(StandardCharsets.UTF_8);
    assertThat(text).contains("etcd: Preparing").doesNotContain("\u001b[3");
    List<String> screen = screen(text);
    assertThat(screen).hasSize(2);
    assertThat(screen.get(0)).isEqualTo("\u2714 configure                   1.5s  1 machine");
    assertThat(screen.get(1)).startsWith("\u2718 bootstrap                   1.5s  xxx");
    assertThat(screen).allMatch(line -> line.length() <= 60);
  }

  @Test
  void colorIsOffForNoColorAndOnWhenAskedFor() {
    Session off =
        new Session(
            CommandRun.environment(folder, Map.of("NO_COLOR", "1")), System.out, System.err);
    assertThat(off.colored()).isFalse();
    off.color("always");
    assertThat(off.colored()).isTrue();
  }

  /// What stands on the screen after "up one line" and "erase line".
  private static List<String> screen(String text) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\u001b[1A\u001b[2K", i)) {
        lines.removeLast();
        i += "\u001b[1A\u001b[2K".length() - 1;
      } else if (text.charAt(i) == '\n') {
        lines.add(line.toString());
        line.setLength(0);
      } else {
        line.append(text.charAt(i));
      }
    }
    return lines;
  }
}
