package io.sskuba;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The files of the checkout that this test runs in, for tests that read sources.
final class SourceTree {
  static final List<String> MODULES =
      List.of("core", "clouds", "rehearsal", "cli", "testkit", "acceptance");

  private SourceTree() {}

  /// The folder that holds the launcher.
  static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("sskuba-ctl"))) {
      at = at.getParent();
      if (at == null) {
        throw new IllegalStateException("not in a checkout");
      }
    }
    return at;
  }

  /// Java files under `src/main` (and `src/test`) of all modules, in order.
  static List<Path> java(boolean tests) {
    List<Path> files = new ArrayList<>();
    for (String module : MODULES) {
      files.addAll(under(root().resolve(module).resolve("src/main/java"), ".java"));
      if (tests) {
        files.addAll(under(root().resolve(module).resolve("src/test/java"), ".java"));
      }
    }
    return files;
  }

  static List<Path> under(Path folder, String suffix) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file) && file.toString().endsWith(suffix))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// As people read it: relative to the root.
  static String name(Path file) {
    return root().relativize(file).toString();
  }
}
