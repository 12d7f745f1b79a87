package io.sskuba.infra.azure;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.azure.AzureActions.Need;
import io.sskuba.infra.azure.AzureFacts.Part;
import io.sskuba.infra.azure.AzureFacts.Usage;
import io.sskuba.io.Json;
import io.sskuba.net.Cidr;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Judges an Azure subscription before anything is made in it: every finding at once. Pure.
public final class AzureCheck {
  private static final String CAUSE = "cause";
  private static final String DO = "do";

  /// Azure keeps five addresses of each subnet (they are not among the free ones); the load
  /// balancer takes one, and a replaced machine needs its address before the old one gives it back.
  private static final int SPARE_ADDRESSES = 2;

  /// Quotas that a resource of a type counts for; of several names the region uses one.
  private static final Map<String, List<String>> COUNTED = new LinkedHashMap<>();

  static {
    COUNTED.put(AzureTypes.NETWORK, List.of("VirtualNetworks"));
    COUNTED.put(
        AzureTypes.ADDRESS, List.of("IPv4StandardSkuPublicIpAddresses", "PublicIPAddresses"));
    COUNTED.put(AzureTypes.RULES, List.of("NetworkSecurityGroups"));
    COUNTED.put(AzureTypes.MEMBERS, List.of("ApplicationSecurityGroups"));
    COUNTED.put(AzureTypes.BALANCER, List.of("StandardSkuLoadBalancers", "LoadBalancers"));
    COUNTED.put(AzureTypes.CARD, List.of("NetworkInterfaces"));
    COUNTED.put(AzureTypes.NAT, List.of("NatGateways"));
    COUNTED.put(AzureTypes.HOSTS, List.of("availabilitySets"));
    COUNTED.put(AzureTypes.MACHINE, List.of("virtualMachines"));
  }

  /// vCPUs of all sizes together.
  private static final String CORES = "cores";

  private final ClusterSpec spec;
  private final AzureFacts facts;
  private final List<Finding> findings = new ArrayList<>();

  private AzureCheck(ClusterSpec spec, AzureFacts facts) {
    this.spec = spec;
    this.facts = facts;
  }

  /// Refusals and warnings, in the order of what a user would look at first.
  public static List<Finding> findings(ClusterSpec spec, AzureFacts facts) {
    AzureCheck check = new AzureCheck(spec, facts);
    check.subscription();
    check.permissions();
    check.registrations();
    check.types();
    check.images();
    check.quotas();
    check.network();
    check.names();
    check.groups();
    check.unasked();
    return List.copyOf(check.findings);
  }

  private void stops(ProblemCode code, String what, String cause, String help) {
    findings.add(new Finding(true, Problem.of(code, what).fact(CAUSE, cause).fact(DO, help)));
  }

  private void warns(ProblemCode code, String what, String cause, String help) {
    findings.add(new Finding(false, Problem.of(code, what).fact(CAUSE, cause).fact(DO, help)));
  }

  private boolean knows(Part part) {
    return !facts.unasked().containsKey(part);
  }

  private ProviderSettings.Azure azure() {
    if (spec.target().settings() instanceof ProviderSettings.Azure azure) {
      return azure;
    }
    throw new IllegalArgumentException("not a cluster file of the azure target");
  }

  private String region() {
    return azure().region();
  }

  /// - Source: https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states
  private void subscription() {
    if (Set.of("Disabled", "Deleted", "Expired").contains(facts.state())) {
      stops(
          ProblemCode.CLOUD_DENIED,
          "subscription " + azure().subscription() + " is " + facts.state(),
          "nothing can be made in it",
          "have it enabled again, or name another target.subscription");
    } else if (Set.of("Warned", "PastDue").contains(facts.state())) {
      warns(
          ProblemCode.CLOUD_DENIED,
          "subscription " + azure().subscription() + " is " + facts.state(),
          "Azure disables it before long, and then nothing in it can be changed or deleted",
          "have its bills looked at");
    }
  }

  private void permissions() {
    if (!facts.lacking().isEmpty()) {
      stops(
          ProblemCode.CLOUD_DENIED,
          "the credentials may not do all that the plan needs",
          words(facts.lacking()),
          "let an administrator assign roles that allow these actions, or use other credentials");
    }
    if (!facts.perhaps().isEmpty()) {
      warns(
          ProblemCode.CLOUD_DENIED,
          "the credentials may do part of what the plan needs only under a condition",
          words(facts.perhaps()) + "; what a role assignment's condition asks for cannot be tried",
          "make sure that the conditions allow it");
    }
  }

  /// `TYPE/read, write (why), at SCOPE; …`
  private static String words(List<Need> needs) {
    return needs.stream()
        .map(
            need ->
                need.type()
                    + "/"
                    + String.join(", ", need.verbs())
                    + " at "
                    + need.scope().words()
                    + " ("
                    + need.why()
                    + ")")
        .collect(Collectors.joining("; "));
  }

