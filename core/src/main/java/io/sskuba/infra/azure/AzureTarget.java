package io.sskuba.infra.azure;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Concat;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.net.AddressMap;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The `azure` target: one resource group a cluster, with everything of it inside but the records
/// in a DNS zone that is there already.
///
/// Outputs besides those of [Target]: `endpointAddress`, the load balancer's address.
public final class AzureTarget implements Target {
  /// The version of the provider that the plan was checked against.
  public static final String VERSION = "3.29.0";

  private static final int API_PORT = 6443;

  @Override
  public ClusterSpec.Provider provider() {
    return ClusterSpec.Provider.AZURE;
  }

  @Override
  public Map<String, String> providerVersions() {
    return Map.of("azure-native", VERSION);
  }

  @Override
  public Map<String, String> stackConfig(ClusterSpec spec) {
    if (!(spec.target().settings() instanceof ProviderSettings.Azure azure)) {
      throw new IllegalArgumentException("not a cluster file of the azure target");
    }
    Map<String, String> config = new LinkedHashMap<>();
    config.put("azure-native:subscriptionId", azure.subscription());
    config.put("azure-native:location", azure.region());
    return config;
  }

  @Override
  public InfraPlan plan(Platform.Cluster cluster) {
    AzurePlan plan = new AzurePlan(cluster);
    AzureNetwork.group(plan);
    AzureNetwork.network(plan);
    AzureSecurity.groups(plan);
    AzureNetwork.subnets(plan);
    AzureBalancer.balancer(plan);
    AzureDns.records(plan);
    AzureIdentities.identities(plan);
    AzureMachines.shared(plan);
    Map<String, Object> machines = new LinkedHashMap<>();
    for (Target.Slot machine : plan.made()) {
      int port = AzureBalancer.doorPort(plan, machine);
      if (AzureBalancer.hasDoor(plan, machine)) {
        AzureBalancer.door(plan, machine, port);
      }
      AzureMachines.machine(plan, machine);
      machines.put(machine.name(), output(plan, machine, port));
    }
    Map<String, Object> outputs = new LinkedHashMap<>();
    if (plan.isPublic()) {
      outputs.put("endpoint", new Ref(AzurePlan.ENDPOINT_IP, "dnsSettings.fqdn"));
      outputs.put("endpointAddress", new Ref(AzurePlan.ENDPOINT_IP, "ipAddress"));
    } else {
      outputs.put("endpoint", balancerAddress());
      outputs.put("endpointAddress", balancerAddress());
    }
    outputs.put("machines", machines);
    return plan.finish(outputs);
  }

  private static Map<String, Object> output(AzurePlan plan, Target.Slot machine, int port) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", new Ref(machine.name(), "id"));
    out.put(
        "address", new Ref(AzureMachines.card(machine), "ipConfigurations[0].privateIPAddress"));
    if (AzureMachines.hasAddress(plan, machine)) {
      out.put(
          "door",
          Concat.of(
              new Ref(AzureMachines.address(machine), "ipAddress"), ":" + AzureSecurity.TALOS));
    } else if (AzureBalancer.hasDoor(plan, machine)) {
      out.put("door", Concat.of(new Ref(AzurePlan.ENDPOINT_IP, "dnsSettings.fqdn"), ":" + port));
    }
    return out;
  }

  /// Address of an internal load balancer.
  static Ref balancerAddress() {
    return new Ref(AzurePlan.BALANCER, "frontendIPConfigurations[0].privateIPAddress");
  }

  @Override
  public Topology topology(Platform.Cluster cluster, Map<String, Object> outputs) {
    AzurePlan plan = new AzurePlan(cluster);
    ClusterSpec spec = cluster.spec();
    String name = plan.isPublic() ? plan.names().dnsName() : text(outputs, "endpoint");
    String address = text(outputs, "endpointAddress");
    Set<String> sans = new LinkedHashSet<>();
    sans.add(spec.fqdn());
    if (spec.target().endpoint().host() != null) {
      sans.add(spec.target().endpoint().host());
    }
    sans.add(name);
    sans.add(address);
    Map<?, ?> made = outputs.get("machines") instanceof Map<?, ?> map ? map : Map.of();
    Map<String, String> doors = new LinkedHashMap<>();
    List<Topology.Machine> machines = new ArrayList<>();
    for (Target.Slot slot : Target.machines(spec)) {
      ClusterSpec.MachineAddress given = slot.given();
      Map<?, ?> output = made.get(slot.name()) instanceof Map<?, ?> map ? map : Map.of();
      String own = given != null ? given.address() : text(output, "address");
      String door = text(output, "door");
      if (!own.isEmpty() && !door.isEmpty()) {
        doors.put(own, door);
        sans.add(door.substring(0, door.lastIndexOf(':')));
      }
      machines.add(
          new Topology.Machine(
              slot.name(),
              slot.pool().isControlPlane(),
              slot.pool().name(),
              own,
              slot.arch(),
              given == null ? null : given.fingerprint()));
    }
    sans.remove("");
    return new Topology(
        endpointHost(spec, name),
        API_PORT,
        List.copyOf(sans),
        machines,
        new AddressMap(Map.of(), List.of(), doors));
  }

  private static String endpointHost(ClusterSpec spec, String balancer) {
    ClusterSpec.Dns dns = spec.dns();
    if (dns != null && !dns.provider().equals("none")) {
      return spec.fqdn();
    }
    String host = spec.target().endpoint().host();
    return host != null ? host : balancer;
  }

  private static String text(Map<?, ?> map, String key) {
    Object value = map.get(key);
    return value == null ? "" : String.valueOf(value);
  }
}
