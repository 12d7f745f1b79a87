package io.sskuba.rehearsal.cloud.aws;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.aws.AwsFacts;
import io.sskuba.infra.aws.AwsFacts.Quota;
import io.sskuba.infra.aws.AwsFacts.Usage;
import io.sskuba.infra.aws.InstanceTypes;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.AccountLook;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The simulated AWS account as [AwsFacts] tell a real one: judged by the same rules, a rehearsal
/// says what the real account would be told.
final class AwsAccountView {
  private static final long NATS = 5;

  /// Addresses that a subnet of a landing zone has left.
  private static final long FREE = 4000;

  /// Every region has the first three; some have more.
  private static final String LETTERS = "abcdef";

  private AwsAccountView() {}

  static AwsFacts of(AccountLook look) {
    ClusterSpec spec = look.spec();
    Scenario.Look scene = look.scenario().look();
    Map<String, AwsFacts.Type> types = new TreeMap<>();
    for (String type : AwsFacts.typesOf(spec)) {
      if (InstanceTypes.bucket(type).isPresent()) {
        types.put(
            type, new AwsFacts.Type(InstanceTypes.vcpus(type), Set.of(InstanceTypes.arch(type))));
      }
    }
    Set<String> zones = zones(spec);
    Map<String, String> images = new TreeMap<>();
    for (String key : AwsFacts.imagesOf(spec).keySet()) {
      if (!scene.missingImages().contains(key)) {
        images.put(key, "simulated");
      }
    }
    ClusterSpec.Dns dns = spec.dns();
    String name = dns == null || dns.zone() == null ? spec.metadata().domain() : dns.zone();
    return new AwsFacts(
        zones,
        types,
        offered(types.keySet(), zones, look.scenario()),
        quotas(look),
        images,
        scene.missingZones().contains(name) ? Optional.empty() : Optional.of(AwsModel.zoneId(name)),
        List.of(),
        networks(look),
        subnets(spec),
        look.held().stream().map(r -> new Found(r.type(), r.name(), r.id())).toList(),
        look.clusterId().map(Set::of).orElse(Set.of()),
        Map.of(),
        Map.of());
  }

  /// The region's first zones, and what the file names of the others that regions have.
  private static Set<String> zones(ClusterSpec spec) {
    Set<String> zones = new TreeSet<>();
    if (spec.target().settings() instanceof ProviderSettings.Aws aws) {
      List.of("a", "b", "c").forEach(letter -> zones.add(aws.region() + letter));
      for (String zone : aws.zones()) {
        boolean known =
            zone.length() == aws.region().length() + 1
                && zone.startsWith(aws.region())
                && LETTERS.indexOf(zone.charAt(zone.length() - 1)) >= 0;
        if (known) {
          zones.add(zone);
        }
      }
    }
    return zones;
  }

  private static Map<String, Set<String>> offered(
      Set<String> types, Set<String> zones, Scenario scenario) {
    Map<String, Set<String>> offered = new TreeMap<>();
    for (String type : types) {
      for (String zone : zones) {
        if (scenario.look().offered(type, zone)) {
          offered.computeIfAbsent(type, _ -> new TreeSet<>()).add(zone);
        }
      }
    }
    return offered;
  }

  private static Map<Quota, Usage> quotas(AccountLook look) {
    Scenario scenario = look.scenario();
    List<CloudResource> instances = of(look, Aws.INSTANCE);
    Map<Quota, Usage> quotas = new EnumMap<>(Quota.class);
    Map.of(Quota.STANDARD, "standard", Quota.GPU, "gpu", Quota.P, "p")
        .forEach(
            (quota, bucket) ->
                quotas.put(
                    quota,
                    new Usage(
                        AwsInstances.limit(scenario, bucket),
                        AwsInstances.used(instances, bucket))));
    quotas.put(
        Quota.ADDRESSES,
        new Usage(
            scenario.quota("elasticIps", AwsNetworks.ADDRESSES), of(look, Aws.ADDRESS).size()));
    quotas.put(
        Quota.VPCS, new Usage(scenario.quota("vpcs", AwsNetworks.VPCS), of(look, Aws.VPC).size()));
    quotas.put(
        Quota.BALANCERS,
        new Usage(
            scenario.quota("networkLoadBalancers", AwsBalancers.BALANCERS),
            of(look, Aws.BALANCER).size()));
    quotas.put(Quota.NATS, new Usage(NATS, natsOfFirstZone(look)));
    return quotas;
  }

  private static long natsOfFirstZone(AccountLook look) {
    String zone =
        look.spec().target().settings() instanceof ProviderSettings.Aws aws
            ? aws.zones().isEmpty() ? aws.region() + "a" : aws.zones().getFirst()
            : "";
    Set<String> subnets = new TreeSet<>();
    of(look, Aws.SUBNET).stream()
        .filter(s -> s.text("availabilityZone").equals(zone))
        .forEach(s -> subnets.add(s.id()));
    return of(look, Aws.NAT).stream().filter(n -> subnets.contains(n.text("subnetId"))).count();
  }

  private static List<CloudResource> of(AccountLook look, String type) {
    return look.all().stream().filter(r -> r.type().equals(type)).toList();
  }

  /// Networks of a scenario, and a landing zone's. Rehearsals of others have networks of their own,
  /// which the real account does not.
  private static List<AwsFacts.Vpc> networks(AccountLook look) {
    List<AwsFacts.Vpc> vpcs = new ArrayList<>();
    for (String cidr : look.scenario().look().networks()) {
      vpcs.add(new AwsFacts.Vpc("vpc-of-others", List.of(cidr), ""));
    }
    ClusterSpec.Existing existing = look.spec().target().network().existing();
    if (existing != null) {
      vpcs.add(new AwsFacts.Vpc(existing.network(), List.of(), ""));
    }
    return vpcs;
  }

  /// A landing zone's subnets are taken to be there, one in each zone in turn.
  private static List<AwsFacts.Subnet> subnets(ClusterSpec spec) {
    ClusterSpec.Existing existing = spec.target().network().existing();
    if (existing == null || !(spec.target().settings() instanceof ProviderSettings.Aws aws)) {
      return List.of();
    }
    List<String> zones = aws.zones().isEmpty() ? List.of(aws.region() + "a") : aws.zones();
    List<AwsFacts.Subnet> subnets = new ArrayList<>();
    int count = Math.max(existing.subnets().size(), zones.size());
    for (int i = 0; i < count; i++) {
      subnets.add(
          new AwsFacts.Subnet(
              existing.subnets().get(i % existing.subnets().size()),
              existing.network(),
              zones.get(i % zones.size()),
              FREE));
    }
    return subnets;
  }

  /// The choices of machines whose first type the scenario does not offer.
  static Choices offers(ClusterSpec spec, Choices known, Scenario scenario) {
    Map<String, Set<String>> offered = offered(AwsFacts.typesOf(spec), zones(spec), scenario);
    Map<String, String> facts = new TreeMap<>(known.facts());
    for (String type : AwsFacts.typesOf(spec)) {
      facts.putIfAbsent(
          Choices.OFFERED + type, String.join(",", offered.getOrDefault(type, Set.of())));
    }
    List<String> named =
        spec.target().settings() instanceof ProviderSettings.Aws aws && !aws.zones().isEmpty()
            ? aws.zones()
            : zones(spec).stream().limit(3).toList();
    return new Choices(known.images(), known.types(), known.zones(), facts).settled(spec, named);
  }
}