  private void registrations() {
    facts
        .providers()
        .forEach(
            (provider, state) ->
                registration(
                    "resource provider " + provider,
                    state,
                    "az provider register --wait --namespace " + provider));
    facts
        .features()
        .forEach(
            (feature, state) ->
                registration(
                    "feature " + feature,
                    state,
                    "az feature register --namespace "
                        + feature.substring(0, feature.indexOf('/'))
                        + " --name "
                        + feature.substring(feature.indexOf('/') + 1)));
  }

  private void registration(String what, String state, String command) {
    if (state.equals("Registered")) {
      return;
    }
    if (state.equals("Registering")) {
      warns(
          ProblemCode.CLOUD_UNREGISTERED,
          what + " is still being registered with the subscription",
          state,
          "wait some minutes before apply");
      return;
    }
    stops(
        ProblemCode.CLOUD_UNREGISTERED,
        what + " is not registered with the subscription",
        state + ": Azure refuses its resources until it is",
        command);
  }

  private void types() {
    if (!knows(Part.SIZES)) {
      return;
    }
    for (ClusterSpec.Pool pool : pools()) {
      for (String type : pool.types()) {
        fits(pool, type);
      }
      offered(pool);
    }
  }

  /// Pools with a machine that the target makes.
  private List<ClusterSpec.Pool> pools() {
    List<ClusterSpec.Pool> pools = new ArrayList<>();
    pools.add(spec.target().controlPlane());
    pools.addAll(spec.target().workers());
    return pools.stream().filter(p -> p.count() > 0).toList();
  }

  private void fits(ClusterSpec.Pool pool, String type) {
    AzureFacts.Type known = facts.types().get(type);
    if (known == null) {
      return;
    }
    if (!known.archs().contains(pool.arch())) {
      stops(
          ProblemCode.SPEC_INVALID,
          "pool " + pool.name() + ": " + type + " does not boot arch " + pool.arch(),
          type + " is " + String.join(", ", known.archs()),
          "set arch, or another type");
    }
    if (!known.encrypts()) {
      stops(
          ProblemCode.SPEC_INVALID,
          "pool " + pool.name() + ": hosts of " + type + " do not encrypt what they hold of disks",
          "its capability EncryptionAtHostSupported is False, and every machine here wants it",
          "another type");
    }
  }

  private void offered(ClusterSpec.Pool pool) {
    List<String> zones = AzureFacts.zonesOf(spec);
    List<String> wanted = zones.isEmpty() ? List.of(AzureFacts.REGION) : zones;
    List<String> nowhere = new ArrayList<>();
    List<String> parts = new ArrayList<>();
    for (String type : pool.types()) {
      Set<String> there = facts.offered().getOrDefault(type, Set.of());
      List<String> without = wanted.stream().filter(z -> !there.contains(z)).toList();
      if (without.size() == wanted.size()) {
        nowhere.add(type);
      } else if (!without.isEmpty()) {
        parts.add(type + " not in zone " + String.join(", ", without));
      }
    }
    if (nowhere.size() == pool.types().size()) {
      stops(
          ProblemCode.CLOUD_NOT_OFFERED,
          "pool " + pool.name() + ": no type of it is offered where the file wants it",
          causes(nowhere, zones),
          "name another type, other zones or another region");
      return;
    }
    for (String type : nowhere) {
      warns(
          ProblemCode.CLOUD_NOT_OFFERED,
          "pool " + pool.name() + ": " + type + " is left out, the next type is taken",
          causes(List.of(type), zones),
          "nothing, or name another type or other zones");
    }
    if (!parts.isEmpty()) {
      warns(
          ProblemCode.CLOUD_NOT_OFFERED,
          "pool " + pool.name() + ": its machines go only where their type is offered",
          String.join("; ", parts),
          "nothing, or name another type or other zones");
    }
  }

  private String causes(List<String> types, List<String> zones) {
    String where =
        zones.isEmpty() ? region() : "zone " + String.join(", ", zones) + " of " + region();
    return types.stream()
        .map(
            type -> {
              String why = facts.restricted().get(type);
              if (why != null) {
                return type + " in " + region() + ": " + why;
              }
              Set<String> there = new TreeSet<>(facts.offered().getOrDefault(type, Set.of()));
              there.remove(AzureFacts.REGION);
              return type
                  + " not in "
                  + where
                  + (there.isEmpty() ? "" : ", but in zone " + String.join(", ", there));
            })
        .collect(Collectors.joining("; "));
  }

