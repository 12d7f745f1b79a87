package io.sskuba.infra.aws;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a look at an AWS account and region told, real or simulated: everything that [AwsCheck]
/// judges by. A part that could not be asked is in `unasked`, and its own field is empty.
///
/// @param zones availability zones that the account may use
/// @param types instance types of the file that exist in the region
/// @param offered type to the zones that offer it; a type that none offers has no entry
/// @param quotas limits and what is used of them; a quota that is not there is not known
/// @param images image key ([Choices#imageKey]) to image id; a key that is not there has no image
/// @param zone the hosted zone's id
/// @param names records of the zone at the cluster's names, whoever made them
/// @param vpcs networks of the region
/// @param subnets subnets of the file's existing network, those that are there
/// @param held what bears the tags of this FQDN
/// @param heldIds cluster ids on those tags
/// @param denied action to how sure it is that the credentials lack it
/// @param unasked part to why it could not be asked
public record AwsFacts(
    Set<String> zones,
    Map<String, Type> types,
    Map<String, Set<String>> offered,
    Map<Quota, Usage> quotas,
    Map<String, String> images,
    Optional<String> zone,
    List<Name> names,
    List<Vpc> vpcs,
    List<Subnet> subnets,
    List<Platform.Found> held,
    Set<String> heldIds,
    Map<String, Denial> denied,
    Map<Part, String> unasked) {

  /// What is asked apart, in words.
  public enum Part {
    ZONES("availability zones", "ec2:DescribeAvailabilityZones"),
    TYPES("instance types", "ec2:DescribeInstanceTypes"),
    OFFERINGS("offerings per zone", "ec2:DescribeInstanceTypeOfferings"),
    QUOTAS("service quotas", "servicequotas:GetServiceQuota"),
    USAGE(
        "what is used of quotas",
        "ec2:DescribeInstances, ec2:DescribeAddresses, ec2:DescribeNatGateways"),
    IMAGES("images", "ec2:DescribeImages"),
    DNS("the hosted zone", "route53:ListHostedZonesByName, route53:ListResourceRecordSets"),
    NETWORKS("networks", "ec2:DescribeVpcs, ec2:DescribeSubnets"),
    HELD("what bears the cluster's tags", "tag:GetResources, ec2:DescribeTags"),
    PERMISSIONS("permissions", "iam:SimulatePrincipalPolicy");

    private final String words;
    private final String actions;

    Part(String words, String actions) {
      this.words = words;
      this.actions = actions;
    }

    public String words() {
      return words;
    }

    /// What the credentials need for it.
    public String actions() {
      return actions;
    }
  }

  /// - Source: quota codes as `aws service-quotas list-service-quotas` prints them, for example
  ///   https://docs.aws.amazon.com/cli/latest/userguide/cli_service-quotas_code_examples.html
  public enum Quota {
    STANDARD("ec2", "L-1216C47A", "vCPUs of running on-demand standard instances"),
    GPU("ec2", "L-DB2E81BA", "vCPUs of running on-demand G and VT instances"),
    P("ec2", "L-417A185B", "vCPUs of running on-demand P instances"),
    ADDRESSES("ec2", "L-0263D0A3", "elastic addresses in the region"),
    VPCS("vpc", "L-F678F1CE", "VPCs in the region"),
    NATS("vpc", "L-FE5A380F", "NAT gateways in one zone"),
    BALANCERS("elasticloadbalancing", "L-69A177A2", "network load balancers in the region");

    private final String service;
    private final String code;
    private final String words;

    Quota(String service, String code, String words) {
      this.service = service;
      this.code = code;
      this.words = words;
    }

    public String service() {
      return service;
    }

    public String code() {
      return code;
    }

    public String words() {
      return words;
    }
  }

  public record Usage(long limit, long used) {}

  /// @param archs `amd64`, `arm64`: what it boots
  public record Type(long vcpus, Set<String> archs) {}

  public record Vpc(String id, List<String> cidrs, String clusterId) {}

  public record Subnet(String id, String vpc, String zone, long free) {}

  /// @param value what it says, without quotes
  public record Name(String name, String type, String value) {}

  /// Whether a policy's simulation is sure: one that lacks context (tags, addresses) is not.
  public enum Denial {
    SURE,
    PERHAPS
  }

  public AwsFacts {
    zones = new TreeSet<>(zones);
    types = new TreeMap<>(types);
    offered = new TreeMap<>(offered);
    quotas = new TreeMap<>(quotas);
    images = new TreeMap<>(images);
    names = List.copyOf(names);
    vpcs = List.copyOf(vpcs);
    subnets = List.copyOf(subnets);
    held = List.copyOf(held);
    heldIds = new TreeSet<>(heldIds);
    denied = new TreeMap<>(denied);
    unasked = new TreeMap<>(unasked);
  }

  /// The zones of a cluster: the file's, else the region's first three.
  public List<String> zonesOf(ClusterSpec spec) {
    List<String> named =
        spec.target().settings() instanceof ProviderSettings.Aws aws ? aws.zones() : List.of();
    return named.isEmpty() ? zones.stream().limit(3).toList() : named;
  }

  /// The choices of a cluster by what was seen. What `before` says stays.
  public Choices choices(ClusterSpec spec, Choices before) {
    Map<String, String> allImages = new TreeMap<>(images);
    allImages.putAll(before.images());
    Map<String, String> facts = new TreeMap<>(before.facts());
    facts.keySet().removeIf(key -> key.startsWith("door:"));
    facts.putAll(AwsTarget.doors(spec, before));
    List<String> zonesHere = zonesOf(spec);
    if (spec.target().settings() instanceof ProviderSettings.Aws aws
        && aws.zones().isEmpty()
        && !zonesHere.isEmpty()) {
      facts.putIfAbsent("zones", String.join(",", zonesHere));
    }
    ClusterSpec.Dns dns = spec.dns();
    if (dns != null && dns.provider().equals("route53") && zone.isPresent()) {
      facts.putIfAbsent("zoneId", zone.get());
    }
    for (Subnet subnet : subnets) {
      facts.putIfAbsent("zone:" + subnet.id(), subnet.zone());
    }
    if (!unasked.containsKey(Part.OFFERINGS)) {
      for (String type : typesOf(spec)) {
        facts.putIfAbsent(
            Choices.OFFERED + type, String.join(",", offered.getOrDefault(type, Set.of())));
      }
    }
    return new Choices(allImages, before.types(), before.zones(), facts).settled(spec, zonesHere);
  }

  /// Every instance type that the file names for a machine that is made.
  public static Set<String> typesOf(ClusterSpec spec) {
    Set<String> types = new TreeSet<>();
    for (Target.Slot machine : Target.machines(spec)) {
      if (machine.made()) {
        types.addAll(machine.pool().types());
      }
    }
    return types;
  }

  /// Image key to the processor, for every image that the file's machines need.
  public static Map<String, String> imagesOf(ClusterSpec spec) {
    Map<String, String> keys = new LinkedHashMap<>();
    for (Target.Slot machine : Target.machines(spec)) {
      if (machine.made()) {
        keys.put(Choices.imageKey(machine.arch(), machine.pool().gpu() != null), machine.arch());
      }
    }
    return keys;
  }
}
