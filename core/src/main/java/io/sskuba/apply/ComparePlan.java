package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import java.util.List;

/// Looks at the world afresh, as `plan` does, and refuses unless exactly the signed plan's steps
/// come out. Makes nothing.
///
/// A run of the plan that began earlier has changed the world itself: then what is left to do must
/// be part of the plan.
/// - Errors: `PLAN_WORLD_CHANGED` naming resources and properties; `PLAN_EXPIRED`; those of
///   [Planning].
public final class ComparePlan implements Phase<Change, Change> {
  private static final int SHOWN_MAX = 20;
  private final Ports ports;

  ComparePlan(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Change run(Change change, PhaseContext context) throws InterruptedException {
    LoadedSpec loaded = change.loaded();
    AgreedPlan plan = loaded.plan();
    if (plan == null) {
      return change;
    }
    if (plan.done()) {
      plan.requireValid(context.time().now());
    }
    Planned planned =
        Planning.look(
            ports,
            new Planning.Subject(loaded.spec(), loaded.rehearsal(), loaded.fileName()),
            context::log);
    ObjectNode fresh = PlanDifferences.plain(SignedPlan.body(planned, plan.version()));
    List<String> differences =
        plan.begun()
            ? PlanDifferences.beyond(plan.json(), fresh)
            : PlanDifferences.between(plan.json(), fresh);
    if (!differences.isEmpty()) {
      throw changed(loaded, plan, differences);
    }
    context.log("the world is as the plan says");
    return change;
  }

  private static SskubaException changed(
      LoadedSpec loaded, AgreedPlan plan, List<String> differences) {
    Problem problem =
        Problem.of(
            ProblemCode.PLAN_WORLD_CHANGED,
            "the plan "
                + plan.fileName()
                + " no longer fits: "
                + differences.size()
                + (differences.size() == 1 ? " thing" : " things")
                + " changed since");
    for (String difference : differences.stream().limit(SHOWN_MAX).toList()) {
      problem = problem.fact("world", difference);
    }
    if (differences.size() > SHOWN_MAX) {
      problem = problem.fact("world", "and " + (differences.size() - SHOWN_MAX) + " more");
    }
    problem =
        plan.seen().isPresent()
            ? problem.exists("cluster " + loaded.name() + ", unchanged")
            : problem.exists("nothing was made");
    return new SskubaException(problem.next(CheckPlan.again(loaded, plan.fileName())));
  }
}
