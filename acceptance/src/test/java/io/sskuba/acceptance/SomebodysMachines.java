package io.sskuba.acceptance;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.SuppressForbidden;
import io.sskuba.io.TimeSource;
import io.sskuba.net.AddressMap;
import io.sskuba.rehearsal.kubelet.SimKubelets;
import io.sskuba.rehearsal.machine.BootTimes;
import io.sskuba.rehearsal.machine.ClusterProbe;
import io.sskuba.rehearsal.machine.ConfigGate;
import io.sskuba.rehearsal.machine.MachineConfigView;
import io.sskuba.rehearsal.machine.MachineIdentity;
import io.sskuba.rehearsal.machine.MachineNetwork;
import io.sskuba.rehearsal.machine.SimMachine;
import io.sskuba.rehearsal.machine.Stage;
import io.sskuba.rehearsal.plane.LoadBalancer;
import io.sskuba.rehearsal.plane.PlaneCluster;
import io.sskuba.rehearsal.plane.PlaneServices;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// A process that stands for somebody else's machines: simulated Talos machines in maintenance mode
/// at loopback addresses that are their own, switched on before anybody speaks of a cluster.
///
/// It is told addresses and nothing else. What a machine becomes, its configuration says; which
/// others are control planes, they learn from each other, as by Talos's discovery; the virtual
/// address answers while a machine has it in its configuration.
///
/// Arguments: a folder for disks, a memory-backed one, one with the programs, then addresses.
/// `machines.json` in the first folder tells addresses and fingerprints once all are on.
@SuppressForbidden(reason = "a main class: its log is standard error")
public final class SomebodysMachines {
  static final String TOLD = "machines.json";
  private static final Duration INTERVAL = Duration.ofMillis(50);
  private static final Duration ON = Duration.ofSeconds(30);

  private final TimeSource time = TimeSource.system();
  private final RandomSource random = RandomSource.system();
  private final MachineNetwork network = new MachineNetwork(AddressMap.IDENTITY);
  private final SimKubelets kubelets = new SimKubelets(time, random);
  private final Map<String, PlaneServices> planes = new LinkedHashMap<>();
  private final Map<String, LoadBalancer> shared = new HashMap<>();

  private SomebodysMachines() {}

  public static void main(String[] args) throws Exception {
    new SomebodysMachines()
        .run(
            Path.of(args[0]),
            Path.of(args[1]),
            Path.of(args[2]),
            List.of(args).subList(3, args.length));
  }

  private void run(Path disks, Path memory, Path programs, List<String> addresses)
      throws Exception {
    Map<String, Path> binaries = new HashMap<>();
    PlaneServices.PROGRAMS.forEach(name -> binaries.put(name, programs.resolve(name)));
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> planes.values().forEach(PlaneServices::kill)));
    List<SimMachine> machines = new ArrayList<>();
    for (String address : addresses) {
      machines.add(machine(address, disks, memory, binaries));
    }
    machines.forEach(SimMachine::powerOn);
    long end = time.nanos() + ON.toNanos();
    while (machines.stream().anyMatch(m -> m.stage() != Stage.MAINTENANCE)) {
      if (time.nanos() > end) {
        throw new IllegalStateException("not all machines came up: " + machines);
      }
      time.sleep(INTERVAL);
    }
    tell(disks, machines);
    while (true) {
      virtualAddresses();
      time.sleep(INTERVAL);
    }
  }

  private SimMachine machine(String address, Path disks, Path memory, Map<String, Path> binaries)
      throws IOException {
    String name = "machine-" + address.substring(address.lastIndexOf('.') + 1);
    MachineIdentity identity =
        new MachineIdentity(
            name,
            address,
            address,
            UUID.nameUUIDFromBytes(address.getBytes(StandardCharsets.UTF_8)).toString(),
            "metal",
            "amd64",
            "v1.13.9",
            AtomicFiles.privateFolder(disks.resolve(name)),
            AtomicFiles.privateFolder(memory.resolve(name)));
    PlaneServices plane =
        new PlaneServices(
            identity, network::addresses, binaries, kubelets, this.discovery(), time, random);
    planes.put(address, plane);
    return new SimMachine(
        identity,
        plane,
        network,
        new SimMachine.Options(
            time,
            random,
            BootTimes.QUICK,
            ConfigGate.OPEN,
            (who, text) -> System.err.println(who + ": " + text),
            ClusterProbe.NONE));
  }

  private PlaneCluster discovery() {
    return () ->
        network.machines().stream()
            .filter(m -> m.config().map(MachineConfigView::controlPlane).orElse(false))
            .map(
                m ->
                    new PlaneCluster.Peer(
                        m.identity().name(), m.identity().address(), m.identity().twin()))
            .toList();
  }

  private static void tell(Path folder, List<SimMachine> machines) throws IOException {
    ObjectNode json = Json.object();
    ArrayNode list = json.putArray("machines");
    for (SimMachine machine : machines) {
      list.addObject()
          .put("address", machine.identity().address())
          .put("fingerprint", machine.fingerprint());
    }
    AtomicFiles.writeString(folder.resolve(TOLD), Json.pretty(json));
  }

  /// What Layer2VIPConfig asks for: the address answers for the control planes that have it.
  private void virtualAddresses() throws IOException {
    Map<String, List<String>> wanted = new HashMap<>();
    for (SimMachine machine : network.machines()) {
      machine
          .config()
          .ifPresent(
              config ->
                  config
                      .documents("Layer2VIPConfig")
                      .forEach(
                          vip ->
                              wanted
                                  .computeIfAbsent(
                                      String.valueOf(vip.get("name")), _ -> new ArrayList<>())
                                  .add(machine.identity().address())));
    }
    for (String gone : List.copyOf(shared.keySet())) {
      if (!wanted.containsKey(gone)) {
        shared.remove(gone).close();
      }
    }
    for (String address : wanted.keySet()) {
      if (!shared.containsKey(address)) {
        shared.put(address, LoadBalancer.open(address, 6443, this::backends));
      }
    }
  }

  private List<LoadBalancer.Backend> backends() {
    List<LoadBalancer.Backend> backends = new ArrayList<>();
    planes.forEach(
        (address, plane) -> {
          if (!plane.pids().isEmpty()) {
            backends.add(new LoadBalancer.Backend(address, plane.apiPort(), plane.apiReady()));
          }
        });
    return backends;
  }

  /// Starts the process and waits until its machines are on.
  static Process start(Ctl ctl, Path programs, List<String> addresses)
      throws IOException, InterruptedException {
    Path disks = Files.createDirectories(ctl.folder.resolve("somebody"));
    Path memory = Files.createDirectories(ctl.runtime.resolve("s"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                SomebodysMachines.class.getName(),
                disks.toString(),
                memory.toString(),
                programs.toString()));
    command.addAll(addresses);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.redirectOutput(ctl.folder.resolve("somebody.log").toFile());
    Process process = builder.start();
    Ctl.await(
        Ctl.SHORT,
        "machines on: " + ctl.folder.resolve("somebody.log"),
        () -> {
          if (!process.isAlive()) {
            throw new IOException(Files.readString(ctl.folder.resolve("somebody.log")));
          }
          return Files.exists(disks.resolve(TOLD));
        });
    return process;
  }
}
