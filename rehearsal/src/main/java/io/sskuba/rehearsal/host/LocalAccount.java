package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.net.AddressMap;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.kubelet.SimKubelets;
import io.sskuba.rehearsal.machine.MachineConfigView;
import io.sskuba.rehearsal.machine.MachineNetwork;
import io.sskuba.rehearsal.machine.MachineStore;
import io.sskuba.rehearsal.plane.LoadBalancer;
import io.sskuba.rehearsal.plane.PlaneCluster;
import io.sskuba.rehearsal.plane.StrayProcesses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The resources of one local cluster: its network, load balancer and simulated machines.
///
/// Everything is in memory: a dead host has nothing, and what its machines kept (disks, and
/// configurations in the memory-backed folder) is found again when they are created anew.
final class LocalAccount implements HostAccount {
  private static final int TALOS_PORT = 50000;
  private static final int CONFIGS_MAX = 100_000;

  private final HostSettings settings;
  private final TimeSource time;
  private final RandomSource random = RandomSource.system();
  private final Consumer<String> log;
  private final MachineNetwork network = new MachineNetwork(AddressMap.IDENTITY);
  private final SimKubelets kubelets;
  private final Map<String, ObjectNode> plain = new ConcurrentHashMap<>();
  private final Map<String, Balancer> balancers = new ConcurrentHashMap<>();
  private final Map<String, LocalMachine> machines = new ConcurrentHashMap<>();
  private final Map<String, Boolean> announced = new ConcurrentHashMap<>();

  private final KubeView kube = new KubeView(this::admin, this::sorted);

  private record Balancer(LoadBalancer proxy, ObjectNode outputs) {}

  private LocalAccount(HostSettings settings, TimeSource time, Consumer<String> log) {
    this.settings = settings;
    this.time = time;
    this.log = log;
    this.kubelets = new SimKubelets(time, random);
  }

  /// An account with nothing in it. Processes that a dead host left behind are ended first.
  static LocalAccount open(HostSettings settings, TimeSource time, Consumer<String> log)
      throws IOException {
    killStrays(settings.runtime(), log);
    return new LocalAccount(settings, time, log);
  }

  /// Ends what machines of a dead host still run.
  static void killStrays(Path runtime, Consumer<String> log) throws IOException {
    Path folders = runtime.resolve("m");
    if (!Files.isDirectory(folders)) {
      return;
    }
    try (Stream<Path> memories = Files.list(folders)) {
      for (Path memory : memories.toList()) {
        for (String name : StrayProcesses.kill(memory)) {
          log.accept("ended " + name + " of a host that died");
        }
      }
    }
  }

  @Override
  public ObjectNode create(String type, String id, JsonNode inputs) throws IOException {
    switch (type) {
      case LocalPlan.HOST -> {
        plain.put(id, copy(inputs));
        return copy(inputs);
      }
      case LocalPlan.NETWORK -> {
        String cidr = inputs.path("cidr").asText();
        String twins = inputs.path("twinCidr").asText();
        know(Map.of(), List.of(new AddressMap.Block(cidr, twins)));
        plain.put(id, copy(inputs));
        return copy(inputs);
      }
      case LocalPlan.LOAD_BALANCER -> {
        return balance(id, inputs);
      }
      case LocalPlan.MACHINE -> {
        return machine(id, inputs);
      }
      default -> throw new IOException("no such resource type: " + type);
    }
  }

  private synchronized ObjectNode balance(String id, JsonNode inputs) throws IOException {
    if (!balancers.containsKey(id)) {
      String twin = inputs.path("twin").asText();
      int port = inputs.path("port").asInt();
      refuseTaken(twin, port);
      LoadBalancer proxy = LoadBalancer.open(twin, port, () -> backends(id));
      balancers.put(id, new Balancer(proxy, copy(inputs)));
    }
    knowNames(inputs);
    return copy(inputs);
  }

