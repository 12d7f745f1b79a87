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
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Takes the lease and marks the record, so that nobody applies what goes away.
/// - Idempotent: yes.
///
/// A record that cannot be understood is left as it is: [Salvage] finds out what it was about.
/// - Errors: `LEASE_HELD`, `CLUSTER_UNKNOWN`, `STATE_NEWER`.
public final class MarkDeleting implements Phase<DeleteRequest, Doomed> {
  private final Ports ports;

  MarkDeleting(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Doomed run(DeleteRequest request, PhaseContext context) {
    HeldLease lease = ports.store().acquire(request.key(), context.runId());
    try {
      return withJournal(doomed(request, lease, context), context);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private Doomed doomed(DeleteRequest request, HeldLease lease, PhaseContext context) {
    ClusterRecord record;
    ClusterSpec spec;
    try {
      Optional<ClusterRecord> found = ports.store().find(request.key());
      if (found.isEmpty() && ports.store().holds(request.key())) {
        Problem missing = Problem.of(ProblemCode.STATE_CORRUPT, "record.json is missing");
        return new Salvage(ports).of(request, lease, missing, context);
      }
      record =
          found.orElseThrow(
              () -> SskubaException.of(ProblemCode.CLUSTER_UNKNOWN, request.key() + " is gone"));
      spec = SpecJson.fromJson(record.spec());
    } catch (IllegalArgumentException e) {
      Problem unfit = Problem.of(ProblemCode.STATE_CORRUPT, String.valueOf(e.getMessage()));
      return new Salvage(ports).of(request, lease, unfit, context);
    } catch (SskubaException e) {
      if (e.problem().code() != ProblemCode.STATE_CORRUPT) {
        throw e;
      }
      return new Salvage(ports).of(request, lease, e.problem(), context);
    }
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
        List.of(),
        List.of(),
        List.of());
  }

  /// A delete needs no journal; one that cannot be read is kept beside the receipt all the same.
  private Doomed withJournal(Doomed doomed, PhaseContext context) {
    String key = doomed.record().key();
    try {
      ports.store().journal(key);
      return doomed;
    } catch (SskubaException e) {
      if (e.problem().code() != ProblemCode.STATE_CORRUPT) {
        throw e;
      }
      Path file = ports.store().folder(key).resolve("journal.jsonl");
      String kept = ports.store().preserve(key, doomed.record().clusterId(), file);
      String cause = Salvage.cause(e.problem());
      context.log("the journal cannot be read (" + cause + "); a copy is kept in " + kept);
      return doomed.with(
          doomed.cluster(),
          List.of(),
          List.of(),
          List.of(new Doomed.Corrupt(file.toString(), cause, kept)));
    }
  }
}
