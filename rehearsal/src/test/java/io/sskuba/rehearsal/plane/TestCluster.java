package io.sskuba.rehearsal.plane;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Topology;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.machineconfig.MachineConfigRenderer;
import io.sskuba.machineconfig.RenderInput;
import io.sskuba.net.AddressMap;
import io.sskuba.pki.Kubeconfigs;
import io.sskuba.pki.LeafCertificates;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import io.sskuba.rehearsal.kubelet.KubeletSpec;
import io.sskuba.rehearsal.kubelet.Kubelets;
import io.sskuba.rehearsal.machine.MachineConfigView;
import io.sskuba.rehearsal.machine.MachineIdentity;
import io.sskuba.rehearsal.machine.NodeServices;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.testkit.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// A cluster of control planes with real processes on loopback addresses of a test's own.
final class TestCluster implements AutoCloseable {
  static final TimeSource TIME = TimeSource.system();
  private static final Duration CALL = Duration.ofSeconds(10);
  final Path folder;
  final Path memory;
  final SecretsBundle secrets;
  final Topology topology;
  final Map<String, String> configs;
  final List<PlaneServices> machines = new ArrayList<>();
  final RecordingKubelets recorded = new RecordingKubelets();
  private final Kubelets kubelets;
  final LoadBalancer balancer;
  final String endpointTwin;
  private final Map<String, Path> binaries = new LinkedHashMap<>();
  private final TlsClient admin;
  private final Path kubeconfig;

  /// @param net for example `127.205.1`
  TestCluster(String net, int count) throws Exception {
    this(net, count, null);
  }