  /// What connections to a load balancer's port go to: the API servers of its backends that are
  /// control planes, or a port of each backend where the resource names another one.
  private List<LoadBalancer.Backend> backends(String id) {
    @Nullable Balancer balancer = balancers.get(id);
    if (balancer == null || balancer.outputs().path("unhealthy").asBoolean()) {
      return List.of();
    }
    Set<String> named = new HashSet<>();
    balancer.outputs().path("backends").forEach(b -> named.add(b.asText()));
    int port = balancer.outputs().path("targetPort").asInt(LocalPlan.API_PORT);
    Duration checks = Duration.ofMillis(balancer.outputs().path("healthyMillis").asLong(0));
    return sorted().stream()
        .filter(m -> named.contains(m.address()))
        .filter(m -> checks.isZero() || port != LocalPlan.API_PORT || m.plane().apiReadyFor(checks))
        .map(
            m ->
                port == LocalPlan.API_PORT
                    ? new LoadBalancer.Backend(m.twin(), m.plane().apiPort(), m.plane().apiReady())
                    : new LoadBalancer.Backend(m.twin(), port, true))
        .toList();
  }

  /// Names and addresses that mean the resource's twin.
  private void knowNames(JsonNode inputs) {
    Map<String, String> twins = new LinkedHashMap<>();
    String twin = inputs.path("twin").asText();
    inputs.path("names").forEach(name -> twins.put(name.asText(), twin));
    if (!inputs.path("address").asText().isEmpty()) {
      twins.put(inputs.path("address").asText(), twin);
    }
    know(twins, List.of());
  }

  private synchronized void know(Map<String, String> twins, List<AddressMap.Block> blocks) {
    AddressMap known = network.addresses();
    Map<String, String> all = new LinkedHashMap<>(known.twins());
    all.putAll(twins);
    network.addresses(new AddressMap(all, blocks.isEmpty() ? known.blocks() : blocks));
  }

  /// Starts what this cluster has in simulated accounts: machines and ports of a cloud outlive a
  /// host process.
  void restore() throws IOException {
    // A machine that has its configuration dials the endpoint as soon as it is on.
    for (String type : List.of(LocalPlan.LOAD_BALANCER, LocalPlan.MACHINE)) {
      for (Path folder : settings.accounts()) {
        for (CloudResource resource : Account.at(folder).of(settings.clusterId())) {
          if (resource.fabric() != null && resource.fabric().type().equals(type)) {
            create(type, resource.id(), resource.fabric().inputs());
          }
        }
      }
    }
  }

  /// A machine that is on reads its user data when it boots, so one that waits for a config is
  /// switched off and on. The user data itself lies in its memory-backed folder alone.
  private ObjectNode machine(String id, JsonNode given) throws IOException {
    ObjectNode inputs = withoutUserData(given);
    String userData = given.path("userData").asText();
    boolean news =
        !userData.isEmpty()
            && MachineStore.showUserData(memory(settings, inputs.path("twin").asText()), userData);
    if (news) {
      knowEndpoint(given, userData);
    }
    LocalMachine made;
    synchronized (this) {
      made = machines.get(id);
      if (made == null) {
        refuseTaken(inputs.path("twin").asText(), TALOS_PORT);
        made =
            LocalMachine.of(
                settings,
                inputs,
                network,
                new LocalMachine.Surroundings(kubelets, cluster(), this::admits, kube),
                time,
                random,
                log);
        machines.put(id, made);
      }
    }
    knowNames(inputs);
    if (!LocalMachine.neverAnswers(inputs)) {
      if (news && !made.machine().configured()) {
        made.powerOff();
      }
      made.powerOn();
    }
    return inputs;
  }

  private static ObjectNode withoutUserData(JsonNode inputs) {
    return copy(inputs).without(List.of("userData", "endpointHost", "endpointTwin"));
  }

  /// A machine that comes up with its configuration may be on before the load balancer is there to
  /// say what it is called.
  private void knowEndpoint(JsonNode given, String userData) {
    String url = MachineConfigView.parse(userData).string("cluster", "controlPlane", "endpoint");
    String host = url == null ? "" : String.valueOf(URI.create(url).getHost());
    boolean address = host.matches("[0-9.]+") && !host.equals(given.path("endpointHost").asText());
    if (!host.isEmpty() && !address && network.addresses().twin(host).equals(host)) {
      know(Map.of(host, given.path("endpointTwin").asText()), List.of());
    }
  }

  /// The first API server that is ready.
  private Optional<KubeApi> admin() {
    return controlPlanes().map(m -> m.plane().admin()).flatMap(Optional::stream).findFirst();
  }

  private List<LocalMachine> sorted() {
    List<LocalMachine> sorted = new ArrayList<>(machines.values());
    sorted.sort(Comparator.comparing(LocalMachine::name));
    return sorted;
  }

