package io.sskuba.delete;

import io.sskuba.spec.ClusterSpec;
import java.time.Duration;

/// What a user asked `delete --by-tag` to do: the state of a cluster is lost.
///
/// @param spec of the file, or the smallest one with the FQDN and the target
public record ByTagRequest(ClusterSpec spec, boolean rehearsal, Duration deadline) {
  public String key() {
    return (rehearsal ? "rehearsal." : "") + spec.metadata().name();
  }
}
