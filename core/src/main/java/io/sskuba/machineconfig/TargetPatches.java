package io.sskuba.machineconfig;

import static io.sskuba.machineconfig.Docs.document;
import static io.sskuba.machineconfig.Docs.map;

import io.sskuba.infra.Topology;
import io.sskuba.io.Yaml;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.MachineAddress;
import io.sskuba.spec.ClusterSpec.Pool;
import io.sskuba.spec.ClusterSpec.Taint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the cluster file and its target ask of a machine beyond Talos's defaults, each a named
/// patch.
final class TargetPatches {
  /// Client limits of the controller-manager and the scheduler on this machine: Kubernetes's own
  /// cost five seconds of a local `apply`.
  private static final String LOCAL_QPS = "500";

  private static final String LOCAL_BURST = "1000";

  /// Alias of the first Ethernet device: a file names no device, and Talos names none alike.
  private static final String LINK = "cluster0";

  private static final String ETHERNET = "link.type == 1 && link.kind == \"\"";

  /// What stands where `apply` would put a secret value.
  static final String PLACEHOLDER = "SSKUBA-PLACEHOLDER:";

  private final RenderInput input;
  private final ClusterSpec spec;
  private final Topology topology;

  TargetPatches(RenderInput input) {
    this.input = input;
    this.spec = input.spec();
    this.topology = input.topology();
  }

  /// The same for every machine of a role and pool.
  List<NamedPatch> pool(Pool pool) {
    List<NamedPatch> patches = new ArrayList<>();
    add(patches, networkRanges());
    if (pool.isControlPlane()) {
      add(patches, twinsOfControlPlane());
      add(patches, clientLimits());
      add(patches, virtualAddress());
      add(patches, workloadsOnControlPlane());
      add(patches, runtimeClass());
    }
    add(patches, labels(pool));
    add(patches, taints(pool));
    if (pool.gpu() != null) {
      patches.addAll(gpu());
    }
    add(patches, registryLogin());
    add(patches, trustedRoots());
    add(patches, proxy());
    return patches;
  }

  /// What one machine has for itself.
  List<NamedPatch> machine(Topology.Machine machine, Pool pool) {
    List<NamedPatch> patches = new ArrayList<>();
    patches.add(
        new NamedPatch(
            "target/hostname",
            "Hostname",
            "The machine's name in the cluster file's terms is its hostname and node name.",
            Yaml.dump(document("HostnameConfig", "auto", "off", "hostname", machine.name()))));
    add(patches, install(machine, pool));
    add(patches, staticAddress(machine, pool));
    if (!machine.controlPlane()) {
      add(patches, twinOfWorker(machine));
    }
    return patches;
  }

  private static void add(List<NamedPatch> patches, @Nullable NamedPatch patch) {
    if (patch != null) {
      patches.add(patch);
    }
  }

  private @Nullable NamedPatch networkRanges() {
    String pods = spec.target().network().podCidr();
    String services = spec.target().network().serviceCidr();
    if (pods.equals("10.244.0.0/16") && services.equals("10.96.0.0/12")) {
      return null;
    }
    return new NamedPatch(
        "target/network-ranges",
        "Pod and service ranges",
        "The cluster file's podCidr and serviceCidr.",
        Yaml.dump(
            map(
                "cluster",
                map(
                    "network",
                    map("podSubnets", List.of(pods), "serviceSubnets", List.of(services))))));
  }

  private @Nullable NamedPatch twinsOfControlPlane() {
    Set<String> twins = new LinkedHashSet<>();
    addTwin(twins, topology.endpointHost());
    topology.controlPlanes().forEach(m -> addTwin(twins, m.address()));
    if (twins.isEmpty()) {
      return null;
    }
    List<String> sans = List.copyOf(twins);
    return new NamedPatch(
        "target/loopback-twins",
        "Loopback twins in certificates",
        "On this machine a process binds the loopback twin of its address, and clients dial that.",
        Yaml.dump(
            map(
                "machine",
                map("certSANs", sans),
                "cluster",
                map("apiServer", map("certSANs", sans)))));
  }

  private @Nullable NamedPatch twinOfWorker(Topology.Machine machine) {
    Set<String> twins = new LinkedHashSet<>();
    addTwin(twins, machine.address());
    if (twins.isEmpty()) {
      return null;
    }
    return new NamedPatch(
        "target/loopback-twin",
        "Loopback twin in certificates",
        "On this machine a process binds the loopback twin of its address, and clients dial that.",
        Yaml.dump(map("machine", map("certSANs", List.copyOf(twins)))));
  }

  private void addTwin(Set<String> twins, String address) {
    String twin = topology.addresses().twin(address);
    if (!twin.equals(address)) {
      twins.add(twin);
    }
  }

