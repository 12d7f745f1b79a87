package io.sskuba.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/// Real peers for tests. The folder that holds them is named by `SSKUBA_PEERS`; `./test` sets it to
/// what the toolchain made. A test whose peer is missing counts as skipped, loudly, never as
/// passed.
public final class Peers {
  private Peers() {}

  public static Optional<Path> find(String name) {
    String folder = System.getenv("SSKUBA_PEERS");
    if (folder == null || folder.isEmpty()) {
      return Optional.empty();
    }
    Path file = Path.of(folder).resolve(name);
    return Files.isExecutable(file) ? Optional.of(file) : Optional.empty();
  }

  /// The peer, or the calling test is skipped with a message that names it.
  public static Path require(String name) {
    Optional<Path> found = find(name);
    Assumptions.assumeTrue(found.isPresent(), "SKIPPED: no real " + name + " (SSKUBA_PEERS)");
    return found.orElseThrow();
  }
}
