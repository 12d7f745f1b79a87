package io.sskuba.infra.docker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.MachineOutputs;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.infra.UserData;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.io.Json;
import io.sskuba.net.AddressMap;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The `docker` target as data: a network, the Talos image, and a container a machine, as `talosctl
/// cluster create docker` makes them.
/// - Addresses: host 1 of the network is Docker's own gateway; machines have fixed addresses from
///   host 2 on, by the indexes of the allotment, so that a machine keeps its address when others
///   come or go.
/// - What is published: nothing but on loopback. The Talos API of each machine at its own port
///   ([#TALOS_PORT_FIRST] and up), the Kubernetes API of the first control plane at 6443, the
///   file's `hostPorts` on the first machine that takes workloads. Where several clusters run
///   beside one another, the allotment gives each a loopback address of its own ([#LOOPBACK]).
/// - Labels of containers cannot be changed in Docker: only those that never change stand on them.
///   Owner, expiry and the file's labels stand on a volume that is there for nothing else.
/// - Source: talos v1.13.9, pkg/provision/providers/docker/{node,network}.go.
public final class DockerTarget implements Target {
  public static final String NETWORK = "docker:index/network:Network";
  public static final String IMAGE = "docker:index/remoteImage:RemoteImage";
  public static final String VOLUME = "docker:index/volume:Volume";
  public static final String CONTAINER = "docker:index/container:Container";

  /// Facts of [Choices]: the loopback address that ports are published on, and the network where
  /// the file names none.
  public static final String LOOPBACK = "docker.loopback";

  public static final String CIDR = "docker.cidr";

  /// Key of the allotment: machine name to its place in the network.
  public static final String INDEXES = "indexes";

  static final String DEFAULT_CIDR = "10.5.0.0/24";
  static final int TALOS_PORT_FIRST = 50000;
  private static final int API_PORT = 6443;
  private static final int TALOS_PORT = 50000;
  private static final int MTU = 1500;
  private static final String IMAGE_NAME = "image";
  private static final String NETWORK_NAME = "network";

  /// Tags that stay as they are for as long as a container lives.
  private static final Set<String> LASTING =
      Set.of(
          ResourceTags.CLUSTER,
          ResourceTags.CLUSTER_ID,
          ResourceTags.KEY,
          ResourceTags.REHEARSAL,
          ResourceTags.RUN);

  @Override
  public ClusterSpec.Provider provider() {
    return ClusterSpec.Provider.DOCKER;
  }

  @Override
  public Map<String, String> providerVersions() {
    return Map.of("docker", "5.2.0");
  }

  @Override
  public Map<String, String> stackConfig(ClusterSpec spec) {
    return Map.of();
  }

  /// Machines keep their addresses when others come and go.
  @Override
  public ObjectNode allotment(ClusterSpec spec, ObjectNode before, Choices choices) {
    ObjectNode allotment = Json.object();
    ObjectNode indexes = allotment.putObject(INDEXES);
    indexes(spec, before, choices).forEach(indexes::put);
    allotment.set(Choices.KEY, choices.toJson());
    return allotment;
  }

  @Override
  public InfraPlan plan(Platform.Cluster cluster) {
    List<Resource> resources = new ArrayList<>();
    resources.add(tags(cluster));
    resources.add(network(cluster));
    resources.add(image(cluster));
    Map<String, Object> machines = new LinkedHashMap<>();
    Map<String, Integer> indexes = indexes(cluster);
    for (Slot slot : Target.machines(cluster.spec())) {
      int index = indexes.getOrDefault(slot.name(), 0);
      resources.add(machine(cluster, slot, index));
      machines.put(
          slot.name(),
          Map.of(
              "id",
              new Ref(slot.name(), "id"),
              "address",
              address(cluster, index),
              "door",
              loopback(cluster) + ":" + (TALOS_PORT_FIRST + index)));
    }
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("endpoint", endpoint(cluster, indexes));
    outputs.put("machines", machines);
    return new InfraPlan(resources, outputs);
  }

  private static Resource tags(Platform.Cluster cluster) {
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("name", "sskuba-" + cluster.clusterId());
    inputs.put("labels", labels(cluster.tags().of(cluster.tags().key("tags"))));
    return new Resource(VOLUME, "tags", inputs, List.of());
  }

