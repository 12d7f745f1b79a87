package io.sskuba.apply;

import io.sskuba.spec.ClusterSpec;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A valid cluster file.
///
/// @param key folder and stack name: `NAME`, or `rehearsal.NAME`
/// @param fileName for commands that are offered
/// @param plan the signed plan that is to be carried out, and nothing else; null where there is
///   none
public record LoadedSpec(
    ClusterSpec spec,
    String key,
    boolean rehearsal,
    String fileName,
    @Nullable Duration ttl,
    boolean replace,
    boolean terminal,
    @Nullable AgreedPlan plan) {

  /// The cluster's name in commands and in JSON.
  public String name() {
    return rehearsal ? "rehearsal/" + spec.metadata().name() : spec.metadata().name();
  }

  LoadedSpec with(AgreedPlan agreed) {
    return new LoadedSpec(spec, key, rehearsal, fileName, ttl, replace, terminal, agreed);
  }
}
