package io.sskuba.infra.azure;

import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Target;
import io.sskuba.net.Cidr;
import io.sskuba.spec.ClusterSpec;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The VNet of a cluster, or its place in a VNet that a landing zone provides.
///
/// Ours has two subnets: `public` for control planes, which have addresses of their own when the
/// endpoint is public, and `private` for everything else. Azure subnets span all zones, so there is
/// none per zone. Both leave through one NAT gateway, which is in one zone (Azure picks it): a
/// second one would need a second pair of subnets, and what it saves is pulls of images during the
/// loss of a zone. Nothing else leaves: default outbound access is off.
/// - Source: https://learn.microsoft.com/azure/nat-gateway/nat-availability-zones
final class AzureNetwork {
  static final String PUBLIC = "public-subnet";
  static final String PRIVATE = "private-subnet";

  private AzureNetwork() {}

  static void group(AzurePlan plan) {
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("resourceGroupName", plan.names().group());
    inputs.put("location", plan.names().region());
    inputs.put("tags", AzureTags.of(plan.cluster().tags(), AzurePlan.GROUP));
    plan.add("azure-native:resources:ResourceGroup", AzurePlan.GROUP, inputs);
  }

  /// Network and egress; nothing in a VNet of a landing zone.
  static void network(AzurePlan plan) {
    if (plan.existing() != null) {
      return;
    }
    Map<String, Object> network = new LinkedHashMap<>();
    network.put("virtualNetworkName", AzurePlan.NETWORK);
    network.put("addressSpace", Map.of("addressPrefixes", List.of(cidr(plan.spec()).toString())));
    plan.addTagged("azure-native:network:VirtualNetwork", AzurePlan.NETWORK, network);

    address(plan, AzurePlan.EGRESS_IP, Map.of());
    Map<String, Object> egress = new LinkedHashMap<>();
    egress.put("natGatewayName", AzurePlan.EGRESS);
    egress.put("sku", Map.of("name", "Standard"));
    egress.put("idleTimeoutInMinutes", 10);
    egress.put("publicIpAddresses", List.of(AzurePlan.idOf(AzurePlan.EGRESS_IP)));
    plan.addTagged("azure-native:network:NatGateway", AzurePlan.EGRESS, egress);
  }

  /// The subnets, which need the security groups.
  static void subnets(AzurePlan plan) {
    if (plan.existing() != null) {
      return;
    }
    Cidr cidr = cidr(plan.spec());
    subnet(plan, PUBLIC, half(cidr, 0), AzureSecurity.group(AzurePlan.CONTROL_PLANE));
    subnet(plan, PRIVATE, half(cidr, 1), AzureSecurity.group(AzurePlan.WORKERS));
  }

  private static void subnet(AzurePlan plan, String name, Cidr cidr, String securityGroup) {
    Map<String, Object> inputs = plan.inGroup();
    inputs.put("virtualNetworkName", new Ref(AzurePlan.NETWORK, "name"));
    inputs.put("subnetName", name);
    inputs.put("addressPrefix", cidr.toString());
    inputs.put("defaultOutboundAccess", false);
    inputs.put("natGateway", AzurePlan.idOf(AzurePlan.EGRESS));
    // The groups stand on the network cards too; here they hold for whatever else comes in.
    inputs.put("networkSecurityGroup", AzurePlan.idOf(securityGroup));
    plan.add("azure-native:network:Subnet", name, inputs);
  }

  /// A standard public address: closed until a security group opens it, and in all zones.
  static void address(AzurePlan plan, String name, Map<String, Object> more) {
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("publicIpAddressName", name);
    inputs.put("sku", Map.of("name", "Standard"));
    inputs.put("publicIPAllocationMethod", "Static");
    inputs.put("publicIPAddressVersion", "IPv4");
    if (!plan.everyZone().isEmpty()) {
      inputs.put("zones", plan.everyZone());
    }
    inputs.putAll(more);
    plan.addTagged("azure-native:network:PublicIPAddress", name, inputs);
  }

  /// The subnet that a machine's card is in: a text, or a reference.
  static Object subnetOf(AzurePlan plan, Target.Slot machine) {
    ClusterSpec.Existing existing = plan.existing();
    if (existing == null) {
      return new Ref(machine.pool().isControlPlane() ? PUBLIC : PRIVATE, "id");
    }
    return existingSubnet(existing, machine.madeIndex());
  }

  /// The subnet of an internal load balancer.
  static Object balancerSubnet(AzurePlan plan) {
    ClusterSpec.Existing existing = plan.existing();
    return existing == null ? new Ref(PRIVATE, "id") : existingSubnet(existing, 0);
  }

  /// A name stands for a subnet of the VNet named beside it.
  private static String existingSubnet(ClusterSpec.Existing existing, int index) {
    String subnet = existing.subnets().get(index % existing.subnets().size());
    return subnet.startsWith("/") ? subnet : existing.network() + "/subnets/" + subnet;
  }

  private static Cidr cidr(ClusterSpec spec) {
    String cidr = spec.target().network().cidr();
    if (cidr == null) {
      throw new IllegalArgumentException("the network has no address range");
    }
    return Cidr.parse(cidr)
        .orElseThrow(() -> new IllegalArgumentException("not a network: " + cidr));
  }

  private static Cidr half(Cidr cidr, int which) {
    BigInteger base =
        cidr.base().add(BigInteger.valueOf(which).shiftLeft(cidr.bits() - cidr.prefix() - 1));
    return new Cidr(base, cidr.prefix() + 1, cidr.bits());
  }
}
