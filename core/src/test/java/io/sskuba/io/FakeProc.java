package io.sskuba.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A `/proc` of a machine that the test makes up.
public final class FakeProc {
  private final Path root;
  private long uptimeMillis = 1_000_000;

  public FakeProc(Path root, String bootId, String namespace, long pid, long start) {
    this.root = root;
    write("sys/kernel/random/boot_id", bootId + "\n");
    write("sys/kernel/hostname", "host-" + bootId + "\n");
    write("self/stat", stat(pid, "S", start));
    try {
      Files.createDirectories(root.resolve("self/ns"));
      Files.createSymbolicLink(root.resolve("self/ns/pid"), Path.of(namespace));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    process(pid, "S", start);
    pass(0);
  }

  public Processes processes() {
    return new Processes(root);
  }

  public void process(long pid, String state, long start) {
    write(pid + "/stat", stat(pid, state, start));
  }

  public void end(long pid) {
    try {
      Files.deleteIfExists(root.resolve(pid + "/stat"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void pass(long millis) {
    uptimeMillis += millis;
    write("uptime", String.format("%.2f 1.00%n", uptimeMillis / 1_000.0));
  }

  /// A name with spaces and parentheses, as a process may give itself.
  private static String stat(long pid, String state, long start) {
    return pid
        + " (ja) va (x) "
        + state
        + " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
        + start
        + " 20 21\n";
  }

  private void write(String path, String text) {
    try {
      Path file = root.resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
