package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
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

/// Waits until every machine of the topology is a Ready node. Read only, never skipped.
/// - Limits: [#LIMIT].
/// - Errors: `NODES_NOT_READY` with the condition's own message.
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
    try (KubeApi kube = ports.kube().apply(up.kubeconfig(), up.topology().addresses())) {
      int ready =
          context.await(
              up.topology().machines().size() + " nodes to be Ready",
              LIMIT,
              INTERVAL,
              ProblemCode.NODES_NOT_READY,
              () -> allReady(kube, up.topology()));
      context.log(ready + " nodes Ready");
    }
    return up;
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
