package io.sskuba.cloud;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Topology;
import io.sskuba.io.Json;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.net.AddressMap;
import io.sskuba.run.Fan;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/// What real machines say of themselves now: their Talos APIs, and the Kubernetes API for what
/// Talos does not tell. Changes nothing.
/// - Limits: [#CALL] a call, all machines at once.
final class MachineLook {
  private static final Duration CALL = Duration.ofSeconds(3);
  private static final List<String> STATIC_PODS =
      List.of("kube-controller-manager", "kube-scheduler");

  private final Function<AddressMap, TalosNodes> talos;
  private final BiFunction<String, AddressMap, KubeApi> kube;

  MachineLook(
      Function<AddressMap, TalosNodes> talos, BiFunction<String, AddressMap, KubeApi> kube) {
    this.talos = talos;
    this.kube = kube;
  }

  private record Seen(
      Topology.Machine machine, String version, List<TalosNode.Service> services, String failure) {
    boolean answers() {
      return failure.isEmpty();
    }

    boolean runs(String service) {
      return services.stream()
          .anyMatch(
              s ->
                  s.id().equals(service)
                      && s.state().equals("Running")
                      && (s.healthy() || s.healthUnknown()));
    }
  }

  /// `machines[]` and `components[]`, each component with what is real about it: all of it.
  ///
  /// @param talosconfig empty where no identity opens it: nobody can be asked then
  ObjectNode at(Topology topology, Optional<String> talosconfig, Optional<String> kubeconfig) {
    ObjectNode json = Json.object();
    ArrayNode machines = json.putArray("machines");
    ArrayNode components = json.putArray("components");
    if (talosconfig.isEmpty()) {
      return json;
    }
    List<Seen> seen;
    try {
      TalosNodes nodes = talos.apply(topology.addresses());
      seen = Fan.out(topology.machines(), m -> look(nodes, m, talosconfig.get()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return json;
    }
    for (Seen one : seen) {
      ObjectNode machine = machines.addObject();
      machine.put("name", one.machine().name()).put("address", one.machine().address());
      machine.put("answers", one.answers()).put("talosVersion", one.version());
      if (!one.answers()) {
        machine.put("failure", one.failure());
      }
    }
    talos(components, seen);
    List<Seen> planes = seen.stream().filter(s -> s.machine().controlPlane()).toList();
    service(components, "etcd", planes);
    service(components, "kubelet", seen);
    kubeconfig.ifPresent(config -> kubernetes(components, topology, config, planes));
    return json;
  }

  private static Seen look(TalosNodes nodes, Topology.Machine machine, String talosconfig) {
    try (TalosNode node = nodes.secure(machine.address(), talosconfig)) {
      return new Seen(machine, node.version(CALL).tag(), node.services(CALL), "");
    } catch (TalosCallException e) {
      return new Seen(machine, "", List.of(), e.status() + ": " + e.text());
    }
  }

  private static void talos(ArrayNode components, List<Seen> seen) {
    long answering = seen.stream().filter(Seen::answers).count();
    StringBuilder message = new StringBuilder();
    message.append(answering).append(" of ").append(seen.size()).append(" machines answer");
    seen.stream()
        .filter(s -> !s.answers())
        .findFirst()
        .ifPresent(
            s -> message.append("; ").append(s.machine().name()).append(": ").append(s.failure()));
    add(components, "talos", answering == seen.size(), message.toString());
  }

  private static void service(ArrayNode components, String name, List<Seen> machines) {
    long running = machines.stream().filter(s -> s.runs(name)).count();
    add(
        components,
        name,
        running == machines.size(),
        "runs on " + running + " of " + machines.size() + " machines");
  }

  private void kubernetes(
      ArrayNode components, Topology topology, String kubeconfig, List<Seen> planes) {
    try (KubeApi api = kube.apply(kubeconfig, topology.addresses())) {
      KubeApi.Raw ready = api.raw("/readyz", CALL);
      add(
          components,
          "kube-apiserver",
          ready.code() == 200,
          topology.endpointUrl() + "/readyz answers " + ready.code());
      Map<String, JsonNode> pods = new LinkedHashMap<>();
      for (JsonNode pod : api.list("/api/v1/namespaces/kube-system/pods", null, CALL)) {
        pods.put(pod.path("metadata").path("name").asText(), pod);
      }
      for (String name : STATIC_PODS) {
        pods(components, name, planes, pods);
      }
    } catch (UncheckedIOException | KubeStatusException e) {
      add(components, "kube-apiserver", false, String.valueOf(e.getMessage()));
    }
  }

  /// Nothing is said of a program that shows no pod.
  private static void pods(
      ArrayNode components, String name, List<Seen> planes, Map<String, JsonNode> pods) {
    List<JsonNode> found = new ArrayList<>();
    for (Seen plane : planes) {
      JsonNode pod = pods.get(name + "-" + plane.machine().name());
      if (pod != null) {
        found.add(pod);
      }
    }
    if (found.isEmpty()) {
      return;
    }
    long ready = found.stream().filter(MachineLook::ready).count();
    add(
        components,
        name,
        ready == planes.size(),
        ready + " of " + planes.size() + " pods are Ready");
  }

  private static boolean ready(JsonNode pod) {
    for (JsonNode condition : pod.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private static void add(ArrayNode components, String name, boolean ready, String message) {
    components
        .addObject()
        .put("name", name)
        .put("ready", ready)
        .put("real", true)
        .put("message", message);
  }
}
