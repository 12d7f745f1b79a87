package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.rehearsal.kubelet.Kubelets;
import io.sskuba.rehearsal.machine.BootTimes;
import io.sskuba.rehearsal.machine.ClusterProbe;
import io.sskuba.rehearsal.machine.ConfigGate;
import io.sskuba.rehearsal.machine.MachineIdentity;
import io.sskuba.rehearsal.machine.MachineNetwork;
import io.sskuba.rehearsal.machine.NodeServices.ServiceState;
import io.sskuba.rehearsal.machine.SimMachine;
import io.sskuba.rehearsal.plane.PlaneCluster;
import io.sskuba.rehearsal.plane.PlaneServices;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/// One machine of a local cluster: the simulated hardware and what it runs.
final class LocalMachine {
  /// What a machine runs that was started from the wrong image.
  private static final String WRONG_VERSION = "v1.11.0";

  private final SimMachine machine;
  private final PlaneServices plane;
  private volatile ObjectNode inputs;

  private LocalMachine(SimMachine machine, PlaneServices plane, ObjectNode inputs) {
    this.machine = machine;
    this.plane = plane;
    this.inputs = inputs;
  }

  /// What a machine has to know of its cluster.
  record Surroundings(
      Kubelets kubelets, PlaneCluster cluster, ConfigGate gate, ClusterProbe probe) {}

  static LocalMachine of(
      HostSettings settings,
      JsonNode inputs,
      MachineNetwork network,
      Surroundings around,
      TimeSource time,
      RandomSource random,
      Consumer<String> log)
      throws IOException {
    String name = inputs.path("name").asText();
    String twin = inputs.path("twin").asText();
    MachineIdentity identity =
        new MachineIdentity(
            name,
            inputs.path("address").asText(),
            twin,
            UUID.nameUUIDFromBytes(inputs.path("key").asText().getBytes(StandardCharsets.UTF_8))
                .toString(),
            "nocloud",
            inputs.path("arch").asText("amd64"),
            inputs.path("fault").asText().equals("wrongImage")
                ? WRONG_VERSION
                : inputs.path("talosVersion").asText(),
            AtomicFiles.privateFolder(LocalAccount.disk(settings, name)),
            LocalAccount.memory(settings, twin));
    PlaneServices plane =
        new PlaneServices(
            identity,
            network::addresses,
            settings.binaries(),
            around.kubelets(),
            around.cluster(),
            time,
            random);
    SimMachine machine =
        new SimMachine(
            identity,
            plane,
            network,
            new SimMachine.Options(
                time,
                random,
                BootTimes.QUICK.withKernel(
                    BootTimes.QUICK.kernel().plusMillis(inputs.path("bootMillis").asLong(0))),
                around.gate(),
                (who, text) -> log.accept(who + ": " + text),
                around.probe()));
    return new LocalMachine(
        machine, plane, inputs instanceof ObjectNode object ? object.deepCopy() : Json.object());
  }

  String name() {
    return machine.identity().name();
  }

  String address() {
    return machine.identity().address();
  }

  String twin() {
    return machine.identity().twin();
  }

  boolean controlPlane() {
    return inputs.path("role").asText().equals("controlplane");
  }

  PlaneServices plane() {
    return plane;
  }

  SimMachine machine() {
    return machine;
  }

  ObjectNode inputs() {
    return inputs;
  }

  void inputs(ObjectNode newer) {
    inputs = newer;
  }

  /// Whether a scenario says that it is on and never heard of.
  static boolean neverAnswers(JsonNode inputs) {
    String fault = inputs.path("fault").asText();
    return fault.equals("neverBoots") || fault.equals("silent");
  }

  void powerOn() {
    machine.powerOn();
  }

  void powerOff() {
    machine.powerOff();
  }

  /// What the file says of the hardware; the rest is the default of simulated machines.
  Map<String, String> capacity() {
    Map<String, String> capacity = new LinkedHashMap<>();
    if (inputs.has("cpus")) {
      capacity.put("cpu", inputs.path("cpus").asText());
    }
    if (inputs.has("memoryGiB")) {
      capacity.put("memory", inputs.path("memoryGiB").asInt() + "Gi");
    }
    if (inputs.has("gpu")) {
      capacity.put("nvidia.com/gpu", inputs.path("gpu").path("count").asText("1"));
    }
    return capacity;
  }

  /// Ends it and removes its disk and memory.
  void destroy() throws IOException {
    // Its data goes with it: nothing is gained by a graceful end.
    plane.kill();
    machine.close();
    plane.wipe();
    AtomicFiles.deleteTree(machine.identity().disk());
    AtomicFiles.deleteTree(machine.identity().memory());
  }

  ObjectNode describe() {
    ObjectNode json = Json.object();
    json.put("name", name()).put("address", address()).put("twin", twin());
    json.put("stage", machine.stage().toString());
    json.put("fingerprint", machine.fingerprint());
    machine.failure().ifPresent(why -> json.put("failure", why));
    ArrayNode services = json.putArray("services");
    for (ServiceState s : plane.services()) {
      services
          .addObject()
          .put("id", s.id())
          .put("state", s.state())
          .put("healthy", s.healthy())
          .put("message", s.lastMessage());
    }
    ObjectNode pids = json.putObject("pids");
    plane.pids().forEach(pids::put);
    plane.problem().ifPresent(problem -> json.put("problem", problem.summary()));
    plane
        .dying()
        .ifPresent(
            d ->
                json.putObject("dying")
                    .put("program", d.program())
                    .put("deaths", d.deaths())
                    .put("cause", d.cause()));
    return json;
  }

  /// The programs of a control plane.
  static List<String> programs() {
    return PlaneServices.PROGRAMS;
  }
}
