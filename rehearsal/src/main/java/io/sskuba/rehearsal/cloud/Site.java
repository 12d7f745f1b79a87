package io.sskuba.rehearsal.cloud;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.io.Json;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.spec.ClusterSpec;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/// Where a rehearsed cluster runs on this machine: turns what a simulated cloud makes into machines
/// and ports of the cluster's host process.
///
/// @param cluster the rehearsed cluster
/// @param network its loopback block
/// @param indexes machine name to its place in the block
/// @param bootDelay how much longer than at once a machine takes until its Talos API answers
/// @param healthDelay how long an API server must answer before a load balancer passes traffic to
///   it
public record Site(
    Platform.Cluster cluster,
    LocalNetwork network,
    Map<String, Integer> indexes,
    Duration bootDelay,
    Duration healthDelay,
    Scenario scenario) {

  public Site {
    indexes = Map.copyOf(indexes);
  }

  /// A site whose load balancers check nothing.
  public Site(
      Platform.Cluster cluster,
      LocalNetwork network,
      Map<String, Integer> indexes,
      Duration bootDelay,
      Scenario scenario) {
    this(cluster, network, indexes, bootDelay, Duration.ZERO, scenario);
  }

  /// One connection's way: an address of the cluster's network and a port.
  public record Backend(String address, int port) {}

  public String clusterId() {
    return cluster.clusterId();
  }

  public ClusterSpec spec() {
    return cluster.spec();
  }

  /// What a process of this machine binds.
  public String twin(String machine) {
    Integer index = indexes.get(machine);
    if (index == null) {
      throw new IllegalArgumentException("no machine named " + machine);
    }
    return network.twin(LocalNetwork.FIRST_MACHINE_HOST + index);
  }

  public String endpointTwin() {
    return network.endpointTwin();
  }

  /// The machine of the file with this name, or null: a resource's logical name is the machine's.
  public Target.@org.jspecify.annotations.Nullable Slot slot(String machine) {
    return Target.machines(spec()).stream()
        .filter(m -> m.name().equals(machine))
        .findFirst()
        .orElse(null);
  }

  /// A simulated Talos machine.
  ///
  /// @param id of the resource that it belongs to
  /// @param name the machine's name in the file, which is the resource's logical name
  /// @param address its address in the cluster's network
  /// @param otherAddresses public ones; dialled as the same machine
  public Fabric machine(String id, String name, String address, Collection<String> otherAddresses) {
    Target.Slot slot = slot(name);
    if (slot == null) {
      throw new IllegalArgumentException("no machine named " + name + " in the file");
    }
    ClusterSpec.Pool pool = slot.pool();
    ObjectNode inputs = Json.object();
    inputs.put("key", id).put("name", name);
    inputs.put("role", pool.isControlPlane() ? "controlplane" : "worker").put("pool", pool.name());
    inputs.put("address", address).put("twin", twin(name)).put("arch", slot.arch());
    inputs.put("talosVersion", spec().versions().talos());
    if (pool.cpus() != null) {
      inputs.put("cpus", pool.cpus());
    }
    if (pool.memoryGiB() != null) {
      inputs.put("memoryGiB", pool.memoryGiB());
    }
    if (pool.gpu() != null) {
      inputs.putObject("gpu").put("vendor", pool.gpu().vendor()).put("count", pool.gpu().count());
    }
    ArrayNode names = inputs.putArray("names");
    otherAddresses.stream().filter(a -> !a.isEmpty()).forEach(names::add);
    if (!bootDelay.isZero()) {
      inputs.put("bootMillis", bootDelay.toMillis());
    }
    scenario.machine(name).ifPresent(fault -> inputs.put("fault", fault.word()));
    return new Fabric(LocalPlan.MACHINE, inputs);
  }

  /// A port of the cluster's endpoint that passes connections on, round robin over backends that
  /// answer. Port 6443 goes to a backend's API server.
  ///
  /// @param id of the resource that it belongs to
  /// @param names what clients call the endpoint: the load balancer's name or addresses
  public Fabric listener(String id, Collection<String> names, int port, List<Backend> backends) {
    ObjectNode inputs = Json.object();
    inputs.put("key", id).put("address", names.isEmpty() ? "" : names.iterator().next());
    inputs.put("twin", endpointTwin()).put("port", port);
    ArrayNode called = inputs.putArray("names");
    names.stream().filter(n -> !n.isEmpty()).forEach(called::add);
    called.add(spec().fqdn());
    if (spec().target().endpoint().host() != null) {
      called.add(spec().target().endpoint().host());
    }
    ArrayNode list = inputs.putArray("backends");
    backends.forEach(b -> list.add(b.address()));
    if (!backends.isEmpty()) {
      inputs.put("targetPort", backends.getFirst().port());
    }
    if (port == LocalPlan.API_PORT && !healthDelay.isZero()) {
      inputs.put("healthyMillis", healthDelay.toMillis());
    }
    if (scenario.unhealthy(port)) {
      inputs.put("unhealthy", true);
    }
    return new Fabric(LocalPlan.LOAD_BALANCER, inputs);
  }
}
