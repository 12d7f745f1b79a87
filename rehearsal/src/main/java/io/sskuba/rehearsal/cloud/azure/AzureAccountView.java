package io.sskuba.rehearsal.cloud.azure;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.azure.AzureFacts;
import io.sskuba.infra.azure.AzureFacts.Network;
import io.sskuba.infra.azure.AzureFacts.Subnet;
import io.sskuba.infra.azure.AzureFacts.Usage;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.AccountLook;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The simulated subscription as [AzureFacts] tell a real one: judged by the same rules, a
/// rehearsal says what the real one would be told. Its rights and registrations are all that a plan
/// needs.
final class AzureAccountView {
  /// Addresses that a subnet of a landing zone has left.
  private static final long FREE = 4000;

  private static final String CORES = "cores";

  private AzureAccountView() {}

  static AzureFacts of(AccountLook look) {
    ClusterSpec spec = look.spec();
    Scenario.Look scene = look.scenario().look();
    Map<String, AzureFacts.Type> types = types(spec);
    Map<String, String> images = new TreeMap<>();
    for (String key : AzureFacts.imagesOf(spec).keySet()) {
      if (!scene.missingImages().contains(key)) {
        images.put(key, "simulated");
      }
    }
    ClusterSpec.Dns dns = spec.dns();
    String zone = dns == null || dns.zone() == null ? spec.metadata().domain() : dns.zone();
    return new AzureFacts(
        "Enabled",
        types,
        offered(spec, types.keySet(), look.scenario()),
        Map.of(),
        quotas(look, types),
        images,
        scene.missingZones().contains(zone) ? Optional.empty() : Optional.of(zone),
        List.of(),
        networks(look),
        look.held().stream().map(r -> new Found(r.type(), r.name(), r.id())).toList(),
        look.clusterId().map(Set::of).orElse(Set.of()),
        Set.of(),
        List.of(),
        List.of(),
        Map.of(),
        Map.of(),
        Map.of());
  }

  private static Map<String, AzureFacts.Type> types(ClusterSpec spec) {
    Map<String, AzureFacts.Type> types = new TreeMap<>();
    for (String size : AzureFacts.typesOf(spec)) {
      AzureComputes.type(size).ifPresent(type -> types.put(size, type));
    }
    return types;
  }

  private static Map<String, Set<String>> offered(
      ClusterSpec spec, Set<String> types, Scenario scenario) {
    List<String> zones = AzureFacts.zonesOf(spec);
    Map<String, Set<String>> offered = new TreeMap<>();
    for (String type : types) {
      Set<String> there = new TreeSet<>();
      if (zones.isEmpty() && scenario.look().offered(type, "")) {
        there.add(AzureFacts.REGION);
      }
      zones.stream().filter(z -> scenario.look().offered(type, z)).forEach(there::add);
      if (!there.isEmpty()) {
        offered.put(type, there);
      }
    }
    return offered;
  }

  /// Cores of the region and of each family, which is all that a scenario limits here.
  private static Map<String, Usage> quotas(AccountLook look, Map<String, AzureFacts.Type> types) {
    Map<String, Long> used = new HashMap<>();
    for (CloudResource machine : look.all()) {
      if (machine.type().equals(Arm.MACHINE)) {
        AzureComputes.type(Arm.text(machine.inputs().get("hardwareProfile"), "vmSize"))
            .ifPresent(
                type -> {
                  used.merge(CORES, type.vcpus(), Long::sum);
                  used.merge(type.family(), type.vcpus(), Long::sum);
                });
      }
    }
    Map<String, Usage> quotas = new HashMap<>();
    quotas.put(
        CORES,
        new Usage(
            look.scenario().quota("vcpus", AzureComputes.CORES), used.getOrDefault(CORES, 0L)));
    for (AzureFacts.Type type : types.values()) {
      quotas.put(
          type.family(),
          new Usage(
              look.scenario().quota(type.family(), AzureComputes.CORES),
              used.getOrDefault(type.family(), 0L)));
    }
    return quotas;
  }

  /// Networks of a scenario, and a landing zone's, whose subnets are taken to be there.
  private static List<Network> networks(AccountLook look) {
    ClusterSpec spec = look.spec();
    String region =
        spec.target().settings() instanceof ProviderSettings.Azure azure ? azure.region() : "";
    List<Network> networks = new ArrayList<>();
    for (String cidr : look.scenario().look().networks()) {
      networks.add(new Network("network-of-others", region, List.of(cidr), "", List.of()));
    }
    ClusterSpec.Existing existing = spec.target().network().existing();
    if (existing != null) {
      List<Subnet> subnets = new ArrayList<>();
      for (String name : existing.subnets()) {
        subnets.add(
            new Subnet(
                name.startsWith("/") ? name : existing.network() + "/subnets/" + name,
                List.of(),
                FREE));
      }
      networks.add(new Network(existing.network(), region, List.of(), "", subnets));
    }
    return networks;
  }

  /// The choices of machines whose first type the scenario does not offer.
  static Choices offers(ClusterSpec spec, Choices known, Scenario scenario) {
    Map<String, Set<String>> offered = offered(spec, types(spec).keySet(), scenario);
    Map<String, String> facts = new TreeMap<>(known.facts());
    for (String type : AzureFacts.typesOf(spec)) {
      facts.putIfAbsent(
          Choices.OFFERED + type, String.join(",", offered.getOrDefault(type, Set.of())));
    }
    return new Choices(known.images(), known.types(), known.zones(), facts)
        .settled(spec, AzureFacts.zonesOf(spec));
  }
}
