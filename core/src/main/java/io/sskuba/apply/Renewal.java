package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Platform;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import io.sskuba.state.ClusterRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The record of a cluster brought up to date with a file: what `apply` writes, and what `plan`
/// looks at without writing it.
final class Renewal {
  private Renewal() {}

  /// @param ttl `--ttl`, or null
  /// @param taken allotments of the other clusters
  static ClusterRecord of(
      ClusterRecord record,
      ClusterSpec spec,
      @Nullable Duration ttl,
      Platform platform,
      List<ObjectNode> taken,
      Instant now) {
    ObjectNode details = record.details().deepCopy();
    ObjectNode allotted =
        details.get(ClusterFacts.ALLOTMENT) instanceof ObjectNode o ? o : Json.object();
    details.set(
        ClusterFacts.ALLOTMENT,
        platform.allot(spec, record.key(), record.clusterId(), allotted, taken));
    return new ClusterRecord(
        record.format(),
        record.key(),
        record.clusterId(),
        record.name(),
        record.fqdn(),
        record.rehearsal(),
        record.target(),
        record.state().equals("ready") || record.state().equals("degraded")
            ? record.state()
            : "creating",
        // Not settled until the run ends: FindReady looks at it.
        "open-lease",
        spec.metadata().owner(),
        record.createdAt(),
        expires(record, spec, ttl, now),
        record.endpoint(),
        SpecJson.toJson(spec),
        details,
        null);
  }

  private static @Nullable Instant expires(
      ClusterRecord record, ClusterSpec spec, @Nullable Duration ttl, Instant now) {
    if (ttl != null) {
      return now.plus(ttl);
    }
    ClusterSpec before = SpecJson.fromJson(record.spec());
    boolean changed =
        !Optional.ofNullable(before.lifetime().ttl())
            .equals(Optional.ofNullable(spec.lifetime().ttl()));
    return changed ? after(record.createdAt(), spec.lifetime().ttl()) : record.expiresAt();
  }

  static @Nullable Instant after(Instant from, @Nullable Duration ttl) {
    return ttl == null ? null : from.plus(ttl);
  }
}
