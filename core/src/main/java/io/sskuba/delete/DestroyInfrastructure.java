package io.sskuba.delete;

import io.sskuba.apply.Ports;
import io.sskuba.apply.SealedPassphrase;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Platform.Remnant;
import io.sskuba.problem.ProblemKind;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.secret.RuntimeFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Destroys the stack, last made first, and then the stack itself.
/// - Idempotent: a stack that is not there is destroyed already.
/// - Limits: what is left of the delete's deadline.
/// - Errors: `INFRA_LOCKED`. A destroy that fails or runs out of time is not thrown: what stayed
///   stands in the receipt.
public final class DestroyInfrastructure implements Phase<Doomed, Doomed> {
  private final Ports ports;

  DestroyInfrastructure(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Doomed run(Doomed doomed, PhaseContext context) throws InterruptedException {
    Map<String, Path> tools = ports.toolchain().ensure(List.of("pulumi"), context::log);
    Path passphrase =
        SealedPassphrase.restore(
            ports,
            doomed.record().key(),
            RuntimeFolder.create(
                ports.places().runtime(), doomed.record().key(), doomed.record().clusterId()));
    List<StateResource> known;
    Remnant stack;
    try (Infrastructure infra =
        doomed.platform().infrastructure(doomed.cluster(), passphrase, tools)) {
      known = infra.resources();
      try {
        infra.open(doomed.deadline().left());
        infra.destroy(context::resource, doomed.deadline().left());
      } catch (SskubaException e) {
        if (e.problem().code().kind() == ProblemKind.CONFLICT) {
          throw e;
        }
        context.log("destroy: " + e.problem().summary());
      }
      Platform.Modelled modelled =
          doomed.platform().modelled(doomed.platform().plan(doomed.cluster()), "delete");
      context.modelled(modelled.full(), modelled.waited());
      stack = stack(doomed.record().key(), infra.resources());
    }
    context.log(known.size() + " resources");
    return doomed.with(known, stack);
  }

  private static Remnant stack(String key, List<StateResource> left) {
    boolean gone = left.isEmpty();
    return new Remnant(
        "pulumi:pulumi:Stack",
        key,
        key,
        gone,
        "read the state",
        gone ? "no resource and no stack" : left.size() + " resources, " + left.getFirst().name());
  }
}