  private void images() {
    if (!knows(Part.IMAGES)) {
      return;
    }
    for (Map.Entry<String, String> needed : AzureFacts.imagesOf(spec).entrySet()) {
      if (facts.images().containsKey(needed.getKey())) {
        continue;
      }
      boolean gpu = needed.getKey().endsWith("-nvidia");
      String version = spec.versions().talos();
      stops(
          ProblemCode.CLOUD_IMAGE_MISSING,
          "no image of Talos " + version + " for " + needed.getKey() + " in " + region(),
          gpu
              ? "an image with NVIDIA's drivers is the subscription's own; gallery "
                  + AzureImages.GALLERY
                  + " in "
                  + AzureImages.GALLERY_GROUP
                  + " has none of this version in the region"
              : "the publisher's gallery has no "
                  + AzureImages.community(needed.getValue(), version)
                  + " there",
          gpu
              ? "sskuba-ctl image ensure puts one into the subscription"
              : "another versions.talos or region");
    }
  }

  private void quotas() {
    Map<String, Long> needed = new TreeMap<>();
    Choices choices = facts.choices(spec, Choices.NONE);
    Set<String> held =
        facts.held().stream().map(Platform.Found::name).collect(Collectors.toUnmodifiableSet());
    Map<String, Target.Slot> machines = new TreeMap<>();
    Target.machines(spec).forEach(m -> machines.put(m.name(), m));
    for (InfraPlan.Resource resource : plan(choices).resources()) {
      if (held.contains(resource.name())) {
        continue;
      }
      facts
          .quota(COUNTED.getOrDefault(resource.type(), List.of()))
          .ifPresent(quota -> needed.merge(quota.getKey(), 1L, Long::sum));
      Target.Slot machine = machines.get(resource.name());
      String type = machine == null ? null : choices.type(machine);
      AzureFacts.Type known = type == null ? null : facts.types().get(type);
      if (resource.type().equals(AzureTypes.MACHINE) && known != null) {
        needed.merge(CORES, known.vcpus(), Long::sum);
        needed.merge(known.family(), known.vcpus(), Long::sum);
      }
    }
    needed.forEach(this::quota);
  }

  private void quota(String name, long need) {
    Usage usage = facts.quotas().get(name);
    if (usage == null || usage.limit() < 0 || usage.used() + need <= usage.limit()) {
      return;
    }
    stops(
        ProblemCode.CLOUD_QUOTA,
        "quota: " + words(name) + " are too few in " + region(),
        usage.limit() + " allowed, " + usage.used() + " used, " + need + " needed",
        "raise quota " + name + " in " + region() + ", or ask for less");
  }

  private static String words(String quota) {
    if (quota.equals(CORES)) {
      return "vCPUs of all sizes";
    }
    return quota.toLowerCase(Locale.ROOT).endsWith("family") ? "vCPUs of " + quota : quota;
  }

  private InfraPlan plan(Choices choices) {
    var allotment = Json.object();
    allotment.set(Choices.KEY, choices.toJson());
    ResourceTags tags =
        new ResourceTags(
            spec.fqdn(), "unmade", spec.metadata().owner(), null, null, false, Map.of());
    return new AzureTarget()
        .plan(new Platform.Cluster(spec, spec.metadata().name(), "unmade", allotment, tags));
  }

  private void network() {
    if (!knows(Part.NETWORKS)) {
      return;
    }
    ClusterSpec.Existing existing = spec.target().network().existing();
    if (existing == null) {
      overlaps();
      return;
    }
    String id = existing.network();
    Optional<AzureFacts.Network> there =
        facts.networks().stream().filter(n -> n.id().equalsIgnoreCase(id)).findFirst();
    if (there.isEmpty()) {
      stops(
          ProblemCode.SPEC_INVALID,
          "target.network.existing.network: " + id + " is not there",
          "Azure shows these credentials no VNet of this id",
          "name a VNet's whole id, and let the credentials read it");
      return;
    }
    AzureFacts.Network network = there.get();
    if (!network.location().equalsIgnoreCase(region())) {
      stops(
          ProblemCode.SPEC_INVALID,
          "target.network.existing.network: " + id + " is not in " + region(),
          "it is in " + network.location(),
          "name a VNet of target.region");
    }
    for (String cidr : network.cidrs()) {
      for (String inside :
          List.of(spec.target().network().podCidr(), spec.target().network().serviceCidr())) {
        if (overlap(cidr, inside)) {
          stops(
              ProblemCode.SPEC_INVALID,
              "target.network: " + inside + " overlaps the VNet's own " + cidr,
              "pods could not reach what has these addresses",
              "set network.podCidr and network.serviceCidr to ranges that nobody uses");
        }
      }
    }
    subnets(existing, network);
  }

