package io.sskuba.infra.local;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Topology;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.Pool;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The `local` target as data: host process, network, load balancer, machines.
///
/// What can change while a cluster lives (tags, the load balancer's backends, the host's expiry) is
/// updated in place; a machine's identity (name, role, pool, address, hardware) is not, so a change
/// there is a new machine.
public final class LocalPlan {
  public static final String HOST = "sskuba:local:Host";
  public static final String NETWORK = "sskuba:local:Network";
  public static final String LOAD_BALANCER = "sskuba:local:LoadBalancer";
  public static final String MACHINE = "sskuba:local:Machine";

  /// Logical names of the resources that a cluster has one of.
  public static final String HOST_NAME = "host";

  public static final String NETWORK_NAME = "network";
  public static final String LOAD_BALANCER_NAME = "load-balancer";

  public static final int API_PORT = 6443;

  private LocalPlan() {}

  /// Address indexes of the file's machines: those known keep theirs, whatever comes or goes; new
  /// ones get the lowest that no known machine has, leaving or not, so that a machine that is being
  /// removed and one that is being made never share an address.
  /// - Errors: `IllegalArgumentException` when the network has too few addresses.
  ///
  /// @param known what the last apply returned, machines that are gone by now left out
  /// @return name to index, control planes first, in file order
  public static Map<String, Integer> indexes(
      ClusterSpec spec, LocalNetwork network, Map<String, Integer> known) {
    BitSet taken = new BitSet();
    known.values().forEach(taken::set);
    Map<String, Integer> out = new LinkedHashMap<>();
    for (Pool pool : pools(spec)) {
      for (int ordinal = 1; ordinal <= pool.size(); ordinal++) {
        String name = machineName(spec, pool, ordinal);
        Integer index = known.get(name);
        if (index == null) {
          index = taken.nextClearBit(0);
          taken.set(index);
        }
        if (LocalNetwork.FIRST_MACHINE_HOST + index > network.hostMax()) {
          throw new IllegalArgumentException(
              network.cidr() + " has too few addresses for machine " + name);
        }
        out.put(name, index);
      }
    }
    return Collections.unmodifiableMap(out);
  }

  /// `CLUSTER-POOL-ORDINAL`, ordinals from 1.
  public static String machineName(ClusterSpec spec, Pool pool, int ordinal) {
    return spec.metadata().name() + "-" + pool.name() + "-" + ordinal;
  }

  private static List<Pool> pools(ClusterSpec spec) {
    List<Pool> pools = new ArrayList<>();
    pools.add(spec.target().controlPlane());
    pools.addAll(spec.target().workers());
    return pools;
  }

  /// The plan.
  ///
  /// @param indexes of [#indexes], for this very file
  public static InfraPlan of(
      ClusterSpec spec, ResourceTags tags, LocalNetwork network, Map<String, Integer> indexes) {
    List<Resource> resources = new ArrayList<>();
    resources.add(host(tags));

    Map<String, Object> net = common(tags, NETWORK_NAME);
    net.put("host", new Ref(HOST_NAME, "id"));
    net.put("cidr", network.cidr());
    net.put("twinCidr", network.twinCidr());
    resources.add(new Resource(NETWORK, NETWORK_NAME, net, List.of()));

    List<Topology.Machine> machines = topology(spec, network, indexes).machines();
    Map<String, Object> balancer = common(tags, LOAD_BALANCER_NAME);
    balancer.put("network", new Ref(NETWORK_NAME, "id"));
    balancer.put("address", network.endpoint());
    balancer.put("twin", network.endpointTwin());
    balancer.put("port", API_PORT);
    balancer.put(
        "backends",
        machines.stream()
            .filter(Topology.Machine::controlPlane)
            .map(Topology.Machine::address)
            .toList());
    resources.add(new Resource(LOAD_BALANCER, LOAD_BALANCER_NAME, balancer, List.of()));

    Map<String, Object> ids = new LinkedHashMap<>();
    for (Pool pool : pools(spec)) {
      for (int ordinal = 1; ordinal <= pool.size(); ordinal++) {
        String name = machineName(spec, pool, ordinal);
        resources.add(machine(spec, tags, network, pool, name, indexes));
        ids.put(name, new Ref(name, "id"));
      }
    }
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("endpoint", "https://" + network.endpoint() + ":" + API_PORT);
    outputs.put("machines", ids);
    return new InfraPlan(resources, outputs);
  }

  /// The cluster's host process, the first resource of every stack on this machine.
  public static Resource host(ResourceTags tags) {
    Map<String, Object> host = common(tags, HOST_NAME);
    host.put("clusterId", tags.clusterId());
    if (tags.expiresAt() != null) {
      host.put("expiresAt", tags.expiresAt().toString());
    }
    return new Resource(HOST, HOST_NAME, host, List.of());
  }

  private static Resource machine(
      ClusterSpec spec,
      ResourceTags tags,
      LocalNetwork network,
      Pool pool,
      String name,
      Map<String, Integer> indexes) {
    int host = LocalNetwork.FIRST_MACHINE_HOST + index(indexes, name);
    Map<String, Object> inputs = common(tags, name);
    inputs.put("network", new Ref(NETWORK_NAME, "id"));
    inputs.put("name", name);
    inputs.put("role", pool.isControlPlane() ? "controlplane" : "worker");
    inputs.put("pool", pool.name());
    inputs.put("address", network.address(host));
    inputs.put("twin", network.twin(host));
    inputs.put("arch", pool.arch());
    inputs.put("talosVersion", spec.versions().talos());
    if (pool.cpus() != null) {
      inputs.put("cpus", pool.cpus());
    }
    if (pool.memoryGiB() != null) {
      inputs.put("memoryGiB", pool.memoryGiB());
    }
    if (pool.gpu() != null) {
      inputs.put("gpu", Map.of("vendor", pool.gpu().vendor(), "count", pool.gpu().count()));
    }
    return new Resource(MACHINE, name, inputs, List.of());
  }

  private static Map<String, Object> common(ResourceTags tags, String name) {
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("key", tags.key(name));
    inputs.put("tags", tags.of(tags.key(name)));
    return inputs;
  }

  private static int index(Map<String, Integer> indexes, String name) {
    Integer index = indexes.get(name);
    if (index == null) {
      throw new IllegalArgumentException("no address index for machine " + name);
    }
    return index;
  }

  /// What the phases after the infrastructure see. The same for a plan that was never made.
  public static Topology topology(
      ClusterSpec spec, LocalNetwork network, Map<String, Integer> indexes) {
    List<Topology.Machine> machines = new ArrayList<>();
    List<Integer> used = new ArrayList<>();
    for (Pool pool : pools(spec)) {
      for (int ordinal = 1; ordinal <= pool.size(); ordinal++) {
        String name = machineName(spec, pool, ordinal);
        int index = index(indexes, name);
        used.add(index);
        machines.add(
            new Topology.Machine(
                name,
                pool.isControlPlane(),
                pool.name(),
                network.address(LocalNetwork.FIRST_MACHINE_HOST + index),
                pool.arch(),
                null));
      }
    }
    List<String> sans = new ArrayList<>();
    sans.add(spec.fqdn());
    if (spec.target().endpoint().host() != null) {
      sans.add(spec.target().endpoint().host());
    }
    return new Topology(network.endpoint(), API_PORT, sans, machines, network.addresses(used));
  }
}
