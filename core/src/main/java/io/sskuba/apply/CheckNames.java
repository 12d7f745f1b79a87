package io.sskuba.apply;

import io.sskuba.dns.ClusterNames;
import io.sskuba.dns.NamePlace;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.PhaseContext;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/// The part of preflight that asks the zone's server whether we may have the cluster's names:
/// before anything is made, and without a change.
final class CheckNames {
  /// Nobody's: the owner of a cluster that has no id yet.
  private static final String NOBODY = "none-yet";

  private CheckNames() {}

  /// What has to be said about the names of a cluster that is made here; empty when nothing has.
  /// - Errors: those of [io.sskuba.dns.ZoneWriter#check], `SECRET_UNRESOLVED`.
  static Optional<String> look(Ports ports, Change change, PhaseContext context)
      throws InterruptedException {
    LoadedSpec loaded = change.loaded();
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
      throw Naming.told(
          e,
          loaded,
          change.existing().isPresent()
              ? "cluster " + loaded.name() + ", unchanged"
              : "nothing of " + loaded.name() + " was made");
    }
    if (place.simulated()) {
      return Optional.of(
          "dns: simulated; no server is told of "
              + loaded.spec().fqdn()
              + " and *."
              + loaded.spec().fqdn());
    }
    context.log(loaded.spec().fqdn() + " may be written at " + place.server());
    return Optional.empty();
  }
}
