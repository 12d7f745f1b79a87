package io.sskuba.infra.aws;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.aws.AwsFacts.Part;
import io.sskuba.infra.aws.AwsFacts.Quota;
import io.sskuba.infra.aws.AwsFacts.Usage;
import io.sskuba.io.Json;
import io.sskuba.net.Cidr;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
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
import java.util.stream.Collectors;

/// Judges an AWS account before anything is made in it: every finding at once. Pure, so that a
/// rehearsal says about a simulated account what a real one would be told.
public final class AwsCheck {
  private static final String CAUSE = "cause";
  private static final String DO = "do";

  /// Machines, load balancer and gateway take addresses; AWS keeps five of each subnet.
  private static final int SPARE_ADDRESSES = 4;

  private final ClusterSpec spec;
  private final AwsFacts facts;
  private final List<Finding> findings = new ArrayList<>();

  private AwsCheck(ClusterSpec spec, AwsFacts facts) {
    this.spec = spec;
    this.facts = facts;
  }

  /// Refusals and warnings, in the order of what a user would look at first.
  public static List<Finding> findings(ClusterSpec spec, AwsFacts facts) {
    AwsCheck check = new AwsCheck(spec, facts);
    check.permissions();
    check.zones();
    check.types();
    check.images();
    check.quotas();
    check.network();
    check.names();
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

  private String region() {
    return spec.target().settings() instanceof ProviderSettings.Aws aws ? aws.region() : "";
  }

  private void permissions() {
    List<String> sure = denied(AwsFacts.Denial.SURE);
    List<String> perhaps = denied(AwsFacts.Denial.PERHAPS);
    if (!sure.isEmpty()) {
      stops(
          ProblemCode.CLOUD_DENIED,
          "the credentials may not do " + sure.size() + " of the actions that the plan needs",
          String.join(", ", sure),
          "let an administrator allow these actions, or use other credentials");
    }
    if (!perhaps.isEmpty()) {
      warns(
          ProblemCode.CLOUD_DENIED,
          "the credentials may lack " + perhaps.size() + " of the actions that the plan needs",
          String.join(", ", perhaps) + "; conditions of the policies cannot be simulated",
          "make sure that the policies allow these actions with the cluster's tags");
    }
  }

  private List<String> denied(AwsFacts.Denial how) {
    return facts.denied().entrySet().stream()
        .filter(e -> e.getValue() == how)
        .map(Map.Entry::getKey)
        .toList();
  }

  private void zones() {
    if (!knows(Part.ZONES) || !(spec.target().settings() instanceof ProviderSettings.Aws aws)) {
      return;
    }
    Set<String> missing = new TreeSet<>(aws.zones());
    missing.removeAll(facts.zones());
    if (!missing.isEmpty()) {
      stops(
          ProblemCode.SPEC_INVALID,
          "target.zones: " + String.join(", ", missing) + " cannot be used in " + region(),
          "the account may use " + String.join(", ", facts.zones()),
          "name zones of this list, or none");
    }
  }

  private void types() {
    for (ClusterSpec.Pool pool : pools()) {
      for (String type : pool.types()) {
        arch(pool, type);
      }
      if (knows(Part.OFFERINGS)) {
        offered(pool);
      }
    }
  }

  /// Pools with a machine that the target makes.
  private List<ClusterSpec.Pool> pools() {
    List<ClusterSpec.Pool> pools = new ArrayList<>();
    pools.add(spec.target().controlPlane());
    pools.addAll(spec.target().workers());
    return pools.stream().filter(p -> p.count() > 0).toList();
  }

  private void arch(ClusterSpec.Pool pool, String type) {
    AwsFacts.Type known = facts.types().get(type);
    if (known != null && !known.archs().contains(pool.arch())) {
      stops(
          ProblemCode.SPEC_INVALID,
          "pool " + pool.name() + ": " + type + " does not boot arch " + pool.arch(),
          type + " is " + String.join(", ", known.archs()),
          "set arch, or another type");
    }
  }

  private void offered(ClusterSpec.Pool pool) {
    List<String> zones = facts.zonesOf(spec);
    List<String> nowhere = new ArrayList<>();
    List<String> parts = new ArrayList<>();
    for (String type : pool.types()) {
      Set<String> there = facts.offered().getOrDefault(type, Set.of());
      List<String> without = zones.stream().filter(z -> !there.contains(z)).toList();
      if (without.size() == zones.size()) {
        nowhere.add(type);
      } else if (!without.isEmpty()) {
        parts.add(type + " not in " + String.join(", ", without));
      }
    }
    if (nowhere.size() == pool.types().size()) {
      stops(
          ProblemCode.CLOUD_NOT_OFFERED,
          "pool " + pool.name() + ": no type of it is offered where the file wants it",
          String.join(", ", nowhere) + " in " + String.join(", ", zones) + elsewhere(nowhere),
          "name another type or other zones");
      return;
    }
    for (String type : nowhere) {
      warns(
          ProblemCode.CLOUD_NOT_OFFERED,
          "pool " + pool.name() + ": " + type + " is left out, the next type is taken",
          "not offered in " + String.join(", ", zones) + elsewhere(List.of(type)),
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

  private String elsewhere(List<String> types) {
    Set<String> zones = new TreeSet<>();
    types.forEach(t -> zones.addAll(facts.offered().getOrDefault(t, Set.of())));
    return zones.isEmpty()
        ? "; nor anywhere else in " + region()
        : "; offered in " + String.join(", ", zones);
  }

  private void images() {
    if (!knows(Part.IMAGES)) {
      return;
    }
    for (Map.Entry<String, String> needed : AwsFacts.imagesOf(spec).entrySet()) {
      if (facts.images().containsKey(needed.getKey())) {
        continue;
      }
      boolean gpu = needed.getKey().endsWith("-nvidia");
      String version = spec.versions().talos();
      stops(
          ProblemCode.CLOUD_IMAGE_MISSING,
          "no image of Talos " + version + " for " + needed.getKey() + " in " + region(),
          gpu
              ? "an image with NVIDIA's drivers is the account's own; there is none for this version"
              : "account "
                  + AwsImages.OWNER
                  + " publishes no "
                  + AwsImages.official(version, region(), needed.getValue()),
          gpu
              ? "sskuba-ctl image ensure puts one into the account"
              : "another versions.talos or region, or sskuba-ctl image ensure");
    }
  }

  private void quotas() {
    Map<Quota, Long> needed = needed();
    List<String> blind = new ArrayList<>();
    for (Map.Entry<Quota, Long> need : needed.entrySet()) {
      Usage usage = facts.quotas().get(need.getKey());
      if (usage == null) {
        blind.add(need.getKey().words());
      } else if (usage.used() + need.getValue() > usage.limit()) {
        stops(
            ProblemCode.CLOUD_QUOTA,
            "quota: " + need.getKey().words() + " are too few in " + region(),
            usage.limit() + " allowed, " + usage.used() + " used, " + need.getValue() + " needed",
            "raise quota "
                + need.getKey().service()
                + "/"
                + need.getKey().code()
                + ", or ask for less");
      }
    }
    if (!blind.isEmpty() && knows(Part.QUOTAS) && knows(Part.USAGE)) {
      warns(
          ProblemCode.CLOUD_UNASKED,
          "not known whether the account's quotas suffice",
          "no answer about " + String.join(", ", blind),
          "look at Service Quotas before a large cluster");
    }
  }

  /// What the plan asks of each quota, less what this cluster holds already.
  private Map<Quota, Long> needed() {
    Map<Quota, Long> needed = new EnumMap<>(Quota.class);
    Choices choices = facts.choices(spec, Choices.NONE);
    Set<String> held =
        facts.held().stream().map(Platform.Found::name).collect(Collectors.toUnmodifiableSet());
    Map<String, Target.Slot> machines = new TreeMap<>();
    Target.machines(spec).forEach(m -> machines.put(m.name(), m));
    for (InfraPlan.Resource resource : plan(choices).resources()) {
      if (held.contains(resource.name())) {
        continue;
      }
      switch (resource.type()) {
        case AwsNames.VPC -> needed.merge(Quota.VPCS, 1L, Long::sum);
        case AwsNames.ADDRESS -> needed.merge(Quota.ADDRESSES, 1L, Long::sum);
        case AwsNames.NAT -> needed.merge(Quota.NATS, 1L, Long::sum);
        case AwsNames.BALANCER -> needed.merge(Quota.BALANCERS, 1L, Long::sum);
        case AwsNames.INSTANCE -> instance(machines.get(resource.name()), choices, needed);
        default -> {}
      }
    }
    return needed;
  }

  private void instance(
      Target.@org.jspecify.annotations.Nullable Slot machine,
      Choices choices,
      Map<Quota, Long> needed) {
    String type = machine == null ? null : choices.type(machine);
    if (type == null) {
      return;
    }
    AwsFacts.Type known = facts.types().get(type);
    long vcpus = known == null ? InstanceTypes.vcpus(type) : known.vcpus();
    quota(type).ifPresent(quota -> needed.merge(quota, vcpus, Long::sum));
  }

  /// The quota that instances of a type count for, where we know it.
  public static Optional<Quota> quota(String type) {
    return InstanceTypes.bucket(type)
        .flatMap(
            bucket ->
                switch (bucket) {
                  case "standard" -> Optional.of(Quota.STANDARD);
                  case "gpu" -> Optional.of(Quota.GPU);
                  case "p" -> Optional.of(Quota.P);
                  default -> Optional.empty();
                });
  }

  private InfraPlan plan(Choices choices) {
    var allotment = Json.object();
    allotment.set(Choices.KEY, choices.toJson());
    ResourceTags tags =
        new ResourceTags(
            spec.fqdn(), "unmade", spec.metadata().owner(), null, null, false, Map.of());
    return new AwsTarget()
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
    String vpc = existing.network();
    Optional<AwsFacts.Vpc> there =
        facts.vpcs().stream().filter(v -> v.id().equals(vpc)).findFirst();
    if (there.isEmpty()) {
      stops(
          ProblemCode.SPEC_INVALID,
          "target.network.existing.network: " + vpc + " is not in " + region(),
          "the account sees no VPC of this id there",
          "name a VPC of this account and region");
      return;
    }
    for (String cidr : there.get().cidrs()) {
      for (String inside :
          List.of(spec.target().network().podCidr(), spec.target().network().serviceCidr())) {
        if (overlap(cidr, inside)) {
          stops(
              ProblemCode.SPEC_INVALID,
              "target.network: " + inside + " overlaps the VPC's own " + cidr,
              "pods could not reach what has these addresses",
              "set network.podCidr and network.serviceCidr to ranges that nobody uses");
        }
      }
    }
    subnets(existing);
  }

  private void subnets(ClusterSpec.Existing existing) {
    Map<String, AwsFacts.Subnet> there = new TreeMap<>();
    facts.subnets().forEach(s -> there.put(s.id(), s));
    Set<String> zones = new TreeSet<>();
    long free = 0;
    for (String id : existing.subnets()) {
      AwsFacts.Subnet subnet = there.get(id);
      if (subnet == null) {
        stops(
            ProblemCode.SPEC_INVALID,
            "target.network.existing.subnets: " + id + " is not in " + region(),
            "the account sees no subnet of this id there",
            "name subnets of " + existing.network());
      } else if (!subnet.vpc().equals(existing.network())) {
        stops(
            ProblemCode.SPEC_INVALID,
            "target.network.existing.subnets: " + id + " is in another network",
            "it belongs to " + subnet.vpc() + ", not to " + existing.network(),
            "name subnets of " + existing.network());
      } else {
        zones.add(subnet.zone());
        free += subnet.free();
      }
    }
    long machines = Target.machines(spec).stream().filter(Target.Slot::made).count();
    long have = facts.held().stream().filter(f -> f.type().equals(AwsNames.INSTANCE)).count();
    if (!there.isEmpty() && free < machines - have + SPARE_ADDRESSES) {
      stops(
          ProblemCode.CLOUD_ADDRESSES,
          "the existing subnets have too few free addresses",
          free + " free, " + (machines - have + SPARE_ADDRESSES) + " needed",
          "name larger subnets, or more of them");
    }
    Set<String> without = new TreeSet<>(facts.zonesOf(spec));
    without.removeAll(zones);
    boolean named =
        spec.target().settings() instanceof ProviderSettings.Aws a && !a.zones().isEmpty();
    if (named && !there.isEmpty() && !without.isEmpty()) {
      stops(
          ProblemCode.SPEC_INVALID,
          "target.zones: no existing subnet lies in " + String.join(", ", without),
          "the subnets lie in " + String.join(", ", zones),
          "name their zones, or add subnets");
    }
  }

  /// Networks of an account may overlap, but can never be connected then.
  private void overlaps() {
    String ours = spec.target().network().cidr();
    if (ours == null) {
      return;
    }
    List<String> others =
        facts.vpcs().stream()
            .filter(v -> v.clusterId().isEmpty() || !facts.heldIds().contains(v.clusterId()))
            .filter(v -> v.cidrs().stream().anyMatch(c -> overlap(c, ours)))
            .map(v -> v.id() + " " + String.join(", ", v.cidrs()))
            .toList();
    if (!others.isEmpty()) {
      warns(
          ProblemCode.CLOUD_OVERLAP,
          "target.network.cidr " + ours + " overlaps networks of the account",
          String.join("; ", others),
          "nothing, unless these networks shall be connected; else another network.cidr");
    }
  }

  private static boolean overlap(String one, String other) {
    Optional<Cidr> a = Cidr.parse(one);
    Optional<Cidr> b = Cidr.parse(other);
    return a.isPresent() && b.isPresent() && a.get().overlaps(b.get());
  }

  private void names() {
    ClusterSpec.Dns dns = spec.dns();
    if (dns == null || !dns.provider().equals("route53") || !knows(Part.DNS)) {
      return;
    }
    String zone = dns.zone() == null ? spec.metadata().domain() : dns.zone();
    if (facts.zone().isEmpty()) {
      stops(
          ProblemCode.DNS_ZONE_MISSING,
          "dns.zone: the account has no public hosted zone " + zone,
          "Route 53 lists none of this name",
          "make the zone, name another, or use credentials of the account that has it");
      return;
    }
    Optional<AwsFacts.Name> owner =
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