  private @Nullable NamedPatch clientLimits() {
    if (spec.target().provider() != ClusterSpec.Provider.LOCAL
        && topology.addresses().twins().isEmpty()) {
      return null;
    }
    Map<String, Object> flags =
        map("extraArgs", map("kube-api-qps", LOCAL_QPS, "kube-api-burst", LOCAL_BURST));
    Map<String, Object> scheduler = new LinkedHashMap<>(flags);
    // Talos starts the scheduler with a configuration file, which makes it ignore the flags.
    scheduler.put(
        "config",
        map(
            "apiVersion",
            "kubescheduler.config.k8s.io/v1",
            "kind",
            "KubeSchedulerConfiguration",
            "clientConnection",
            map("qps", Integer.valueOf(LOCAL_QPS), "burst", Integer.valueOf(LOCAL_BURST))));
    return new NamedPatch(
        "target/client-limits",
        "Higher client limits of controller-manager and scheduler",
        "Their default rate limits cost five seconds of a local apply, and protect nothing here.",
        Yaml.dump(map("cluster", map("controllerManager", flags, "scheduler", scheduler))));
  }

  private @Nullable NamedPatch virtualAddress() {
    String address = spec.target().endpoint().virtualAddress();
    boolean ours =
        spec.target().provider() == ClusterSpec.Provider.METAL
            || (spec.target().provider() == ClusterSpec.Provider.VSPHERE
                && !(spec.target().settings()
                        instanceof ClusterSpec.ProviderSettings.Vsphere vsphere
                    && vsphere.bigip() != null));
    if (address == null || !ours) {
      return null;
    }
    return new NamedPatch(
        "target/virtual-address",
        "Virtual address of the Kubernetes API",
        "The control planes share endpoint.virtualAddress: one of them answers for it at a time.",
        Yaml.dumpAll(
            List.of(linkAlias(), document("Layer2VIPConfig", "name", address, "link", LINK))));
  }

  private static Map<String, Object> linkAlias() {
    return document("LinkAliasConfig", "name", "cluster%d", "selector", map("match", ETHERNET));
  }

  private @Nullable NamedPatch staticAddress(Topology.Machine machine, Pool pool) {
    String cidr = spec.target().network().cidr();
    if (spec.target().provider() != ClusterSpec.Provider.VSPHERE
        || cidr == null
        || !pool.addresses().contains(machine.address())) {
      return null;
    }
    String prefix = cidr.substring(cidr.indexOf('/'));
    String gateway = spec.target().network().gateway();
    List<Map<String, Object>> documents = new ArrayList<>();
    documents.add(linkAlias());
    documents.add(
        document(
            "LinkConfig",
            "name",
            LINK,
            "up",
            true,
            "addresses",
            List.of(map("address", machine.address() + prefix)),
            "routes",
            gateway == null ? null : List.of(map("gateway", gateway))));
    List<String> nameservers = spec.target().network().nameservers();
    if (!nameservers.isEmpty()) {
      documents.add(
          document(
              "ResolverConfig",
              "nameservers",
              nameservers.stream().map(n -> map("address", n)).toList()));
    }
    return new NamedPatch(
        "target/static-address",
        "Static address",
        "The pool's addresses[] instead of DHCP.",
        Yaml.dumpAll(documents));
  }

  private @Nullable NamedPatch workloadsOnControlPlane() {
    return !spec.target().controlPlaneTakesWorkloads()
        ? null
        : new NamedPatch(
            "target/workloads-on-control-plane",
            "Workloads on the control plane",
            "There is no worker, so the control plane takes workloads.",
            Yaml.dump(map("cluster", map("allowSchedulingOnControlPlanes", true))));
  }

  private static @Nullable NamedPatch labels(Pool pool) {
    return pool.labels().isEmpty()
        ? null
        : new NamedPatch(
            "target/labels",
            "Node labels",
            "The pool's labels.",
            Yaml.dump(map("machine", map("nodeLabels", new java.util.TreeMap<>(pool.labels())))));
  }

  private static @Nullable NamedPatch taints(Pool pool) {
    if (pool.taints().isEmpty()) {
      return null;
    }
    Map<String, Object> taints = new LinkedHashMap<>();
    for (Taint taint : pool.taints()) {
      taints.put(
          taint.key(),
          taint.value().isEmpty() ? ":" + taint.effect() : taint.value() + ":" + taint.effect());
    }
    return new NamedPatch(
        "target/taints",
        "Node taints",
        "The pool's taints.",
        Yaml.dump(map("machine", map("nodeTaints", taints))));
  }

