package io.sskuba.infra.aws;

import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Target;
import io.sskuba.net.Cidr;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// VPC, subnets, routes and the way out; nothing at all in a network that the organisation
/// provides.
///
/// Every zone has a private subnet. Public subnets, one a zone, hold the load balancer and control
/// planes of a public endpoint and the NAT gateway. One NAT gateway serves all zones: these
/// clusters are short-lived, an account has five elastic addresses in a region by default, and a
/// gateway a zone would take three of them. What is lost with its zone is the way out of workers in
/// the others (image pulls, git), not the cluster.
///
/// An internal endpoint with a proxy has neither gateway nor public subnet: the proxy is the way
/// out.
/// - Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html (sizes)
final class AwsNetwork {
  static final String VPC = "vpc";
  static final String GATEWAY = "internet-gateway";
  static final String NAT = "nat-gateway";
  static final String NAT_ADDRESS = "nat-address";
  private static final String PUBLIC_ROUTES = "public-routes";
  private static final String PRIVATE_ROUTES = "private-routes";
  private static final String PUBLIC_ROUTE = "public-default-route";
  private static final String ANYWHERE = "0.0.0.0/0";

  /// VPC networks are /16 to /28.
  private static final int VPC_PREFIX_MIN = 16;

  private static final int SUBNET_PREFIX_MAX = 28;

  private final AwsContext aws;

  AwsNetwork(AwsContext aws) {
    this.aws = aws;
  }

  /// Whether there is a way to the internet of our own.
  boolean hasWayOut() {
    return !aws.isExisting() && (aws.isPublic() || aws.spec().proxy() == null);
  }

  boolean hasNat() {
    return hasWayOut() && (!aws.isPublic() || !aws.madeWorkers().isEmpty());
  }

  void add() {
    if (aws.isExisting()) {
      return;
    }
    Cidr cidr = vpcCidr();
    aws.tagged(
        "aws:ec2/vpc:Vpc",
        VPC,
        Map.of(
            "cidrBlock", cidr.toString(),
            "enableDnsSupport", true,
            "enableDnsHostnames", true));
    if (hasWayOut()) {
      aws.tagged(
          "aws:ec2/internetGateway:InternetGateway", GATEWAY, Map.of("vpcId", new Ref(VPC, "id")));
    }
    List<String> zones = aws.zones();
    int bits = bits(zones.size() + 1);
    for (int i = 0; i < zones.size(); i++) {
      subnet("private-" + zones.get(i), zones.get(i), part(cidr, bits, i), false);
    }
    if (hasWayOut()) {
      publicSide(part(cidr, bits, (1 << bits) - 1));
    }
    aws.tagged(
        "aws:ec2/routeTable:RouteTable", PRIVATE_ROUTES, Map.of("vpcId", new Ref(VPC, "id")));
    if (hasNat()) {
      nat();
    }
    associate("private-", PRIVATE_ROUTES);
  }

  private void publicSide(Cidr block) {
    List<String> zones = aws.zones();
    for (int i = 0; i < zones.size(); i++) {
      subnet("public-" + zones.get(i), zones.get(i), part(block, bits(zones.size()), i), true);
    }
    aws.tagged("aws:ec2/routeTable:RouteTable", PUBLIC_ROUTES, Map.of("vpcId", new Ref(VPC, "id")));
    aws.plain(
        "aws:ec2/route:Route",
        PUBLIC_ROUTE,
        Map.of(
            "routeTableId", new Ref(PUBLIC_ROUTES, "id"),
            "destinationCidrBlock", ANYWHERE,
            "gatewayId", new Ref(GATEWAY, "id")));
    associate("public-", PUBLIC_ROUTES);
  }

  private void nat() {
    aws.tagged("aws:ec2/eip:Eip", NAT_ADDRESS, Map.of("domain", "vpc"), GATEWAY);
    aws.tagged(
        "aws:ec2/natGateway:NatGateway",
        NAT,
        Map.of(
            "allocationId", new Ref(NAT_ADDRESS, "id"),
            "subnetId", new Ref("public-" + aws.zones().getFirst(), "id"),
            "connectivityType", "public"),
        GATEWAY);
    aws.plain(
        "aws:ec2/route:Route",
        "private-default-route",
        Map.of(
            "routeTableId", new Ref(PRIVATE_ROUTES, "id"),
            "destinationCidrBlock", ANYWHERE,
            "natGatewayId", new Ref(NAT, "id")));
  }

