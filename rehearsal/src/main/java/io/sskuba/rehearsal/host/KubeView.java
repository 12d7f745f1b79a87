package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.rehearsal.machine.ClusterProbe;
import io.sskuba.rehearsal.plane.NotCalled;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// How the host looks at its cluster's Kubernetes API: for `talosctl health`, and for `status`.
/// - Limits: 2 s a call.
final class KubeView implements ClusterProbe {
  private static final Duration CALL = Duration.ofSeconds(2);
  private static final List<String> PROGRAMS =
      List.of("kube-apiserver", "kube-controller-manager", "kube-scheduler");

  private final Supplier<Optional<KubeApi>> admin;
  private final Supplier<List<LocalMachine>> machines;

  /// @param admin a new client each time; it is closed here
  KubeView(Supplier<Optional<KubeApi>> admin, Supplier<List<LocalMachine>> machines) {
    this.admin = admin;
    this.machines = machines;
  }

  /// What the API server does not call because a simulated pod would answer.
  List<NotCalled> notCalled() {
    Optional<KubeApi> api = admin.get();
    if (api.isEmpty()) {
      return List.of();
    }
    try (KubeApi kube = api.get()) {
      return NotCalled.list(kube, CALL);
    } catch (UncheckedIOException | KubeStatusException e) {
      return List.of();
    }
  }

  /// The Node objects as far as `status` shows them: for users who have no identity for the
  /// cluster's kubeconfig.
  void nodesInto(ArrayNode list) {
    Optional<KubeApi> api = admin.get();
    if (api.isEmpty()) {
      return;
    }
    try (KubeApi kube = api.get()) {
      for (JsonNode node : kube.list("/api/v1/nodes", null, CALL)) {
        ObjectNode shown = list.addObject();
        shown
            .putObject("metadata")
            .put("name", node.path("metadata").path("name").asText())
            .set("labels", node.path("metadata").path("labels"));
        shown.putObject("spec").set("taints", node.path("spec").path("taints"));
        ObjectNode status = shown.putObject("status");
        status.set("capacity", node.path("status").path("capacity"));
        status.set("conditions", node.path("status").path("conditions"));
        status.set("nodeInfo", node.path("status").path("nodeInfo"));
      }
    } catch (UncheckedIOException | KubeStatusException e) {
      // What cannot be seen is not shown: status then says that the nodes are not ready.
      list.removeAll();
    }
  }

  @Override
  public Optional<String> failing(Check check) {
    Optional<KubeApi> api = admin.get();
    if (api.isEmpty()) {
      return Optional.of("no API server is ready");
    }
    try (KubeApi kube = api.get()) {
      return switch (check) {
        case NODES_REPORT -> missing(kube, false, false);
        case NODES_READY -> missing(kube, true, false);
        case SCHEDULABLE -> missing(kube, true, true);
        case STATIC_PODS, COMPONENTS -> staticPods(kube);
        case KUBE_PROXY -> pods(kube, "k8s-app=kube-proxy");
        case COREDNS -> pods(kube, "k8s-app=kube-dns");
      };
    } catch (UncheckedIOException | KubeStatusException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private Optional<String> missing(KubeApi kube, boolean ready, boolean schedulable) {
    List<JsonNode> nodes = kube.list("/api/v1/nodes", null, CALL);
    for (LocalMachine machine : machines.get()) {
      Optional<JsonNode> node =
          nodes.stream()
              .filter(n -> n.path("metadata").path("name").asText().equals(machine.name()))
              .findFirst();
      if (node.isEmpty()) {
        return Optional.of("node " + machine.name() + " is not registered");
      }
      if (ready && !isReady(node.get())) {
        return Optional.of("node " + machine.name() + " is not ready");
      }
      if (schedulable && node.get().path("spec").path("unschedulable").asBoolean()) {
        return Optional.of("node " + machine.name() + " is cordoned");
      }
    }
    return Optional.empty();
  }

  private Optional<String> staticPods(KubeApi kube) {
    for (LocalMachine machine : machines.get()) {
      if (!machine.controlPlane()) {
        continue;
      }
      for (String program : PROGRAMS) {
        String name = program + "-" + machine.name();
        Optional<JsonNode> pod = kube.get("/api/v1/namespaces/kube-system/pods/" + name, CALL);
        if (pod.isEmpty() || !isReady(pod.get())) {
          return Optional.of("static pod " + name + " is not running");
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> pods(KubeApi kube, String selector) {
    List<JsonNode> pods =
        kube.list(
            "/api/v1/namespaces/kube-system/pods",
            "labelSelector=" + selector.replace("=", "%3D"),
            CALL);
    if (pods.isEmpty()) {
      return Optional.of("no pods found for " + selector);
    }
    return pods.stream()
        .filter(p -> !isReady(p))
        .findFirst()
        .map(p -> "pod " + p.path("metadata").path("name").asText() + " is not ready");
  }

  private static boolean isReady(JsonNode object) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }
}