  private static List<NamedPatch> gpu() {
    List<Map<String, Object>> modules =
        java.util.stream.Stream.of("nvidia", "nvidia_uvm", "nvidia_drm", "nvidia_modeset")
            .map(name -> map("name", name))
            .toList();
    String runtime =
        """
        [plugins]
          [plugins."io.containerd.cri.v1.runtime"]
            [plugins."io.containerd.cri.v1.runtime".containerd]
              default_runtime_name = "nvidia"
        """;
    return List.of(
        new NamedPatch(
            "target/gpu-kernel",
            "NVIDIA kernel modules",
            "The modules of the NVIDIA extensions in the machine's image; they need the BPF"
                + " hardening one step lower than Talos sets it.",
            Yaml.dump(
                map(
                    "machine",
                    map(
                        "kernel",
                        map("modules", modules),
                        "sysctls",
                        map("net.core.bpf_jit_harden", "1"))))),
        new NamedPatch(
            "target/gpu-labels",
            "GPU node labels",
            "Workloads and the platform's GPU components find the nodes by them.",
            Yaml.dump(
                map(
                    "machine",
                    map(
                        "nodeLabels",
                        map("sskuba.io/gpu", "nvidia", "nvidia.com/gpu.present", "true"))))),
        new NamedPatch(
            "target/gpu-runtime",
            "NVIDIA container runtime",
            "containerd starts containers of this node by the NVIDIA runtime unless told otherwise.",
            Yaml.dump(
                map(
                    "machine",
                    map(
                        "files",
                        List.of(
                            map(
                                "content",
                                runtime,
                                "permissions",
                                0,
                                "path",
                                "/etc/cri/conf.d/20-customization.part",
                                "op",
                                "create")))))));
  }

  private @Nullable NamedPatch runtimeClass() {
    if (spec.target().workers().stream().noneMatch(p -> p.gpu() != null)
        && spec.target().controlPlane().gpu() == null) {
      return null;
    }
    String manifest =
        Yaml.dump(
            map(
                "apiVersion",
                "node.k8s.io/v1",
                "kind",
                "RuntimeClass",
                "metadata",
                map("name", "nvidia"),
                "handler",
                "nvidia"));
    return new NamedPatch(
        "target/gpu-runtime-class",
        "RuntimeClass nvidia",
        "A pool has GPUs: pods ask for them by runtimeClassName nvidia.",
        Yaml.dump(
            map(
                "cluster",
                map(
                    "inlineManifests",
                    List.of(map("name", "nvidia-runtime-class", "contents", manifest))))));
  }

  private @Nullable NamedPatch install(Topology.Machine machine, Pool pool) {
    Optional<MachineAddress> given =
        pool.machines().stream().filter(m -> m.address().equals(machine.address())).findFirst();
    String disk = given.map(MachineAddress::disk).orElse(null);
    String device = disk != null ? disk : pool.diskDevice();
    var overlay = given.map(MachineAddress::overlay).orElse(null);
    if (device == null && overlay == null) {
      return null;
    }
    return new NamedPatch(
        "target/install",
        "Install disk and image",
        "The machine's disk; a board with an overlay installs by an image that carries it.",
        Yaml.dump(
            map(
                "machine",
                map(
                    "install",
                    map("disk", device, "image", overlay == null ? null : overlay.image())))));
  }

  private @Nullable NamedPatch registryLogin() {
    var registry = spec.registry();
    String host = registry == null ? null : registry.host();
    if (registry == null || host == null || registry.credentials() == null) {
      return null;
    }
    String username = input.values().registryUsername();
    String password = input.values().registryPassword();
    return new NamedPatch(
        "target/registry-login",
        "Registry credentials",
        "registry.credentials, for containerd on every machine.",
        Yaml.dump(
            document(
                "RegistryAuthConfig",
                "name",
                host,
                "username",
                username != null ? username : PLACEHOLDER + "registry.credentials.username",
                "password",
                password != null ? password : PLACEHOLDER + "registry.credentials.password")));
  }

  private @Nullable NamedPatch trustedRoots() {
    if (spec.trustBundle() == null) {
      return null;
    }
    String pem = input.values().trustBundle();
    return new NamedPatch(
        "target/trusted-roots",
        "Trusted certificate authorities",
        "trust.bundle, beside the public authorities that Talos trusts.",
        Yaml.dump(
            document(
                "TrustedRootsConfig",
                "name",
                "organisation",
                "certificates",
                pem != null ? pem : PLACEHOLDER + "trust.bundle")));
  }

  private @Nullable NamedPatch proxy() {
    ClusterSpec.Proxy proxy = spec.proxy();
    if (proxy == null || (proxy.http() == null && proxy.https() == null)) {
      return null;
    }
    Set<String> direct = new LinkedHashSet<>(proxy.no());
    direct.addAll(List.of("localhost", "127.0.0.1", "::1", ".svc", ".cluster.local"));
    direct.add(spec.target().network().podCidr());
    direct.add(spec.target().network().serviceCidr());
    if (spec.target().network().cidr() != null) {
      direct.add(spec.target().network().cidr());
    }
    direct.add(topology.endpointHost());
    return new NamedPatch(
        "target/proxy",
        "Egress proxy",
        "proxy, for every service of the machine; what the cluster itself serves is dialled directly.",
        Yaml.dump(
            document(
                "EnvironmentConfig",
                "variables",
                map(
                    "http_proxy",
                    proxy.http(),
                    "https_proxy",
                    proxy.https(),
                    "no_proxy",
                    String.join(",", direct)))));
  }
}
