package io.sskuba.rehearsal.cloud.aws;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.aws.AwsCheck;
import io.sskuba.infra.aws.AwsTarget;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.AccountLook;
import io.sskuba.rehearsal.cloud.CloudModel;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Simulated AWS: one account and region as far as our plans use it.
///
/// What a scenario may set as quotas: `vpcs`, `elasticIps`, `rulesPerGroup`, `vcpus` (on-demand
/// standard families), `gpuVcpus`, `networkLoadBalancers`, `listenersPerNetworkLoadBalancer`,
/// `targetGroups`; else AWS's published defaults hold. All clusters of this machine share them.
public final class AwsModel implements CloudModel {
  /// Before base64.
  private static final int USER_DATA_MAX = 16 << 10;

  private static final String IMAGE = "ami-0[0-9a-f]{14}(?:a6|64)";

  @Override
  public String pkg() {
    return "aws";
  }

  @Override
  public String account() {
    return "aws";
  }

  /// - Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
  @Override
  public String userData(String type, Map<String, Object> inputs) throws CloudFault {
    String text =
        type.equals(Aws.INSTANCE) ? String.valueOf(inputs.getOrDefault("userDataBase64", "")) : "";
    int padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
    if (text.length() / 4 * 3 - padding > USER_DATA_MAX) {
      throw new CloudFault(
          CloudFault.Kind.INVALID,
          "InvalidParameterValue: User data is limited to " + USER_DATA_MAX + " bytes");
    }
    return text;
  }

  @Override
  public Made create(CloudRequest request, Account.View account) throws CloudFault {
    return switch (request.type()) {
      case Aws.VPC -> AwsNetworks.vpc(request, account);
      case Aws.SUBNET -> AwsNetworks.subnet(request, account);
      case Aws.GATEWAY -> AwsNetworks.gateway(request, account);
      case Aws.TABLE -> AwsNetworks.table(request, account);
      case Aws.ROUTE -> AwsNetworks.route(request, account);
      case Aws.ASSOCIATION -> AwsNetworks.association(request, account);
      case Aws.ADDRESS -> AwsNetworks.address(request, account);
      case Aws.NAT -> AwsNetworks.nat(request, account);
      case Aws.GROUP -> AwsNetworks.group(request, account);
      case Aws.INGRESS, Aws.EGRESS -> AwsNetworks.rule(request, account);
      case Aws.BALANCER -> AwsBalancers.balancer(request, null, account);
      case Aws.TARGETS -> AwsBalancers.targets(request, account);
      case Aws.LISTENER -> AwsBalancers.listener(request, null, account);
      case Aws.ATTACHMENT -> AwsBalancers.attachment(request, account);
      case Aws.INSTANCE -> AwsInstances.instance(request, null, account);
      case Aws.ROLE -> AwsNames.role(request, account);
      case Aws.ROLE_POLICY -> AwsNames.policy(request, account);
      case Aws.PROFILE -> AwsNames.profile(request, account);
      case Aws.RECORD -> AwsNames.record(request, account, true);
      default ->
          throw new IllegalArgumentException("no such type in simulated AWS: " + request.type());
    };
  }

  @Override
  public Made update(CloudRequest request, CloudResource before, Account.View account)
      throws CloudFault {
    return switch (request.type()) {
      case Aws.INSTANCE -> AwsInstances.instance(request, before, account);
      case Aws.BALANCER -> AwsBalancers.balancer(request, before, account);
      case Aws.LISTENER -> AwsBalancers.listener(request, before, account);
      case Aws.ROLE_POLICY -> AwsNames.policy(request, account);
      case Aws.RECORD -> AwsNames.record(request, account, false);
      case Aws.INGRESS, Aws.EGRESS -> {
        AwsNetworks.ruleFits(
            request, account, "ModifySecurityGroupRules", request.type().equals(Aws.INGRESS));
        yield retagged(request, before);
      }
      default -> retagged(request, before);
    };
  }

  private static Made retagged(CloudRequest request, CloudResource before) {
    Map<String, Object> outputs = new LinkedHashMap<>(before.outputs());
    if (request.inputs().containsKey("tags")) {
      outputs.put("tagsAll", request.map("tags"));
    }
    return new Made(before.id(), outputs, request.map("tags"), before.fabric());
  }

