package io.sskuba.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.wait.Observation;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Looks at whether an API server and its nodes are ready, for waits and for `status`.
public final class KubeReadiness {
  private static final Duration CALL = Duration.ofSeconds(5);

  private KubeReadiness() {}

  /// One look at `/readyz`; what is not ready yet is named.
  public static Observation<KubeApi.Raw> readyz(KubeApi api) {
    try {
      KubeApi.Raw raw = api.raw("/readyz", CALL);
      if (raw.code() == 200) {
        return Observation.met(raw);
      }
      List<String> failing = new ArrayList<>();
      for (String line : raw.body().split("\n", 200)) {
        if (line.startsWith("[-]")) {
          failing.add(line.substring(3).replaceFirst(" failed.*", ""));
        }
      }
      return Observation.notYet(
          "API server says " + raw.code() + (failing.isEmpty() ? "" : ", not ready: " + failing));
    } catch (UncheckedIOException e) {
      return Observation.notYet("no answer: " + HttpKubeApi.describe(e.getCause()));
    }
  }

  /// @param reason why it is not Ready, in the node's own words; empty when it is
  public record NodeState(String name, boolean ready, String reason) {}

  /// All nodes, by name.
  public record Summary(List<NodeState> nodes) {
    public Summary {
      nodes = List.copyOf(nodes);
    }

    public long ready() {
      return nodes.stream().filter(NodeState::ready).count();
    }

    /// `2 of 3 nodes Ready; worker-1: NodeStatusUnknown`, naming at most three.
    public String text(int expected) {
      StringBuilder text =
          new StringBuilder()
              .append(ready())
              .append(" of ")
              .append(expected)
              .append(" nodes Ready");
      nodes.stream()
          .filter(node -> !node.ready())
          .limit(3)
          .forEach(
              node -> text.append("; ").append(node.name()).append(": ").append(node.reason()));
      return text.toString();
    }
  }

  public static Summary nodes(KubeApi api, Duration limit) {
    List<NodeState> states = new ArrayList<>();
    for (JsonNode node : api.list("/api/v1/nodes", null, limit)) {
      states.add(state(node));
    }
    states.sort(java.util.Comparator.comparing(NodeState::name));
    return new Summary(states);
  }

  /// One look at whether the named nodes are all Ready.
  public static Observation<Summary> nodesReady(KubeApi api, List<String> names) {
    try {
      Summary all = nodes(api, Duration.ofSeconds(15));
      Summary asked =
          new Summary(all.nodes().stream().filter(node -> names.contains(node.name())).toList());
      return asked.ready() == names.size()
          ? Observation.met(asked)
          : Observation.notYet(asked.text(names.size()));
    } catch (UncheckedIOException | KubeStatusException e) {
      return Observation.notYet(HttpKubeApi.describe(e));
    }
  }

  static NodeState state(JsonNode node) {
    String name = node.path("metadata").path("name").asText();
    for (JsonNode condition : node.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        boolean ready = condition.path("status").asText().equals("True");
        return new NodeState(name, ready, ready ? "" : condition.path("reason").asText("NotReady"));
      }
    }
    return new NodeState(name, false, "no status yet");
  }
}
