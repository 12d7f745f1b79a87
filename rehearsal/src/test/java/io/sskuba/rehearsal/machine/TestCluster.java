package io.sskuba.rehearsal.machine;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.io.Yaml;
import io.sskuba.machineconfig.BaseConfig;
import io.sskuba.machineconfig.Talosconfig;
import io.sskuba.net.AddressMap;
import io.sskuba.pki.LeafCertificates;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.grpc.GrpcTalosNodes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/// Machines of one test cluster, their configs, and clients of them.
final class TestCluster implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(20);

  /// The RSA-4096 key in it takes a second or more: one bundle serves all tests.
  private static final SecretsBundle SECRETS = secrets();

  final Path root;
  final MachineNetwork network;
  final GrpcTalosNodes nodes;
  private final String block;
  private final InMemoryNodeServices.Etcd etcd = new InMemoryNodeServices.Etcd();
  private final List<SimMachine> machines = new ArrayList<>();

  /// @param block for example `204.1`: cluster addresses `10.204.1.x`, twins `127.204.1.x`
  TestCluster(String block) throws IOException {
    this.block = block;
    this.root = Files.createTempDirectory("sskuba-machines-");
    Map<String, String> twins = new LinkedHashMap<>();
    for (int host = 1; host < 10; host++) {
      twins.put("10." + block + "." + host, "127." + block + "." + host);
    }
    AddressMap addresses = new AddressMap(twins);
    this.network = new MachineNetwork(addresses);
    this.nodes = new GrpcTalosNodes(addresses);
  }

  private static SecretsBundle secrets() {
    try {
      return SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  String address(int host) {
    return "10." + block + "." + host;
  }

  String twin(int host) {
    return "127." + block + "." + host;
  }

  /// A machine at host number `host`, powered on.
  SimMachine machine(int host, String platform, SimMachine.Options options) {
    MachineIdentity identity =
        new MachineIdentity(
            "machine-" + host,
            address(host),
            twin(host),
            UUID.nameUUIDFromBytes(("machine-" + host).getBytes(StandardCharsets.UTF_8)).toString(),
            platform,
            "amd64",
            "v1.13.9",
            root.resolve("disk-" + host),
            root.resolve("memory-" + host));
    SimMachine machine =
        new SimMachine(identity, new InMemoryNodeServices(identity, etcd), network, options);
    machines.add(machine);
    machine.powerOn();
    return machine;
  }

  SimMachine machine(int host) {
    return machine(host, "nocloud", SimMachine.Options.quick());
  }

  String controlPlaneConfig() {
    return Yaml.dumpAll(base().controlPlane());
  }

  String workerConfig() {
    return Yaml.dumpAll(base().worker());
  }

  private BaseConfig base() {
    return new BaseConfig(
        BaseConfig.Options.of("demo", "https://" + address(1) + ":6443", "v1.13.9", "v1.36.3"),
        SECRETS);
  }

  /// An administrator's talosconfig whose endpoint and node is the twin of `host`.
  String talosconfig(int host) {
    return Talosconfig.admin(
        "demo",
        List.of(twin(host)),
        SECRETS,
        Duration.ofHours(1),
        TimeSource.system().now(),
        RandomSource.system());
  }

  /// Credentials with other roles, for how long they live.
  String talosconfig(Set<String> roles, Duration lifetime) {
    return Talosconfig.write(
        "demo",
        List.of(),
        SECRETS.os().certificate(),
        new LeafCertificates(SECRETS, TimeSource.system(), RandomSource.system())
            .talosClient(roles, lifetime));
  }

  TalosNode secure(int host) {
    return nodes.secure(address(host), talosconfig(host));
  }

  TalosNode maintenance(int host) {
    return nodes.maintenance(address(host), null);
  }

  void apply(int host, String config) {
    try (TalosNode node = maintenance(host)) {
      node.applyConfiguration(config.getBytes(StandardCharsets.UTF_8), false, LIMIT);
    }
  }

  /// Waits until a machine is where it should be.
  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + LIMIT + ": " + what);
      }
      Thread.sleep(20);
    }
  }

  static void await(SimMachine machine, Stage stage) throws InterruptedException {
    await(machine + " to be " + stage, () -> machine.stage() == stage && ready(machine));
  }

  private static boolean ready(SimMachine machine) {
    return machine.stage() == Stage.OFF || machine.sequencer().listening();
  }

  /// A machine may be a moment from answering with its new identity.
  static TalosNode.Version awaitVersion(TalosNode node) throws InterruptedException {
    TalosNode.Version[] found = new TalosNode.Version[1];
    await(
        "version of " + node,
        () -> {
          try {
            found[0] = node.version(LIMIT);
            return true;
          } catch (TalosCallException e) {
            return false;
          }
        });
    return found[0];
  }

  @Override
  public void close() throws IOException {
    machines.forEach(SimMachine::close);
    network.close();
    AtomicFiles.deleteTree(root);
  }
}
