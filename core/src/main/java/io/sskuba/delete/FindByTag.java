package io.sskuba.delete;

import io.sskuba.apply.ClusterFacts;
import io.sskuba.apply.Ports;
import io.sskuba.infra.Platform;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.SpecJson;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore.HeldLease;
import io.sskuba.wait.Deadline;
import java.time.Instant;
import java.util.List;

/// Stands in for the record of a cluster whose state is lost: what is to be taken away, its tags
/// say.
///
/// The engine adopts what is found into a new stack, in the order of the target's plan, and then
/// destroys it the other way round.
/// - Idempotent: what is gone is not found again.
/// - Errors: `USAGE` where the state is there after all; `LEASE_HELD`; those of the account.
public final class FindByTag implements Phase<ByTagRequest, Doomed> {
  private final Ports ports;

  FindByTag(Ports ports) {
    this.ports = ports;
  }

  /// What carries the tags now. Changes nothing.
  public static List<Platform.Found> found(Ports ports, ByTagRequest request) {
    return platform(ports, request)
        .inventory(ClusterFacts.of(record(request, Instant.EPOCH), request.spec()));
  }

  @Override
  public Doomed run(ByTagRequest request, PhaseContext context) {
    String key = request.key();
    if (ports.store().find(key).isPresent()) {
      String shown = key.replace("rehearsal.", "rehearsal/");
      throw new SskubaException(
          Problem.of(
                  ProblemCode.USAGE, "the state of " + shown + " is there: it says more than tags")
              .next("sskuba-ctl delete " + shown));
    }
    HeldLease lease = ports.store().acquire(key, context.runId());
    try {
      Platform platform = platform(ports, request);
      ClusterRecord record = record(request, context.time().now());
      return new Doomed(
          record,
          platform,
          ClusterFacts.of(record, request.spec()),
          lease,
          Deadline.after(context.time(), request.deadline()),
          context.time().now(),
          List.of(),
          List.of(),
          List.of(),
          platform.traces(key).clusterIds());
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private static Platform platform(Ports ports, ByTagRequest request) {
    return ports
        .platforms()
        .of(request.spec().target().provider(), request.rehearsal())
        .orElseThrow();
  }

  private static ClusterRecord record(ByTagRequest request, Instant now) {
    return new ClusterRecord(
        ClusterRecord.FORMAT,
        request.key(),
        Platform.ANY_ID,
        request.spec().metadata().name(),
        request.spec().fqdn(),
        request.rehearsal(),
        request.spec().target().provider().word(),
        "deleting",
        "find-by-tag",
        null,
        now,
        null,
        null,
        SpecJson.toJson(request.spec()),
        Json.object(),
        null);
  }
}