  private boolean admits(String sha256) {
    return announced.containsKey(sha256);
  }

  private PlaneCluster cluster() {
    return new PlaneCluster() {
      @Override
      public List<Peer> controlPlanes() {
        return LocalAccount.this
            .controlPlanes()
            .map(m -> new Peer(m.name(), m.address(), m.twin()))
            .toList();
      }

      @Override
      public Map<String, String> capacity(String machine) {
        return machines.values().stream()
            .filter(m -> m.name().equals(machine))
            .findFirst()
            .map(LocalMachine::capacity)
            .orElse(Map.of());
      }
    };
  }

  private Stream<LocalMachine> controlPlanes() {
    return machines.values().stream()
        .filter(LocalMachine::controlPlane)
        .sorted(Comparator.comparing(LocalMachine::name));
  }

  private static void refuseTaken(String twin, int port) throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(InetAddress.getByName(twin), port));
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.ADDRESS_IN_USE, twin + ":" + port + " is in use by another process")
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  @Override
  public @Nullable ObjectNode read(String type, String id) {
    return switch (type) {
      case LocalPlan.HOST, LocalPlan.NETWORK -> plain.get(id);
      case LocalPlan.LOAD_BALANCER -> {
        @Nullable Balancer balancer = balancers.get(id);
        yield balancer == null ? null : balancer.outputs();
      }
      case LocalPlan.MACHINE -> {
        @Nullable LocalMachine machine = machines.get(id);
        yield machine == null ? null : machine.inputs();
      }
      default -> null;
    };
  }

  @Override
  public ObjectNode update(String type, String id, JsonNode inputs) throws IOException {
    switch (type) {
      case LocalPlan.HOST, LocalPlan.NETWORK -> plain.put(id, copy(inputs));
      case LocalPlan.LOAD_BALANCER ->
          balancers.computeIfPresent(id, (_, b) -> new Balancer(b.proxy(), copy(inputs)));
      case LocalPlan.MACHINE -> {
        @Nullable LocalMachine machine = machines.get(id);
        if (machine != null) {
          machine.inputs(withoutUserData(inputs));
        }
      }
      default -> throw new IOException("no such resource type: " + type);
    }
    return copy(inputs);
  }

  @Override
  public void delete(String type, String id) throws IOException {
    switch (type) {
      case LocalPlan.HOST, LocalPlan.NETWORK -> plain.remove(id);
      case LocalPlan.LOAD_BALANCER -> {
        @Nullable Balancer balancer = balancers.remove(id);
        if (balancer != null) {
          balancer.proxy().close();
        }
      }
      case LocalPlan.MACHINE -> {
        @Nullable LocalMachine machine = machines.get(id);
        if (machine != null) {
          machine.destroy();
          machines.remove(id);
        }
      }
      default -> {}
    }
  }

  @Override
  public void announce(String machine, String sha256) {
    if (announced.size() < CONFIGS_MAX) {
      announced.put(sha256, true);
    }
  }

  @Override
  public ObjectNode inspect() {
    ObjectNode json = Json.object();
    json.put("pid", ProcessHandle.current().pid());
    ArrayNode list = json.putArray("machines");
    ArrayNode components = json.putArray("components");
    List<LocalMachine> sorted = sorted();
    for (LocalMachine machine : sorted) {
      list.add(machine.describe());
    }
    new LocalComponents(sorted, kube.notCalled()).into(components);
    kube.nodesInto(json.putArray("nodes"));
    return json;
  }

  @Override
  public void shutdown() {
    List<Thread> ending =
        machines.values().stream().map(m -> Thread.ofVirtual().start(m::powerOff)).toList();
    try {
      for (Thread thread : ending) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    balancers.values().forEach(b -> b.proxy().close());
    kubelets.close();
    network.close();
  }

  private static ObjectNode copy(JsonNode inputs) {
    return inputs instanceof ObjectNode object ? object.deepCopy() : Json.object();
  }

  /// The folder of one machine's disk.
  static Path disk(HostSettings settings, String machine) {
    return settings.disks().resolve(machine);
  }

  /// The memory-backed folder of one machine: short, since a Unix socket lies in it.
  static Path memory(HostSettings settings, String twin) throws IOException {
    String[] parts = twin.split("\\.", -1);
    return AtomicFiles.privateFolder(
        settings.runtime().resolve("m").resolve(parts[2] + "." + parts[3]));
  }
}
