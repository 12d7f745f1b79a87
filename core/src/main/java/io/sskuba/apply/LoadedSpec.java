package io.sskuba.apply;

import io.sskuba.spec.ClusterSpec;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A valid cluster file.
///
/// @param key folder and stack name: `NAME`, or `rehearsal.NAME`
/// @param fileName for commands that are offered
public record LoadedSpec(
    ClusterSpec spec,
    String key,
    boolean rehearsal,
    String fileName,
    @Nullable Duration ttl,
    boolean replace,
    boolean terminal) {

  /// The cluster's name in commands and in JSON.
  public String name() {
    return rehearsal ? "rehearsal/" + spec.metadata().name() : spec.metadata().name();
  }
}
