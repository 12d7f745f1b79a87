package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.SpecDiff;
import io.sskuba.state.ClusterRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Holds a signed plan against its signature, its time and the cluster file. Looks at no cloud.
/// - Errors: `PLAN_UNREADABLE`, `PLAN_TAMPERED`, `PLAN_SIGNER_UNKNOWN`, `PLAN_EXPIRED`;
///   `PLAN_FILE_CHANGED` naming each difference.
public final class CheckPlan implements Phase<CheckPlan.Input, LoadedSpec> {
  private static final int SHOWN_MAX = 20;
  private final Ports ports;

  public record Input(LoadedSpec loaded, PlanDemand demand) {}

  CheckPlan(Ports ports) {
    this.ports = ports;
  }

  @Override
  public LoadedSpec run(Input input, PhaseContext context) {
    LoadedSpec loaded = input.loaded();
    Optional<ClusterRecord> seen = ports.store().find(loaded.key());
    AgreedPlan agreed;
    try {
      agreed = check(input, seen, context.time().now());
    } catch (SskubaException e) {
      Problem problem =
          e.problem()
              .exists(
                  seen.isPresent()
                      ? "cluster " + loaded.name() + ", unchanged"
                      : "nothing was made");
      throw new SskubaException(
          problem.next(again(loaded, input.demand().fileName())), e.getCause());
    }
    context.log(
        "plan sha256:"
            + agreed.digest().substring(0, 12)
            + (agreed.begun() ? ", begun earlier" : ", not begun yet"));
    return loaded.with(agreed);
  }

  private static AgreedPlan check(Input input, Optional<ClusterRecord> seen, Instant now) {
    LoadedSpec loaded = input.loaded();
    PlanDemand demand = input.demand();
    ObjectNode plan = SignedPlan.read(demand.bytes(), demand.fileName());
    SignedPlan.verify(plan, demand);
    AgreedPlan agreed = AgreedPlan.of(plan, demand, seen);
    requireSameCluster(plan, loaded, demand);
    requireSameFile(plan, loaded, demand);
    if (!agreed.begun()) {
      agreed.requireValid(now);
    }
    return agreed;
  }

  private static void requireSameCluster(ObjectNode plan, LoadedSpec loaded, PlanDemand demand) {
    String name = plan.path("name").asText();
    String target = plan.path("target").asText();
    String wanted = loaded.spec().target().provider().word();
    if (name.equals(loaded.name())
        && target.equals(wanted)
        && plan.path("rehearsal").asBoolean() == loaded.rehearsal()) {
      return;
    }
    throw new SskubaException(
        Problem.of(
                ProblemCode.PLAN_FILE_CHANGED,
                "the plan " + demand.fileName() + " is one of " + name + " on " + target)
            .fact("asked", loaded.name() + " on " + wanted));
  }

  private static void requireSameFile(ObjectNode plan, LoadedSpec loaded, PlanDemand demand) {
    ObjectNode fresh = SignedPlan.file(loaded.spec());
    JsonNode planned = plan.path("file");
    if (planned.path("digest").equals(fresh.path("digest"))) {
      return;
    }
    Problem problem =
        Problem.of(
            ProblemCode.PLAN_FILE_CHANGED,
            loaded.fileName() + " is not what the plan " + demand.fileName() + " was made of");
    if (planned.path("spec") instanceof ObjectNode before) {
      List<SpecDiff.Change> changes = SpecDiff.between(before, (ObjectNode) fresh.path("spec"));
      for (SpecDiff.Change change : changes.stream().limit(SHOWN_MAX).toList()) {
        problem = problem.fact("differs", change.render());
      }
      if (changes.size() > SHOWN_MAX) {
        problem = problem.fact("differs", "and " + (changes.size() - SHOWN_MAX) + " more");
      }
    }
    throw new SskubaException(problem);
  }

  /// The command that makes a plan which fits.
  static String again(LoadedSpec loaded, String planFile) {
    return "sskuba-ctl plan "
        + (loaded.rehearsal() ? "--rehearse " : "")
        + "--file "
        + loaded.fileName()
        + " --out "
        + planFile;
  }
}