  /// @param given null for kubelets that only note what they were told
  TestCluster(String net, int count, @Nullable Kubelets given) throws Exception {
    kubelets = given == null ? recorded : given;
    for (String program : PlaneServices.PROGRAMS) {
      binaries.put(program, Peers.require(program));
    }
    folder = Files.createTempDirectory("plane-it-");
    memory = AtomicFiles.privateFolder(Path.of("/dev/shm").resolve(folder.getFileName()));
    endpointTwin = net + ".1";
    String address = net.replaceFirst("127", "10");
    Map<String, String> twins = new LinkedHashMap<>();
    twins.put(address + ".1", endpointTwin);
    List<Topology.Machine> nodes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String own = address + "." + (i + 2);
      twins.put(own, net + "." + (i + 2));
      nodes.add(
          new Topology.Machine(
              "demo-control-plane-" + (i + 1), true, "control-plane", own, "amd64", null));
    }
    topology = new Topology(address + ".1", 6443, List.of(), nodes, new AddressMap(twins));
    secrets = SecretsBundleFactory.generate(TIME, RandomSource.system());
    configs =
        MachineConfigRenderer.render(
                new RenderInput(
                    spec(count),
                    secrets,
                    topology,
                    TIME.now(),
                    RandomSource.system(),
                    RenderInput.Values.NONE))
            .machines();
    for (Topology.Machine node : nodes) {
      machines.add(services(node));
    }
    balancer = LoadBalancer.open(endpointTwin, 6443, this::backends);
    LeafCertificates leaves = new LeafCertificates(secrets, TIME, RandomSource.system());
    SecretsBundle.CertAndKey client = leaves.admin(Duration.ofHours(1));
    admin = new TlsClient(PlaneFiles.context(secrets.kubernetes().certificate(), client));
    kubeconfig = memory.resolve("kubeconfig");
    AtomicFiles.writeString(
        kubeconfig,
        Kubeconfigs.admin(
            "demo",
            "https://" + endpointTwin + ":6443",
            secrets.kubernetes().certificate(),
            client));
  }

  private PlaneServices services(Topology.Machine node) throws IOException {
    MachineIdentity identity =
        new MachineIdentity(
            node.name(),
            node.address(),
            topology.addresses().twin(node.address()),
            "4c4c4544-0000-2010-8020-80c04f202020",
            "metal",
            "amd64",
            "v1.13.9",
            AtomicFiles.privateFolder(folder.resolve(node.name())),
            AtomicFiles.privateFolder(memory.resolve(node.name().replaceAll("\\D", ""))));
    return new PlaneServices(
        identity,
        topology::addresses,
        binaries,
        kubelets,
        this::peers,
        TIME,
        RandomSource.system());
  }

  private List<PlaneCluster.Peer> peers() {
    return topology.controlPlanes().stream()
        .map(
            m ->
                new PlaneCluster.Peer(
                    m.name(), m.address(), topology.addresses().twin(m.address())))
        .toList();
  }

  private List<LoadBalancer.Backend> backends() {
    List<LoadBalancer.Backend> backends = new ArrayList<>();
    for (int i = 0; i < machines.size(); i++) {
      backends.add(
          new LoadBalancer.Backend(
              peers().get(i).twin(), machines.get(i).apiPort(), machines.get(i).apiReady()));
    }
    return backends;
  }

  MachineConfigView view(int machine) {
    String yaml = configs.get(topology.machines().get(machine).name());
    if (yaml == null) {
      throw new AssertionError("no config");
    }
    return MachineConfigView.parse(yaml);
  }

  String twin(int machine) {
    return peers().get(machine).twin();
  }

  Path disk(int machine) {
    return folder.resolve(topology.machines().get(machine).name());
  }

  /// Starts all, bootstraps the first, and waits until all API servers are ready.
  void up() throws Exception {
    for (int i = 0; i < machines.size(); i++) {
      machines.get(i).start(view(i));
    }
    machines.getFirst().bootstrap();
    for (PlaneServices machine : machines) {
      await("API server ready", 60, machine::apiReady);
    }
  }

  void await(String what, int seconds, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(what + ": not within " + seconds + " s; " + states());
      }
      TIME.sleep(Duration.ofMillis(20));
    }
  }

  private String states() {
    StringBuilder text = new StringBuilder();
    for (PlaneServices machine : machines) {
      machine
          .services()
          .forEach(
              s ->
                  text.append(s.id())
                      .append(' ')
                      .append(s.state())
                      .append(": ")
                      .append(s.lastMessage())
                      .append('\n'));
      text.append(machine.problem()).append(machine.pids()).append('\n');
    }
    return text.toString();
  }

  /// A call as administrator, through the load balancer.
  TlsClient.Reply call(String method, String path, @Nullable String json) throws IOException {
    String type = method.equals("PATCH") ? "application/merge-patch+json" : "application/json";
    return admin.call(method, endpointTwin, 6443, path, json == null ? null : type, json, CALL);
  }

  JsonNode get(String path) throws IOException {
    TlsClient.Reply reply = call("GET", path, null);
    if (reply.code() != 200) {
      throw new AssertionError(path + ": " + reply);
    }
    return Json.parse(reply.body());
  }

  /// Output of the real kubectl.
  String kubectl(@Nullable String input, String... arguments) throws Exception {
    List<String> line = new ArrayList<>();
    line.add(Peers.require("kubectl").toString());
    line.addAll(List.of("--kubeconfig", kubeconfig.toString(), "--cache-dir"));
    line.add(folder.resolve("kubectl-cache").toString());
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().clear();
    Process process = builder.start();
    try {
      if (input != null) {
        process.getOutputStream().write(input.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      }
      process.getOutputStream().close();
      String out =
          new String(
              process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      return process.waitFor() + "\n" + out;
    } finally {
      process.destroyForcibly();
    }
  }

  /// The member of etcd that a machine runs, as administrator.
  EtcdClient etcd(int machine) {
    return new EtcdClient(etcdTls(), twin(machine));
  }

  TlsClient etcdTls() {
    LeafCertificates leaves = new LeafCertificates(secrets, TIME, RandomSource.system());
    return new TlsClient(
        PlaneFiles.context(secrets.etcd().certificate(), leaves.etcdClient("root")));
  }

  @Override
  public void close() throws Exception {
    try {
      for (PlaneServices machine : machines) {
        machine.stop();
      }
    } finally {
      kubelets.close();
      balancer.close();
      for (int i = 0; i < machines.size(); i++) {
        StrayProcesses.kill(
            memory.resolve(topology.machines().get(i).name().replaceAll("\\D", "")));
      }
      AtomicFiles.deleteTree(folder);
      AtomicFiles.deleteTree(memory);
    }
  }

  static final class RecordingKubelets implements Kubelets {
    final Map<String, KubeletSpec> started = new java.util.concurrent.ConcurrentHashMap<>();

    @Override
    public void start(KubeletSpec spec) {
      started.put(spec.nodeName(), spec);
    }

    @Override
    public void stop(String nodeName) {
      started.remove(nodeName);
    }

    @Override
    public NodeServices.ServiceState service(String nodeName) {
      return new NodeServices.ServiceState(
          "kubelet", "Waiting", false, true, "", TIME.now(), List.of());
    }

    @Override
    public void close() {}
  }

  private static ClusterSpec spec(int count) {
    ClusterSpec.Pool pool =
        new ClusterSpec.Pool(
            "control-plane",
            count,
            List.of(),
            Map.of(),
            List.of(),
            null,
            List.of(),
            List.of(),
            null,
            null,
            List.of(),
            null,
            null,
            "amd64");
    ClusterSpec.Pool workers =
        new ClusterSpec.Pool(
            "general", 1, List.of(), Map.of(), List.of(), null, List.of(), List.of(), null, null,
            List.of(), null, null, "amd64");
    return new ClusterSpec(
        new ClusterSpec.Metadata(
            "demo", "example.internal", "organization", "sskuba", null, Map.of()),
        new ClusterSpec.Lifetime(Duration.ofHours(8)),
        new ClusterSpec.Versions("v1.13.9", "v1.36.3"),
        new ClusterSpec.Target(
            ClusterSpec.Provider.LOCAL,
            pool,
            List.of(workers),
            false,
            ClusterSpec.Delivery.API,
            new ClusterSpec.Network(
                null, "10.244.0.0/16", "10.96.0.0/12", List.of(), null, null, List.of(), null),
            new ClusterSpec.Endpoint("public", null, null),
            new ClusterSpec.ProviderSettings.None()),
        null,
        new ClusterSpec.Sealing(List.of()),
        List.of(),
        new ClusterSpec.Access(null, null),
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }
}
