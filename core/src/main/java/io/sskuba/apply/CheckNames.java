package io.sskuba.apply;

import io.sskuba.dns.ClusterNames;
import io.sskuba.dns.NamePlace;
import io.sskuba.infra.Platform;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/// The part of preflight that asks the zone's server whether we may have the cluster's names:
/// before anything is made, and without a change.
final class CheckNames {
  /// Nobody's: the owner of a cluster that has no id yet.
  private static final String NOBODY = "none-yet";

  private CheckNames() {}

  /// Refuses where the zone that is part of the stack has another's record of the cluster's names:
  /// a cloud's own interface would say so only after the rest was made, or overwrite it.
  /// - Errors: `DNS_NAME_TAKEN`.
  static void refuseTaken(Platform platform, Platform.Cluster cluster, String exists, String next) {
    Optional<Platform.NameHolder> holder = platform.nameHolder(cluster);
    if (holder.isPresent()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.DNS_NAME_TAKEN, "the name " + cluster.spec().fqdn() + " is another's")
              .fact("owner", holder.get().owner())
              .fact("record", holder.get().record())
              .exists(exists)
              .exists("the name as it was; nothing was overwritten")
              .next(next));
    }
  }

  /// Names that are resources of the target's own stack.
  static boolean isInStack(ClusterSpec spec) {
    if (spec.dns() == null) {
      return false;
    }
    return switch (spec.target().provider()) {
      case AWS -> spec.dns().provider().equals("route53");
      case AZURE -> spec.dns().provider().equals("azureDns");
      default -> false;
    };
  }

  /// What has to be said about the names of a cluster that is made here; empty when nothing has.
  /// - Errors: those of [io.sskuba.dns.ZoneWriter#check], `SECRET_UNRESOLVED`.
  static Optional<String> look(Ports ports, Change change, PhaseContext context)
      throws InterruptedException {
    LoadedSpec loaded = change.loaded();
    if (isInStack(loaded.spec())) {
      return ofStack(ports, change);
    }
    Optional<NamePlace> asked = ports.zones().place(loaded.spec(), loaded.rehearsal());
    if (asked.isEmpty()) {
      return Optional.empty();
    }
    Optional<PublishedNames> known = change.existing().flatMap(PublishedNames::of);
    NamePlace place = known.map(PublishedNames::place).orElse(asked.get());
    String owner = change.existing().map(r -> r.clusterId()).orElse(NOBODY);
    // Where the names will lead does not matter to who may have them.
    ClusterNames names =
        new ClusterNames(
            loaded.spec().fqdn(),
            owner,
            new ClusterNames.Target.Addresses(List.of(InetAddress.getLoopbackAddress())),
            ClusterNames.TTL);
    try {
      Naming.writer(ports, place, loaded.spec()).check(names);
    } catch (SskubaException e) {
      throw Naming.told(e, loaded, exists(change));
    }
    if (place.simulated()) {
      return simulated(loaded);
    }
    context.log(loaded.spec().fqdn() + " may be written at " + place.server());
    return Optional.empty();
  }

  private static Optional<String> ofStack(Ports ports, Change change) {
    LoadedSpec loaded = change.loaded();
    Platform platform =
        ports.platforms().of(loaded.spec().target().provider(), loaded.rehearsal()).orElseThrow();
    refuseTaken(
        platform,
        change
            .existing()
            .map(r -> ClusterFacts.of(r, loaded.spec()))
            .orElseGet(() -> Planning.unmade(loaded.spec(), loaded.key(), loaded.rehearsal())),
        exists(change),
        Naming.again(loaded));
    return loaded.rehearsal() ? simulated(loaded) : Optional.empty();
  }

  private static String exists(Change change) {
    String name = change.loaded().name();
    return change.existing().isPresent()
        ? "cluster " + name + ", unchanged"
        : "nothing of " + name + " was made";
  }

  private static Optional<String> simulated(LoadedSpec loaded) {
    String fqdn = loaded.spec().fqdn();
    return Optional.of("dns: simulated; no server is told of " + fqdn + " and *." + fqdn);
  }
}
