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
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// Writes the cluster's record, or brings it up to date, and takes its lease: before anything that
/// costs money.
/// - Idempotent: the record is put if absent; an existing one keeps its id, addresses and time of
///   birth.
/// - Errors: `LEASE_HELD`, `NAME_TAKEN`, `STATE_UNWRITABLE`; `PLAN_WORLD_CHANGED` when another run
///   came between a signed plan's check and the lease.
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
      if (loaded.plan() != null && !made) {
        loaded.plan().requireUntouched(record);
      }
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
    ObjectNode allotment =
        platform.allot(spec, loaded.key(), id, Json.object(), allotments(loaded.key()));
    if (loaded.plan() != null) {
      loaded.plan().requireAllotment(allotment);
    }
    details.set(ClusterFacts.ALLOTMENT, allotment);
    begin(details, loaded);
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
            Renewal.after(now, loaded.ttl() != null ? loaded.ttl() : spec.lifetime().ttl()),
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
    ClusterRecord renewed =
        Renewal.of(record, loaded.spec(), loaded.ttl(), platform, allotments(record.key()), now);
    strings(renewed.details(), ClusterFacts.WARNINGS, checked.warnings());
    strings(renewed.details(), ClusterFacts.LEFT_OUT, checked.leftOut());
    begin(renewed.details(), loaded);
    return renewed;
  }

  /// The same write that begins the run says which plan it carries out: a run that is killed at any
  /// later moment is known as one of that plan.
  private static void begin(ObjectNode details, LoadedSpec loaded) {
    AgreedPlan plan = loaded.plan();
    if (plan != null) {
      details.set(ClusterFacts.PLAN, plan.begunJson());
    }
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
}