  private static Resource network(Platform.Cluster cluster) {
    LocalNetwork network = addresses(cluster);
    Map<String, Object> ipam = new LinkedHashMap<>();
    ipam.put("subnet", network.cidr());
    ipam.put("gateway", network.address(1));
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("name", cluster.key());
    inputs.put("driver", "bridge");
    inputs.put("ipamConfigs", List.of(ipam));
    inputs.put("options", Map.of("com.docker.network.driver.mtu", String.valueOf(MTU)));
    inputs.put("labels", labels(lasting(cluster, NETWORK_NAME)));
    return new Resource(NETWORK, NETWORK_NAME, inputs, List.of());
  }

  /// Kept when the cluster goes: other clusters use it too.
  private static Resource image(Platform.Cluster cluster) {
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("name", "ghcr.io/siderolabs/talos:" + cluster.spec().versions().talos());
    inputs.put("keepLocally", true);
    return new Resource(IMAGE, IMAGE_NAME, inputs, List.of());
  }

  private static Resource machine(Platform.Cluster cluster, Slot slot, int index) {
    ClusterSpec.Pool pool = slot.pool();
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("name", containerName(cluster, slot.name()));
    inputs.put("hostname", slot.name());
    inputs.put("image", new Ref(IMAGE_NAME, "imageId"));
    inputs.put("privileged", true);
    inputs.put("securityOpts", List.of("seccomp:unconfined"));
    inputs.put("readOnly", true);
    inputs.put("sysctls", Map.of("net.ipv6.conf.all.disable_ipv6", "0"));
    inputs.put("envs", environment(cluster, slot));
    inputs.put("mounts", mounts());
    inputs.put(
        "networksAdvanced",
        List.of(
            Map.of("name", new Ref(NETWORK_NAME, "name"), "ipv4Address", address(cluster, index))));
    inputs.put("ports", ports(cluster, slot, index));
    if (pool.cpus() != null) {
      inputs.put("cpus", String.valueOf(pool.cpus()));
    }
    if (pool.memoryGiB() != null) {
      inputs.put("memory", pool.memoryGiB() * 1024);
    }
    // The machine comes back with Docker, unless somebody stopped it.
    inputs.put("restart", "unless-stopped");
    inputs.put("removeVolumes", true);
    inputs.put("labels", labels(lasting(cluster, slot.name())));
    return new Resource(CONTAINER, slot.name(), inputs, List.of());
  }

  private static List<Object> environment(Platform.Cluster cluster, Slot slot) {
    List<Object> env = new ArrayList<>();
    env.add("PLATFORM=container");
    ClusterSpec.Pool pool = slot.pool();
    if (pool.cpus() != null && pool.memoryGiB() != null) {
      env.add("TALOSSKU=" + pool.cpus() + "CPU-" + pool.memoryGiB() * 1024 + "RAM");
    }
    if (cluster.spec().target().delivery() == ClusterSpec.Delivery.USER_DATA) {
      env.add(UserData.of(slot.name(), "USERDATA="));
    }
    return env;
  }

  /// What Talos writes to on a root file system that is read-only.
  private static List<Object> mounts() {
    List<Object> mounts = new ArrayList<>();
    for (String target : List.of("/run", "/system", "/tmp")) {
      mounts.add(Map.of("type", "tmpfs", "target", target));
    }
    for (String target :
        List.of(
            "/var",
            "/system/state",
            "/etc/cni",
            "/etc/kubernetes",
            "/usr/libexec/kubernetes",
            "/opt")) {
      mounts.add(Map.of("type", "volume", "target", target));
    }
    return mounts;
  }

  private static List<Object> ports(Platform.Cluster cluster, Slot slot, int index) {
    String loopback = loopback(cluster);
    List<Object> ports = new ArrayList<>();
    ports.add(port(loopback, TALOS_PORT_FIRST + index, TALOS_PORT));
    if (slot.pool().isControlPlane() && slot.index() == 0) {
      ports.add(port(loopback, API_PORT, API_PORT));
    }
    if (takesIngress(cluster.spec(), slot)
        && cluster.spec().target().settings() instanceof ProviderSettings.Docker docker) {
      docker.hostPorts().forEach(port -> ports.add(port(loopback, port, port)));
    }
    return ports;
  }

