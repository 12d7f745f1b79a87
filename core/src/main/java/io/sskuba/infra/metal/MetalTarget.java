package io.sskuba.infra.metal;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.MachineOutputs;
import io.sskuba.infra.OfflineTopology;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.net.AddressMap;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.MachineAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The `metal` target as data: one resource a machine that exists.
///
/// Nothing is bought or built. A machine is *taken over* (it answers in maintenance mode, with the
/// file's certificate fingerprint where there is one) and *given back* (reset, wiped, in
/// maintenance mode again). The network, and the virtual address of the endpoint, are the site's:
/// Talos itself answers for the address on one control plane at a time, so no resource stands for
/// it.
public final class MetalTarget implements Target {
  /// A machine that exists. Its provider is ours: [MetalProvider], or the simulated site.
  public static final String MACHINE = "sskuba:metal:Machine";

  public static final String PACKAGE = "sskuba";
  public static final String VERSION = "1.0.0";

  @Override
  public ClusterSpec.Provider provider() {
    return ClusterSpec.Provider.METAL;
  }

  @Override
  public Map<String, String> providerVersions() {
    return Map.of(PACKAGE, VERSION);
  }

  @Override
  public Map<String, String> stackConfig(ClusterSpec spec) {
    return Map.of();
  }

  @Override
  public InfraPlan plan(Platform.Cluster cluster) {
    List<Resource> resources = new ArrayList<>();
    Map<String, Object> machines = new LinkedHashMap<>();
    for (Slot slot : Target.machines(cluster.spec())) {
      MachineAddress given = slot.given();
      if (given != null) {
        resources.add(machine(cluster, slot, given));
        machines.put(slot.name(), output(slot.name()));
      }
    }
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("endpoint", endpoint(cluster.spec()));
    outputs.put("machines", machines);
    return new InfraPlan(resources, outputs);
  }

  private static Resource machine(Platform.Cluster cluster, Slot slot, MachineAddress given) {
    Map<String, Object> inputs = new LinkedHashMap<>();
    ResourceTags tags = cluster.tags();
    inputs.put("key", tags.key(slot.name()));
    inputs.put("tags", tags.of(tags.key(slot.name())));
    inputs.put("name", slot.name());
    inputs.put("role", slot.pool().isControlPlane() ? "controlplane" : "worker");
    inputs.put("pool", slot.pool().name());
    inputs.put("address", given.address());
    inputs.put("arch", slot.arch());
    if (given.fingerprint() != null) {
      inputs.put("fingerprint", given.fingerprint());
    }
    String disk = given.disk() != null ? given.disk() : slot.pool().diskDevice();
    if (disk != null) {
      inputs.put("disk", disk);
    }
    if (given.overlay() != null) {
      inputs.put(
          "overlay", Map.of("name", given.overlay().name(), "image", given.overlay().image()));
    }
    return new Resource(MACHINE, slot.name(), inputs, List.of());
  }

  private static Map<String, Object> output(String name) {
    return Map.of("id", new Ref(name, "id"), "address", new Ref(name, "address"));
  }

  @Override
  public Topology topology(Platform.Cluster cluster, Map<String, Object> outputs) {
    return MachineOutputs.topology(
        cluster.spec(), outputs, endpoint(cluster.spec()), AddressMap.IDENTITY);
  }

  /// Without a virtual address or a host of the user's, one control plane is its own endpoint; more
  /// than one are reached by the cluster's name.
  private static String endpoint(ClusterSpec spec) {
    ClusterSpec.Endpoint endpoint = spec.target().endpoint();
    List<MachineAddress> controlPlanes = spec.target().controlPlane().machines();
    return endpoint.host() == null && endpoint.virtualAddress() == null && controlPlanes.size() == 1
        ? controlPlanes.getFirst().address()
        : OfflineTopology.of(spec).endpointHost();
  }
}