  @Override
  public void delete(CloudRequest request, CloudResource resource, Account.View account)
      throws CloudFault {
    refuseInUse(request, resource, account);
    switch (resource.type()) {
      case Aws.ATTACHMENT -> AwsBalancers.detach(resource, account);
      case Aws.INSTANCE -> AwsBalancers.withoutInstance(resource, account);
      default -> {}
    }
  }

  /// What holds a resource back, by its type; others may go at any time.
  private static final Map<String, Set<String>> HOLDERS =
      Map.of(
          Aws.VPC, Set.of(Aws.SUBNET, Aws.GATEWAY, Aws.TABLE, Aws.GROUP),
          Aws.SUBNET, Set.of(Aws.INSTANCE, Aws.NAT, Aws.BALANCER),
          Aws.TABLE, Set.of(Aws.ASSOCIATION),
          Aws.GROUP, Set.of(Aws.INSTANCE, Aws.BALANCER, Aws.INGRESS, Aws.EGRESS),
          Aws.ADDRESS, Set.of(Aws.NAT),
          Aws.TARGETS, Set.of(Aws.LISTENER),
          Aws.ROLE, Set.of(Aws.ROLE_POLICY, Aws.PROFILE));

  private static void refuseInUse(
      CloudRequest request, CloudResource resource, Account.View account) throws CloudFault {
    if (resource.type().equals(Aws.GATEWAY)) {
      refuseMapped(request, resource, account);
      return;
    }
    Set<String> holders = HOLDERS.getOrDefault(resource.type(), Set.of());
    for (CloudResource user : Aws.users(account, resource)) {
      // A group's own rules go with it; those of other groups that name it do not.
      boolean own = user.text("securityGroupId").equals(resource.id());
      if (holders.contains(user.type()) && !own) {
        throw held(request, resource);
      }
    }
  }

  private static CloudFault held(CloudRequest request, CloudResource resource) {
    String id = resource.id();
    return switch (resource.type()) {
      case Aws.VPC ->
          Aws.inUse(
              request, "DeleteVpc", "The vpc '" + id + "' has dependencies and cannot be deleted.");
      case Aws.SUBNET ->
          Aws.inUse(
              request,
              "DeleteSubnet",
              "The subnet '" + id + "' has dependencies and cannot be deleted.");
      case Aws.TABLE ->
          Aws.inUse(
              request,
              "DeleteRouteTable",
              "The routeTable '" + id + "' has dependencies and cannot be deleted.");
      case Aws.GROUP ->
          Aws.inUse(request, "DeleteSecurityGroup", "resource " + id + " has a dependent object");
      case Aws.ADDRESS ->
          Aws.fault(
              Kind.DEPENDENCY,
              request,
              "ReleaseAddress",
              400,
              "InvalidIPAddress.InUse",
              "Address " + id + " is in use.");
      case Aws.TARGETS ->
          Aws.fault(
              Kind.DEPENDENCY,
              request,
              "DeleteTargetGroup",
              400,
              "ResourceInUse",
              "Target group '" + id + "' is currently in use by a listener or a rule");
      default ->
          Aws.fault(
              Kind.DEPENDENCY,
              request,
              "DeleteRole",
              409,
              "DeleteConflict",
              "Cannot delete entity, must delete policies and remove roles from instance profile"
                  + " first.");
    };
  }

  /// A gateway stays while something in its network has a public address.
  private static void refuseMapped(
      CloudRequest request, CloudResource gateway, Account.View account) throws CloudFault {
    String vpc = gateway.text("vpcId");
    for (CloudResource other : account.all()) {
      boolean open =
          switch (other.type()) {
            case Aws.INSTANCE -> !other.out("publicIp").isEmpty();
            case Aws.NAT -> true;
            case Aws.BALANCER -> !Boolean.TRUE.equals(other.inputs().get("internal"));
            default -> false;
          };
      if (open && vpcOf(other, account).equals(vpc)) {
        throw Aws.inUse(
            request,
            "DetachInternetGateway",
            "Network "
                + vpc
                + " has some mapped public address(es). Please unmap those public address(es)"
                + " before detaching the gateway.");
      }
    }
  }

  private static String vpcOf(CloudResource resource, Account.View account) {
    if (resource.type().equals(Aws.BALANCER)) {
      return resource.out("vpcId");
    }
    return account.find(resource.text("subnetId")).map(s -> s.text("vpcId")).orElse("");
  }

