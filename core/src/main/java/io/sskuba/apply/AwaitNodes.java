package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Topology;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.problem.ProblemCode;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.wait.Observation;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Waits until every machine of the topology is a Ready node, and every program of the control
/// plane runs. Read only, never skipped.
/// - Limits: [#LIMIT].
/// - Errors: `NODES_NOT_READY` with the condition's own message; `KUBE_UNREACHABLE` naming the
///   program.
public final class AwaitNodes implements Phase<ControlPlaneUp, ControlPlaneUp> {
  static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private final Ports ports;

  AwaitNodes(Ports ports) {
    this.ports = ports;
  }

  @Override
  public ControlPlaneUp run(ControlPlaneUp up, PhaseContext context) throws InterruptedException {
    Programs programs = new Programs(up.opened(), context);
    try (KubeApi kube = ports.kube().apply(up.kubeconfig(), up.topology().addresses())) {
      int ready =
          context.await(
              up.topology().machines().size() + " nodes to be Ready",
              LIMIT,
              INTERVAL,
              ProblemCode.NODES_NOT_READY,
              programs.watched(() -> allReady(kube, up.topology())));
      context.log(ready + " nodes Ready");
    }
    context.await(
        "every program of the control plane to run",
        LIMIT,
        INTERVAL,
        ProblemCode.KUBE_UNREACHABLE,
        programs.watched(() -> whole(up.opened())));
    return up;
  }

  /// Nodes can be Ready while the programs of one control plane of three still start: what `status`
  /// calls degraded is not called ready. A platform that sees no programs is taken at its nodes.
  private static Observation<Boolean> whole(OpenCluster opened) {
    Optional<ObjectNode> seen = opened.platform().inspect(opened.cluster());
    if (seen.isEmpty()) {
      return Observation.met(true);
    }
    for (JsonNode component : seen.get().path("components")) {
      if (!component.path("ready").asBoolean()) {
        return Observation.notYet(
            component.path("name").asText() + ": " + component.path("message").asText());
      }
    }
    return Observation.met(true);
  }

  private static Observation<Integer> allReady(KubeApi kube, Topology topology) {
    Map<String, JsonNode> nodes = new HashMap<>();
    try {
      for (JsonNode node : kube.list("/api/v1/nodes", null, CALL)) {
        nodes.put(node.path("metadata").path("name").asText(), node);
      }
    } catch (UncheckedIOException | KubeStatusException e) {
      return Observation.notYet(String.valueOf(e.getMessage()));
    }
    int ready = 0;
    String missing = "";
    for (Topology.Machine machine : topology.machines()) {
      String why = notReady(nodes.get(machine.name()));
      if (why.isEmpty()) {
        ready++;
      } else if (missing.isEmpty()) {
        missing = machine.name() + ": " + why;
      }
    }
    int wanted = topology.machines().size();
    return ready == wanted
        ? Observation.met(ready)
        : Observation.notYet(ready + " of " + wanted + " Ready; " + missing);
  }

  private static String notReady(@org.jspecify.annotations.Nullable JsonNode node) {
    if (node == null) {
      return "no Node object";
    }
    for (JsonNode condition : node.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True")
            ? ""
            : condition.path("reason").asText("not Ready")
                + " "
                + condition.path("message").asText();
      }
    }
    return "no Ready condition";
  }
}