  private static Map<String, Object> port(String address, int external, int internal) {
    return Map.of("ip", address, "external", external, "internal", internal, "protocol", "tcp");
  }

  /// The first machine that takes workloads.
  private static boolean takesIngress(ClusterSpec spec, Slot slot) {
    return Target.machines(spec).stream()
        .filter(m -> m.pool().isControlPlane() == spec.target().controlPlaneTakesWorkloads())
        .findFirst()
        .map(m -> m.name().equals(slot.name()))
        .orElse(false);
  }

  private static Map<String, Object> lasting(Platform.Cluster cluster, String name) {
    Map<String, Object> tags = new TreeMap<>(cluster.tags().of(cluster.tags().key(name)));
    tags.keySet().retainAll(LASTING);
    return tags;
  }

  private static List<Object> labels(Map<String, Object> tags) {
    List<Object> labels = new ArrayList<>();
    tags.forEach((label, value) -> labels.add(Map.of("label", label, "value", value)));
    return labels;
  }

  /// A rehearsal's containers stand beside those of the cluster that it rehearses.
  private static String containerName(Platform.Cluster cluster, String machine) {
    return cluster.tags().rehearsal() ? "rehearsal." + machine : machine;
  }

  private static LocalNetwork addresses(Platform.Cluster cluster) {
    return addresses(cluster.spec(), Choices.of(cluster.allotment()));
  }

  private static LocalNetwork addresses(ClusterSpec spec, Choices choices) {
    String cidr = spec.target().network().cidr();
    return LocalNetwork.of(
        0, cidr != null ? cidr : choices.facts().getOrDefault(CIDR, DEFAULT_CIDR));
  }

  private static String address(Platform.Cluster cluster, int index) {
    return addresses(cluster).address(LocalNetwork.FIRST_MACHINE_HOST + index);
  }

  private static Map<String, Integer> indexes(Platform.Cluster cluster) {
    return indexes(cluster.spec(), cluster.allotment(), Choices.of(cluster.allotment()));
  }

  private static Map<String, Integer> indexes(
      ClusterSpec spec, ObjectNode allotment, Choices choices) {
    Map<String, Integer> known = new LinkedHashMap<>();
    allotment.path(INDEXES).properties().forEach(e -> known.put(e.getKey(), e.getValue().asInt()));
    return LocalPlan.indexes(spec, addresses(spec, choices), known);
  }

  private static String loopback(Platform.Cluster cluster) {
    return Choices.of(cluster.allotment()).facts().getOrDefault(LOOPBACK, "127.0.0.1");
  }

  private static String endpoint(Platform.Cluster cluster, Map<String, Integer> indexes) {
    return Target.machines(cluster.spec()).stream()
        .filter(m -> m.pool().isControlPlane())
        .findFirst()
        .map(m -> address(cluster, indexes.getOrDefault(m.name(), 0)))
        .orElseThrow();
  }

  /// The endpoint's twin is the loopback address that it is published on: reached where containers'
  /// own addresses are not (Docker's machine on macOS and Windows). A rehearsal publishes nothing:
  /// its machines have twins of their own.
  @Override
  public Topology topology(Platform.Cluster cluster, Map<String, Object> outputs) {
    Map<String, Integer> indexes = indexes(cluster);
    String endpoint = endpoint(cluster, indexes);
    boolean published = !cluster.tags().rehearsal();
    Map<String, String> doors = new LinkedHashMap<>();
    Map<String, Object> machines = new LinkedHashMap<>();
    indexes.forEach(
        (name, index) -> {
          String address = address(cluster, index);
          if (published) {
            doors.put(address, loopback(cluster) + ":" + (TALOS_PORT_FIRST + index));
          }
          machines.put(name, Map.of("address", address));
        });
    return MachineOutputs.topology(
        cluster.spec(),
        Map.of("machines", machines),
        endpoint,
        new AddressMap(
            published ? Map.of(endpoint, loopback(cluster)) : Map.of(), List.of(), doors));
  }
}