  private void subnet(String name, String zone, Cidr cidr, boolean open) {
    // Never an address by default: a machine gets one only where its own input says so.
    aws.tagged(
        "aws:ec2/subnet:Subnet",
        name,
        Map.of(
            "vpcId",
            new Ref(VPC, "id"),
            "availabilityZone",
            zone,
            "cidrBlock",
            cidr.toString(),
            "mapPublicIpOnLaunch",
            false),
        Map.of(
            AwsIdentities.kubernetesTag(aws.clusterId()),
            "owned",
            open ? "kubernetes.io/role/elb" : "kubernetes.io/role/internal-elb",
            "1"));
  }

  private void associate(String prefix, String table) {
    for (String zone : aws.zones()) {
      aws.plain(
          "aws:ec2/routeTableAssociation:RouteTableAssociation",
          prefix + zone + "-routes",
          Map.of(
              "subnetId", new Ref(prefix + zone, "id"),
              "routeTableId", new Ref(table, "id")));
    }
  }

  /// Subnets of the load balancers, one a zone.
  List<Object> balancerSubnets() {
    ClusterSpec.Existing existing = aws.spec().target().network().existing();
    if (existing != null) {
      return List.copyOf(onePerZone(existing.subnets()));
    }
    List<Object> out = new ArrayList<>();
    aws.zones().forEach(z -> out.add(new Ref((aws.isPublic() ? "public-" : "private-") + z, "id")));
    return out;
  }

  /// A load balancer takes one subnet of a zone; the zones of given subnets are facts, if known.
  private List<String> onePerZone(List<String> subnets) {
    List<String> zones = new ArrayList<>();
    List<String> out = new ArrayList<>();
    for (String subnet : subnets) {
      String zone = zoneOf(subnet);
      if (zone == null || !zones.contains(zone)) {
        out.add(subnet);
      }
      if (zone != null) {
        zones.add(zone);
      }
    }
    return out;
  }

  private @Nullable String zoneOf(String subnet) {
    return aws.choices().facts().get("zone:" + subnet);
  }

  /// The subnet of one machine: in the zone that was chosen for it.
  Object subnet(Target.Slot machine) {
    String zone = aws.choices().zone(machine, aws.zones());
    ClusterSpec.Existing existing = aws.spec().target().network().existing();
    if (existing == null) {
      boolean open = aws.isPublic() && machine.pool().isControlPlane();
      return new Ref((open ? "public-" : "private-") + zone, "id");
    }
    List<String> fitting =
        existing.subnets().stream().filter(s -> zone != null && zone.equals(zoneOf(s))).toList();
    List<String> from = fitting.isEmpty() ? existing.subnets() : fitting;
    return from.get(machine.index() % from.size());
  }

  /// What a machine with a public address, or an internet-facing load balancer, waits for: AWS
  /// refuses them in a network without a gateway, and does not detach it while they are there.
  String[] beforePublic() {
    return hasWayOut() ? new String[] {GATEWAY, PUBLIC_ROUTE} : new String[0];
  }

  private Cidr vpcCidr() {
    String text = aws.spec().target().network().cidr();
    Cidr cidr = text == null ? null : Cidr.parse(text).orElse(null);
    int needed = aws.zones().size();
    if (cidr == null
        || !cidr.isIpv4()
        || cidr.prefix() < VPC_PREFIX_MIN
        || cidr.prefix() + bits(needed + 1) + bits(needed) > SUBNET_PREFIX_MAX) {
      throw new SskubaException(
          Problem.of(
              ProblemCode.SPEC_INVALID,
              "target.network.cidr "
                  + text
                  + " cannot be a VPC with subnets in "
                  + needed
                  + " zones: a VPC is /16 or smaller, a subnet /28 or larger"));
    }
    return cidr;
  }

  /// Bits that count to `n`.
  private static int bits(int n) {
    return 32 - Integer.numberOfLeadingZeros(n - 1);
  }

  private static Cidr part(Cidr whole, int bits, int index) {
    int prefix = whole.prefix() + bits;
    BigInteger offset = BigInteger.valueOf(index).shiftLeft(whole.bits() - prefix);
    return new Cidr(whole.base().add(offset), prefix, whole.bits());
  }
}
