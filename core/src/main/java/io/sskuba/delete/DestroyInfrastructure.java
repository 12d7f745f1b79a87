package io.sskuba.delete;

import io.sskuba.apply.ClusterFacts;
import io.sskuba.apply.Ports;
import io.sskuba.apply.SealedPassphrase;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Platform.Remnant;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.ProblemKind;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.secret.RuntimeFolder;
import io.sskuba.state.ClusterRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Destroys the stack, last made first, and then the stack itself.
/// - Idempotent: a stack that is not there is destroyed already.
/// - Limits: what is left of the delete's deadline.
/// - Errors: `INFRA_LOCKED`, `STATE_UNWRITABLE`. A destroy that fails or runs out of time is not
///   thrown: what stayed stands in the receipt.
public final class DestroyInfrastructure implements Phase<Doomed, Doomed> {
  private final Ports ports;

  DestroyInfrastructure(Ports ports) {
    this.ports = ports;
  }

  /// What is being destroyed when credentials end would stay half-way.
  private static final Duration CREDENTIALS_LEAST = Duration.ofMinutes(5);

  @Override
  public Duration credentialsFor() {
    return CREDENTIALS_LEAST;
  }

  @Override
  public Doomed run(Doomed doomed, PhaseContext context) throws InterruptedException {
    ClusterFacts.requireItsAccount(
        doomed.record(), doomed.platform().credentials(doomed.cluster().spec()));
    Map<String, Path> tools = ports.toolchain().ensure(List.of("pulumi"), context::log);
    Path passphrase =
        SealedPassphrase.restore(
            ports,
            doomed.record().key(),
            RuntimeFolder.create(
                ports.places().runtime(), doomed.record().key(), doomed.record().clusterId()));
    try (Infrastructure infra =
        doomed.platform().infrastructure(doomed.cluster(), passphrase, tools)) {
      List<Doomed.Corrupt> torn = setAside(doomed, infra, context);
      List<StateResource> known = infra.resources();
      String failure = "";
      try {
        infra.open(doomed.deadline().left());
        // What a lost answer made, the engine takes away with the rest.
        infra.adopt(inventory(doomed), doomed.deadline().left());
        known = infra.resources();
        infra.destroy(context::resource, doomed.deadline().left());
      } catch (SskubaException e) {
        if (e.problem().code() != ProblemCode.STATE_CORRUPT
            && e.problem().code().kind() == ProblemKind.CONFLICT) {
          throw e;
        }
        failure = said(e.problem());
        context.log("destroy: " + failure);
      }
      Platform.Modelled modelled = doomed.platform().modelled(plan(doomed), "delete");
      context.modelled(modelled.full(), modelled.waited());
      context.log(known.size() + " resources");
      return doomed.with(
          whole(doomed, known),
          known,
          List.of(stack(doomed.record().key(), infra.resources(), failure)),
          torn);
    }
  }

  /// What the platform holds, in the order of the plan where there is one.
  private static List<Platform.Found> inventory(Doomed doomed) {
    List<Platform.Found> found = new ArrayList<>(doomed.platform().inventory(doomed.cluster()));
    if (found.isEmpty()) {
      return found;
    }
    Map<String, Integer> places = new HashMap<>();
    try {
      for (InfraPlan.Resource resource : doomed.platform().plan(doomed.cluster()).resources()) {
        places.put(resource.type() + "::" + resource.name(), places.size());
        places.putIfAbsent(resource.type(), places.size());
      }
    } catch (IllegalArgumentException | SskubaException e) {
      // Without the file there may be no plan: then nothing is known of an order.
      return found;
    }
    found.sort(
        Comparator.comparingInt(
            f ->
                places.getOrDefault(
                    f.type() + "::" + f.name(), places.getOrDefault(f.type(), Integer.MAX_VALUE))));
    return found;
  }

  /// The plan of what was made; a cluster that nothing tells of has none.
  private static InfraPlan plan(Doomed doomed) {
    return doomed.cluster().allotment().isEmpty()
        ? new InfraPlan(List.of(), Map.of())
        : doomed.platform().plan(doomed.cluster());
  }

  /// With a stack that nothing can read, what it spoke of is swept without it.
  private List<Doomed.Corrupt> setAside(Doomed doomed, Infrastructure infra, PhaseContext context) {
    Optional<Path> torn = infra.setAsideTorn();
    if (torn.isEmpty()) {
      return List.of();
    }
    ClusterRecord record = doomed.record();
    String kept = ports.store().preserve(record.key(), record.clusterId(), torn.get());
    context.log("the Pulumi stack cannot be read; a copy is kept in " + kept);
    return List.of(new Doomed.Corrupt(torn.get().toString(), "it is no checkpoint", kept));
  }

  /// The cluster with its addresses: from its record, else as its resources have them.
  private static Platform.Cluster whole(Doomed doomed, List<StateResource> known) {
    Platform.Cluster cluster = doomed.cluster();
    return cluster.allotment().isEmpty()
        ? new Platform.Cluster(
            cluster.spec(),
            cluster.key(),
            cluster.clusterId(),
            doomed.platform().allotmentOf(known),
            cluster.tags())
        : cluster;
  }

  /// The failure and what its provider said.
  private static String said(Problem problem) {
    return problem.summary()
        + problem.facts().stream()
            .filter(f -> f.label().equals("cause"))
            .findFirst()
            .map(f -> ": " + f.value())
            .orElse("");
  }

  private static Remnant stack(String key, List<StateResource> left, String failure) {
    boolean gone = left.isEmpty();
    return new Remnant(
        "pulumi:pulumi:Stack",
        key,
        key,
        gone,
        "read the state",
        gone
            ? "no resource and no stack"
            : left.size()
                + " resources, "
                + left.getFirst().name()
                + (failure.isEmpty() ? "" : "; " + failure));
  }
}
