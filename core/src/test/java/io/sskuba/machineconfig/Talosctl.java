package io.sskuba.machineconfig;

import io.sskuba.testkit.Peers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The real `talosctl`, or the test is skipped.
final class Talosctl {
  private static final long SECONDS_MAX = 60;
  private final Path program;
  private final Path folder;

  Talosctl(Path folder) {
    this.program = Peers.require("talosctl");
    this.folder = folder;
  }

  record Result(int exit, String output) {}

  Result run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("HOME", folder.toString());
    builder.redirectErrorStream(true);
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes());
      if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new AssertionError("talosctl took longer than " + SECONDS_MAX + " s");
      }
      return new Result(process.exitValue(), output);
    } finally {
      process.destroyForcibly();
    }
  }

  String ok(String... arguments) throws Exception {
    Result result = run(arguments);
    if (result.exit() != 0) {
      throw new AssertionError(
          "talosctl "
              + String.join(" ", arguments)
              + ": exit "
              + result.exit()
              + "\n"
              + result.output());
    }
    return result.output();
  }
}
