package io.sskuba.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/// The clock of a state store: the one clock that all its users share.
@FunctionalInterface
interface StoreClock {
  /// @param touched a file of the store that was written to a moment ago
  Instant now(Path touched) throws IOException;

  /// The clock that stamps files: a file server's own where the folder is a mounted one, so that
  /// the clocks of its users do not matter.
  static StoreClock ofFiles() {
    return touched -> Files.getLastModifiedTime(touched).toInstant();
  }
}
