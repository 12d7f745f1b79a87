package io.sskuba.delete;

import io.sskuba.apply.ClusterFacts;
import io.sskuba.apply.Ports;
import io.sskuba.infra.Platform;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore.HeldLease;
import io.sskuba.wait.Deadline;
import java.util.List;

/// Takes the lease and marks the record, so that nobody applies what goes away.
/// - Idempotent: yes.
/// - Errors: `LEASE_HELD`, `CLUSTER_UNKNOWN`.
public final class MarkDeleting implements Phase<DeleteRequest, Doomed> {
  private final Ports ports;

  MarkDeleting(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Doomed run(DeleteRequest request, PhaseContext context) {
    HeldLease lease = ports.store().acquire(request.key(), context.runId());
    try {
      ClusterRecord record =
          ports
              .store()
              .find(request.key())
              .orElseThrow(
                  () ->
                      SskubaException.of(ProblemCode.CLUSTER_UNKNOWN, request.key() + " is gone"));
      ClusterSpec spec = SpecJson.fromJson(record.spec());
      Platform platform =
          ports
              .platforms()
              .of(spec.target().provider(), record.rehearsal())
              .orElseThrow(
                  () ->
                      new SskubaException(
                          Problem.of(
                              ProblemCode.SPEC_UNSUPPORTED,
                              "target " + record.target() + " cannot be deleted by this release")));
      ClusterRecord marked = record.withState("deleting", "mark-deleting", null);
      ports.store().update(marked);
      return new Doomed(
          marked,
          platform,
          ClusterFacts.of(marked, spec),
          lease,
          Deadline.after(context.time(), request.deadline()),
          context.time().now(),
          List.of(),
          List.of());
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }
}
