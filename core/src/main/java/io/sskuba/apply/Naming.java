package io.sskuba.apply;

import io.sskuba.dns.ClusterNames;
import io.sskuba.dns.NamePlace;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.infra.Topology;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the phases about names share: what the names of a cluster lead to, and what a user is told
/// when a DNS server is in the way.
final class Naming {
  private Naming() {}

  /// The names that this cluster is to have now; empty when they are not ours to publish.
  /// - Errors: `USAGE` for a rehearsal whose names are in another place already.
  static Optional<PublishedNames> wanted(Ports ports, Provisioned provisioned) {
    OpenCluster opened = provisioned.opened();
    Optional<NamePlace> place = ports.zones().place(opened.spec(), opened.loaded().rehearsal());
    Optional<PublishedNames> known = ports.store().find(opened.key()).flatMap(PublishedNames::of);
    if (place.isEmpty()) {
      return Optional.empty();
    }
    NamePlace at = settled(place.get(), known, opened.loaded());
    return Optional.of(
        new PublishedNames(
            at,
            new ClusterNames(
                opened.spec().fqdn(),
                opened.record().clusterId(),
                target(provisioned),
                ClusterNames.TTL),
            false));
  }

  /// Names stay where they are; a place that was not said again is where they are.
  private static NamePlace settled(
      NamePlace asked, Optional<PublishedNames> known, LoadedSpec loaded) {
    if (known.isEmpty() || known.get().place().equals(asked)) {
      return asked;
    }
    if (asked.simulated()) {
      return known.get().place();
    }
    throw new SskubaException(
        Problem.of(
                ProblemCode.USAGE,
                "the names of " + loaded.name() + " are at " + known.get().place().server())
            .fact("asked", asked.server())
            .exists("the cluster and its names, unchanged")
            .next("sskuba-ctl delete " + loaded.name()));
  }

  /// A name where the load balancer has one, else its address. A cluster whose endpoint is its own
  /// name has no load balancer: its control planes stand for one.
  private static ClusterNames.Target target(Provisioned provisioned) {
    OpenCluster opened = provisioned.opened();
    Topology topology = provisioned.topology();
    String balancer = provisioned.balancer();
    if (opened.spec().target().provider() == ClusterSpec.Provider.LOCAL) {
      // Only this machine reaches a local cluster, and only by the loopback twin.
      balancer =
          opened.loaded().rehearsal()
              ? topology.endpointHost()
              : topology.addresses().twin(topology.endpointHost());
    } else if (balancer.isEmpty()) {
      balancer = topology.endpointHost();
    }
    Optional<InetAddress> address = literal(balancer);
    if (address.isPresent()) {
      return new ClusterNames.Target.Addresses(List.of(address.get()));
    }
    if (!balancer.equals(opened.spec().fqdn())) {
      return new ClusterNames.Target.Alias(balancer);
    }
    List<InetAddress> planes = new ArrayList<>();
    topology.controlPlanes().forEach(m -> literal(m.address()).ifPresent(planes::add));
    return new ClusterNames.Target.Addresses(planes);
  }

  private static Optional<InetAddress> literal(String text) {
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static ZoneWriter writer(Ports ports, NamePlace place, ClusterSpec spec)
      throws InterruptedException {
    return ports.zones().open(place, tsig(spec));
  }

  static ClusterSpec.@Nullable Tsig tsig(ClusterSpec spec) {
    return spec.dns() == null ? null : spec.dns().tsig();
  }

  /// The same failure, with what exists of the cluster and the command that goes on.
  static SskubaException told(SskubaException e, LoadedSpec loaded, String exists) {
    Problem p = e.problem();
    List<String> there = new ArrayList<>(List.of(exists));
    there.addAll(p.exists());
    List<String> next = new ArrayList<>();
    next.add(again(loaded));
    next.addAll(p.next().stream().filter(n -> !n.startsWith("sskuba-ctl apply ")).toList());
    return new SskubaException(
        new Problem(
            p.code(),
            p.summary(),
            p.facts(),
            there,
            next.subList(0, Math.min(3, next.size())),
            p.run()),
        e);
  }

  /// The command that goes on.
  static String again(LoadedSpec loaded) {
    return "sskuba-ctl apply "
        + (loaded.rehearsal() ? "--rehearse " : "")
        + "--file "
        + loaded.fileName();
  }
}