  private void subnets(ClusterSpec.Existing existing, AzureFacts.Network network) {
    long free = 0;
    boolean all = true;
    for (String named : existing.subnets()) {
      String id = named.startsWith("/") ? named : existing.network() + "/subnets/" + named;
      Optional<AzureFacts.Subnet> subnet =
          network.subnets().stream().filter(s -> s.id().equalsIgnoreCase(id)).findFirst();
      if (subnet.isEmpty()) {
        all = false;
        stops(
            ProblemCode.SPEC_INVALID,
            "target.network.existing.subnets: " + named + " is not in the network",
            "it has "
                + network.subnets().stream()
                    .map(s -> s.id().substring(s.id().lastIndexOf('/') + 1))
                    .collect(Collectors.joining(", ")),
            "name subnets of " + existing.network());
      } else {
        free += subnet.get().free();
      }
    }
    long machines = Target.machines(spec).stream().filter(Target.Slot::made).count();
    long have = facts.held().stream().filter(f -> f.type().equals(AzureTypes.CARD)).count();
    long needed = machines - have + SPARE_ADDRESSES;
    if (all && free < needed) {
      stops(
          ProblemCode.CLOUD_ADDRESSES,
          "the existing subnets have too few free addresses",
          free + " free, " + needed + " needed",
          "name larger subnets, or more of them");
    }
  }

  /// Networks of a subscription may overlap, but can never be peered then.
  private void overlaps() {
    String ours = spec.target().network().cidr();
    if (ours == null) {
      return;
    }
    List<String> others =
        facts.networks().stream()
            .filter(n -> n.clusterId().isEmpty() || !facts.heldIds().contains(n.clusterId()))
            .filter(n -> n.cidrs().stream().anyMatch(c -> overlap(c, ours)))
            .map(n -> n.id() + " " + String.join(", ", n.cidrs()))
            .toList();
    if (!others.isEmpty()) {
      warns(
          ProblemCode.CLOUD_OVERLAP,
          "target.network.cidr " + ours + " overlaps networks of the subscription",
          String.join("; ", others),
          "nothing, unless these networks shall be peered; else another network.cidr");
    }
  }

  private static boolean overlap(String one, String other) {
    Optional<Cidr> a = Cidr.parse(one);
    Optional<Cidr> b = Cidr.parse(other);
    return a.isPresent() && b.isPresent() && a.get().overlaps(b.get());
  }

  private void names() {
    ClusterSpec.Dns dns = spec.dns();
    if (dns == null || !dns.provider().equals("azureDns") || !knows(Part.DNS)) {
      return;
    }
    String zone = dns.zone() == null ? spec.metadata().domain() : dns.zone();
    if (facts.zone().isEmpty()) {
      stops(
          ProblemCode.DNS_ZONE_MISSING,
          "dns.zone: there is no public DNS zone " + zone + " in " + group(dns),
          "Azure shows these credentials none of this name there",
          "make the zone, name another or its resource group, or use credentials that see it");
      return;
    }
    Optional<AzureFacts.Name> owner =
        facts.names().stream()
            .filter(n -> n.name().equals("_sskuba." + spec.fqdn()) && n.type().equals("TXT"))
            .findFirst();
    List<String> taken =
        facts.names().stream()
            .filter(n -> !n.name().startsWith("_sskuba."))
            .filter(n -> Set.of("A", "AAAA", "CNAME").contains(n.type()))
            .map(n -> n.name() + " " + n.type())
            .toList();
    boolean ours = owner.isPresent() && facts.heldIds().contains(owner.get().value());
    if (!ours && (owner.isPresent() || !taken.isEmpty())) {
      stops(
          ProblemCode.DNS_NAME_TAKEN,
          spec.fqdn() + " exists in zone " + zone + " and is not this cluster's",
          owner.map(n -> "owned by cluster " + n.value()).orElse(String.join(", ", taken)),
          "choose another metadata.name, or let its owner remove the records");
    }
  }

  private static String group(ClusterSpec.Dns dns) {
    @Nullable String group = dns.resourceGroup();
    return group == null ? "the subscription" : "resource group " + group;
  }

  /// A cluster's own group has eight characters of its id behind its name; one that looks like it
  /// and bears no tags is what a look by tag never finds.
  private void groups() {
    String form = spec.metadata().name() + "-[0-9a-f]{8}";
    List<String> alike = facts.groups().stream().filter(g -> g.matches("(?i)" + form)).toList();
    if (!alike.isEmpty()) {
      warns(
          ProblemCode.CLOUD_NAME_TAKEN,
          "resource groups are named like this cluster's and bear no tags of ours",
          String.join(", ", alike),
          "look at them; what a cluster of this name left behind would be in there");
    }
  }

  private void unasked() {
    facts
        .unasked()
        .forEach(
            (part, cause) ->
                warns(
                    ProblemCode.CLOUD_UNASKED,
                    "not looked at: " + part.words(),
                    cause,
                    "allow " + part.actions() + " to have it checked"));
  }
}
