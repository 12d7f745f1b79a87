package io.sskuba.infra.azure;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The way in: a standard load balancer with one address, public or of a subnet, in all zones.
///
/// Ports 6443 and 50000 go to control planes, 80 and 443 to workers (to control planes when there
/// are no workers), each only where its probe is answered. Probes are TCP: the API server answers
/// nobody it does not know, so there is no path to ask for. Nothing leaves through it: that is the
/// NAT gateway's.
///
/// A worker of a public cluster that is to be handed its configuration from here has a port of its
/// own, a NAT rule from 50100 on: it has no public address, and no other way in. These are
/// resources of their own, not parts of the load balancer: a part in use cannot be taken away, and
/// the engine changes the balancer before it takes the worker away. Control planes have public
/// addresses instead: the Talos API is what is left when the load balancer is wrong, and a
/// talosconfig's endpoints are addresses.
/// - Limits: 1,500 rules a load balancer, so about as many workers with doors.
/// - Source:
///   https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits
final class AzureBalancer {
  static final int FIRST_DOOR = 50100;
  static final String INGRESS = "ingress";

  /// Its rules: a port, the pool that it goes to.
  record Port(String name, int number, String pool) {}

  private AzureBalancer() {}

  static List<Port> ports() {
    return List.of(
        new Port("kubernetes-api", AzureSecurity.KUBERNETES, AzurePlan.CONTROL_PLANE),
        new Port("talos-api", AzureSecurity.TALOS, AzurePlan.CONTROL_PLANE),
        new Port("http", AzureSecurity.HTTP, INGRESS),
        new Port("https", AzureSecurity.HTTPS, INGRESS));
  }

  static void balancer(AzurePlan plan) {
    Map<String, Object> frontend = new LinkedHashMap<>();
    frontend.put("name", AzurePlan.ENDPOINT);
    if (plan.isPublic()) {
      AzureNetwork.address(
          plan,
          AzurePlan.ENDPOINT_IP,
          Map.of("dnsSettings", Map.of("domainNameLabel", plan.names().dnsLabel())));
      frontend.put("publicIPAddress", AzurePlan.idOf(AzurePlan.ENDPOINT_IP));
    } else {
      frontend.put("subnet", Map.of("id", AzureNetwork.balancerSubnet(plan)));
      frontend.put("privateIPAllocationMethod", "Dynamic");
      if (!plan.everyZone().isEmpty()) {
        frontend.put("zones", plan.everyZone());
      }
    }
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("loadBalancerName", AzurePlan.BALANCER);
    inputs.put("sku", Map.of("name", "Standard"));
    inputs.put("frontendIPConfigurations", List.of(frontend));
    inputs.put(
        "backendAddressPools",
        List.of(Map.of("name", AzurePlan.CONTROL_PLANE), Map.of("name", INGRESS)));
    inputs.put("probes", ports().stream().map(AzureBalancer::probe).toList());
    inputs.put("loadBalancingRules", ports().stream().map(p -> rule(plan, p)).toList());
    plan.addTagged("azure-native:network:LoadBalancer", AzurePlan.BALANCER, inputs);
  }

  private static Map<String, Object> probe(Port port) {
    Map<String, Object> probe = new LinkedHashMap<>();
    probe.put("name", port.name());
    probe.put("protocol", "Tcp");
    probe.put("port", port.number());
    probe.put("intervalInSeconds", 5);
    probe.put("probeThreshold", 1);
    return probe;
  }

  private static Map<String, Object> rule(AzurePlan plan, Port port) {
    AzureNames names = plan.names();
    Map<String, Object> rule = new LinkedHashMap<>();
    rule.put("name", port.name());
    rule.put("protocol", "Tcp");
    rule.put("frontendPort", port.number());
    rule.put("backendPort", port.number());
    rule.put("frontendIPConfiguration", frontend(names));
    rule.put(
        "backendAddressPool", Map.of("id", names.balancerPart("backendAddressPools", port.pool())));
    rule.put("probe", Map.of("id", names.balancerPart("probes", port.name())));
    rule.put("disableOutboundSnat", true);
    rule.put("enableTcpReset", true);
    // Watches of the API stay silent for minutes; 30 is the most that Azure takes.
    rule.put("idleTimeoutInMinutes", 30);
    return rule;
  }

  private static Map<String, Object> frontend(AzureNames names) {
    return Map.of("id", names.balancerPart("frontendIPConfigurations", AzurePlan.ENDPOINT));
  }

  /// The load balancer's own door to a machine, or not.
  static boolean hasDoor(AzurePlan plan, Target.Slot machine) {
    return plan.isPublic() && plan.delivers() && !machine.pool().isControlPlane();
  }

  /// A machine's port: by its place in the allotment, so that it keeps it whatever comes or goes
  /// beside it; in the file's order where nothing is allotted yet.
  static int doorPort(AzurePlan plan, Target.Slot machine) {
    JsonNode index = plan.cluster().allotment().path("indexes").path(machine.name());
    return FIRST_DOOR
        + (index.isInt() ? index.asInt() : Target.machines(plan.spec()).indexOf(machine));
  }

  static String doorName(Target.Slot machine) {
    return machine.name() + "-door";
  }

  static void door(AzurePlan plan, Target.Slot machine, int port) {
    Map<String, Object> inputs = plan.inGroup();
    inputs.put("loadBalancerName", new Ref(AzurePlan.BALANCER, "name"));
    inputs.put("inboundNatRuleName", doorName(machine));
    inputs.put("frontendIPConfiguration", frontend(plan.names()));
    inputs.put("protocol", "Tcp");
    inputs.put("frontendPort", port);
    inputs.put("backendPort", AzureSecurity.TALOS);
    inputs.put("enableTcpReset", true);
    plan.add("azure-native:network:InboundNatRule", doorName(machine), inputs);
  }

  /// The pools that a machine's card is in.
  static List<Object> pools(AzurePlan plan, Target.Slot machine) {
    List<Object> pools = new ArrayList<>();
    boolean controlPlane = machine.pool().isControlPlane();
    if (controlPlane) {
      pools.add(pool(plan, AzurePlan.CONTROL_PLANE));
    }
    if (controlPlane != plan.hasWorkers()) {
      pools.add(pool(plan, INGRESS));
    }
    return pools;
  }

  private static Map<String, Object> pool(AzurePlan plan, String name) {
    return Map.of("id", plan.names().balancerPart("backendAddressPools", name));
  }
}