  /// The official images, the region's zones and the hosted zone; and the doors that workers keep.
  @Override
  public Choices choices(ClusterSpec spec, Choices known) {
    if (!(spec.target().settings() instanceof ProviderSettings.Aws aws)) {
      return known;
    }
    Map<String, String> images = new TreeMap<>(known.images());
    List<ClusterSpec.Pool> pools = new ArrayList<>(spec.target().workers());
    pools.add(spec.target().controlPlane());
    for (ClusterSpec.Pool pool : pools) {
      boolean gpu = pool.gpu() != null;
      images.putIfAbsent(
          Choices.imageKey(pool.arch(), gpu),
          image(aws.region() + "/" + spec.versions().talos() + "/" + gpu, pool.arch()));
    }
    Map<String, String> facts = new TreeMap<>(known.facts());
    facts.keySet().removeIf(key -> key.startsWith("door:"));
    facts.putAll(AwsTarget.doors(spec, known));
    if (aws.zones().isEmpty()) {
      facts.putIfAbsent("zones", aws.region() + "a," + aws.region() + "b," + aws.region() + "c");
    }
    ClusterSpec.Dns dns = spec.dns();
    if (dns != null && dns.provider().equals("route53")) {
      facts.putIfAbsent(
          "zoneId", zoneId(dns.zone() == null ? spec.metadata().domain() : dns.zone()));
    }
    return new Choices(images, known.types(), known.zones(), facts);
  }

  /// Where a scenario says that something is not offered, machines go where it is.
  @Override
  public Choices choices(ClusterSpec spec, Choices known, Scenario scenario) {
    Choices choices = choices(spec, known);
    return scenario.look().unoffered().isEmpty()
        ? choices
        : AwsAccountView.offers(spec, choices, scenario);
  }

  @Override
  public List<Platform.Finding> findings(AccountLook look) {
    return AwsCheck.findings(look.spec(), AwsAccountView.of(look));
  }

  /// An image id that says which processor the image is for: there is no list of images here.
  private static String image(String key, String arch) {
    long hash = key.hashCode() * 0x9E3779B97F4A7C15L;
    return "ami-0"
        + String.format("%016x", hash).substring(0, 14)
        + (arch.equals("arm64") ? "a6" : "64");
  }

  /// `amd64` or `arm64`; empty for an image that does not exist.
  static String archOf(String image) {
    if (!image.matches(IMAGE)) {
      return "";
    }
    return image.endsWith("a6") ? "arm64" : "amd64";
  }

  @Override
  public boolean isNameOf(ClusterSpec spec, CloudResource resource) {
    ClusterSpec.Dns dns = spec.dns();
    if (dns == null
        || !dns.provider().equals("route53")
        || !resource.type().equals(Aws.RECORD)
        || !resource.text("zoneId").equals(zoneId(zone(spec)))) {
      return false;
    }
    String fqdn = spec.fqdn();
    return List.of(fqdn, "*." + fqdn, "_sskuba." + fqdn).contains(resource.text("name"));
  }

  /// The hosted zone that the file names.
  static String zone(ClusterSpec spec) {
    ClusterSpec.Dns dns = spec.dns();
    return dns == null || dns.zone() == null ? spec.metadata().domain() : dns.zone();
  }

  static String zoneId(String zone) {
    return "Z" + String.format("%016X", zone.hashCode() * 0x9E3779B97F4A7C15L);
  }

  @Override
  public Map<String, Object> invoke(String token, Map<String, Object> arguments) throws CloudFault {
    return switch (token) {
      case "aws:ec2/getAmi:getAmi" -> {
        String name = filter(arguments, "name");
        String arch = name.contains("arm64") ? "arm64" : "amd64";
        yield Map.of("id", image(name, arch), "name", name, "architecture", arch);
      }
      case "aws:route53/getZone:getZone" -> {
        String id = zoneId(String.valueOf(arguments.get("name")));
        yield Map.of("id", id, "zoneId", id, "name", String.valueOf(arguments.get("name")));
      }
      default -> throw new CloudFault(Kind.INVALID, "unknown function " + token);
    };
  }

  private static String filter(Map<String, Object> arguments, String name) {
    @Nullable Object filters = arguments.get("filters");
    if (filters instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof Map<?, ?> map
            && name.equals(map.get("name"))
            && map.get("values") instanceof List<?> values
            && !values.isEmpty()) {
          return String.valueOf(values.getFirst()).toLowerCase(Locale.ROOT);
        }
      }
    }
    return "";
  }
}
