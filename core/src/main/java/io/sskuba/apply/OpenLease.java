package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Platform;
import io.sskuba.io.Json;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore.HeldLease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Writes the cluster's record, or brings it up to date, and takes its lease: before anything that
/// costs money.
/// - Idempotent: the record is put if absent; an existing one keeps its id, addresses and time of
///   birth.
/// - Errors: `LEASE_HELD`, `NAME_TAKEN`, `STATE_UNWRITABLE`.
public final class OpenLease implements Phase<Checked, OpenCluster> {
  private final Ports ports;

  OpenLease(Ports ports) {
    this.ports = ports;
  }

  @Override
  public OpenCluster run(Checked checked, PhaseContext context) {
    LoadedSpec loaded = checked.change().loaded();
    Platform platform =
        ports.platforms().of(loaded.spec().target().provider(), loaded.rehearsal()).orElseThrow();
    boolean made = false;
    if (ports.store().find(loaded.key()).isEmpty()) {
      made = create(loaded, platform, context.runId());
    }
    HeldLease lease = ports.store().acquire(loaded.key(), context.runId());
    try {
      ClusterRecord record = ports.store().find(loaded.key()).orElseThrow();
      record = upToDate(record, loaded, platform, checked, context.time().now());
      ports.store().update(record);
      context.log(
          "expires " + (record.expiresAt() == null ? "never" : record.expiresAt().toString()));
      return new OpenCluster(loaded, record, lease, platform, made);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private boolean create(LoadedSpec loaded, Platform platform, String run) {
    ClusterSpec spec = loaded.spec();
    Instant now = ports.time().now();
    String id = HexFormat.of().formatHex(ports.random().bytes(5));
    ObjectNode details = Json.object().put(ClusterFacts.FIRST_RUN, run);
    details.set(
        ClusterFacts.ALLOTMENT,
        platform.allot(spec, loaded.key(), id, Json.object(), allotments(loaded.key())));
    ClusterRecord record =
        new ClusterRecord(
            ClusterRecord.FORMAT,
            loaded.key(),
            id,
            spec.metadata().name(),
            spec.fqdn(),
            loaded.rehearsal(),
            spec.target().provider().word(),
            "creating",
            "open-lease",
            spec.metadata().owner(),
            now,
            expiry(now, loaded.ttl() != null ? loaded.ttl() : spec.lifetime().ttl()),
            null,
            SpecJson.toJson(spec),
            details,
            null);
    try {
      ports.store().create(record);
      return true;
    } catch (SskubaException e) {
      // Another run made it a moment ago; the lease decides who goes on.
      if (ports.store().find(loaded.key()).isPresent()) {
        return false;
      }
      throw e;
    }
  }

  private ClusterRecord upToDate(
      ClusterRecord record, LoadedSpec loaded, Platform platform, Checked checked, Instant now) {
    ClusterSpec spec = loaded.spec();
    ClusterSpec before = SpecJson.fromJson(record.spec());
    ObjectNode details = record.details().deepCopy();
    ObjectNode allotted =
        details.get(ClusterFacts.ALLOTMENT) instanceof ObjectNode o ? o : Json.object();
    details.set(
        ClusterFacts.ALLOTMENT,
        platform.allot(spec, record.key(), record.clusterId(), allotted, allotments(record.key())));
    strings(details, ClusterFacts.WARNINGS, checked.warnings());
    strings(details, ClusterFacts.LEFT_OUT, checked.leftOut());
    Instant expires = record.expiresAt();
    if (loaded.ttl() != null) {
      expires = now.plus(loaded.ttl());
    } else if (!Optional.ofNullable(before.lifetime().ttl())
        .equals(Optional.ofNullable(spec.lifetime().ttl()))) {
      expires = expiry(record.createdAt(), spec.lifetime().ttl());
    }
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
        expires,
        record.endpoint(),
        SpecJson.toJson(spec),
        details,
        null);
  }

  private List<ObjectNode> allotments(String exceptKey) {
    List<ObjectNode> taken = new ArrayList<>();
    for (ClusterRecord other : ports.store().list()) {
      if (!other.key().equals(exceptKey)
          && other.details().get(ClusterFacts.ALLOTMENT) instanceof ObjectNode o) {
        taken.add(o);
      }
    }
    return taken;
  }

  private static void strings(ObjectNode details, String name, List<String> values) {
    ArrayNode array = details.putArray(name);
    values.forEach(array::add);
  }

  private static @Nullable Instant expiry(Instant from, @Nullable Duration ttl) {
    return ttl == null ? null : from.plus(ttl);
  }
}
