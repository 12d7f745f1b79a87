package io.sskuba.apply;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.SpecDiff;
import io.sskuba.spec.SpecJson;
import io.sskuba.state.ClusterRecord;
import java.util.List;
import java.util.Optional;

/// Holds the file against the record: what may change in place, what needs a new cluster (contract,
/// "A changed file").
/// - Errors: `CHANGE_NEEDS_REPLACE` naming each difference; `NAME_TAKEN` for another cluster's name
///   or FQDN; `LEASE_HELD` while a delete goes on.
public final class CheckChange implements Phase<LoadedSpec, Change> {
  private final Ports ports;

  CheckChange(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Change run(LoadedSpec loaded, PhaseContext context) {
    Optional<ClusterRecord> existing = ports.store().find(loaded.key());
    if (existing.isEmpty()) {
      refuseTakenFqdn(loaded);
      context.log("new cluster " + loaded.spec().fqdn());
      return new Change(loaded, existing, List.of());
    }
    ClusterRecord record = existing.get();
    if (!record.fqdn().equals(loaded.spec().fqdn())) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.NAME_TAKEN,
                  "the name " + loaded.name() + " is taken by cluster " + record.fqdn())
              .exists("cluster " + record.fqdn() + ", unchanged")
              .next("sskuba-ctl status " + record.shown()));
    }
    if (record.state().equals("deleting")) {
      throw new SskubaException(
          Problem.of(ProblemCode.NAME_TAKEN, loaded.name() + " is being deleted")
              .next("sskuba-ctl delete " + loaded.name() + " --yes"));
    }
    List<SpecDiff.Change> differences =
        SpecDiff.between(SpecJson.fromJson(record.spec()), loaded.spec());
    refuseReplacement(loaded, differences);
    context.log(
        differences.isEmpty()
            ? loaded.name() + " is " + record.state() + ", the file is unchanged"
            : differences.size() + " changes to " + loaded.name());
    return new Change(loaded, existing, differences);
  }

  private void refuseTakenFqdn(LoadedSpec loaded) {
    for (ClusterRecord other : ports.store().list()) {
      if (other.fqdn().equals(loaded.spec().fqdn()) && other.rehearsal() == loaded.rehearsal()) {
        throw new SskubaException(
            Problem.of(ProblemCode.NAME_TAKEN, loaded.spec().fqdn() + " is cluster " + other.name())
                .next("sskuba-ctl status " + other.name()));
      }
    }
  }

  private static void refuseReplacement(LoadedSpec loaded, List<SpecDiff.Change> differences) {
    List<SpecDiff.Change> refused =
        differences.stream().filter(d -> d.kind() == SpecDiff.Kind.REPLACE).toList();
    if (refused.isEmpty()) {
      return;
    }
    Problem problem =
        Problem.of(
            ProblemCode.CHANGE_NEEDS_REPLACE,
            "clusters are replaced, never patched: "
                + refused.size()
                + (refused.size() == 1 ? " change" : " changes")
                + " to "
                + loaded.name()
                + " cannot be made in place");
    for (SpecDiff.Change change : refused) {
      problem =
          problem.fact(
              "differs", change.path() + ": " + change.oldValue() + " -> " + change.newValue());
    }
    throw new SskubaException(
        problem
            .exists("cluster " + loaded.name() + ", unchanged")
            .next("sskuba-ctl apply --file " + loaded.fileName() + " --replace"));
  }
}
