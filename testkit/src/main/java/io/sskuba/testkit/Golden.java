package io.sskuba.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Golden files under `src/test/resources/golden`, compared byte for byte.
///
/// `-Dgolden.record=true` rewrites the file and then fails, so that a recording run can never be
/// green.
public final class Golden {
  private Golden() {}

  /// @param name path below `golden/`, for example `problem/lease-held.txt`
  public static void assertMatches(String name, String actual) {
    Path file = Path.of("src/test/resources/golden").resolve(name);
    try {
      if (Boolean.getBoolean("golden.record")) {
        Files.createDirectories(file.getParent());
        Files.writeString(file, actual);
        throw new AssertionError("recorded " + file + "; run again without golden.record");
      }
      assertThat(actual).as("golden file %s", file).isEqualTo(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
