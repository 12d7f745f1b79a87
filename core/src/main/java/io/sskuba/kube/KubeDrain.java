package io.sskuba.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Deadline;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Empties a node before it is taken away: cordon, then evict pod by pod, so that disruption
/// budgets hold.
///
/// Left alone: pods of DaemonSets, mirror pods, pods that ended. What will not go is named with the
/// API server's reason.
/// - Limits: the given deadline.
/// - Errors: `UncheckedIOException` and [KubeStatusException] when the node itself cannot be read
///   or cordoned.
/// - Idempotent: yes; a node that does not exist is drained.
public final class KubeDrain {
  private static final Duration CALL = Duration.ofSeconds(15);
  private static final Duration PAUSE = Duration.ofMillis(300);

  private final KubeApi api;
  private final TimeSource time;
  private final Consumer<String> observer;

  /// @param observer is told each change of what is waited for
  public KubeDrain(KubeApi api, TimeSource time, Consumer<String> observer) {
    this.api = api;
    this.time = time;
    this.observer = observer;
  }

  /// @param pod `namespace/name`
  public record Stays(String pod, String why) {}

  /// @param gone pods that were evicted, `namespace/name`
  /// @param stays what was still there when the deadline passed
  public record Outcome(String node, List<String> gone, List<Stays> stays) {
    public Outcome {
      gone = List.copyOf(gone);
      stays = List.copyOf(stays);
    }

    public boolean drained() {
      return stays.isEmpty();
    }

    /// This outcome, or a problem that names each pod that stayed.
    public Outcome orThrow() {
      if (drained()) {
        return this;
      }
      Problem problem =
          Problem.of(
              ProblemCode.DRAIN_TIMED_OUT,
              "node " + node + ": " + stays.size() + " pods did not leave before the deadline");
      for (Stays stay : stays.subList(0, Math.min(10, stays.size()))) {
        problem = problem.fact("pod", stay.pod() + ": " + stay.why());
      }
      throw new SskubaException(problem);
    }
  }

  /// Cordons and empties a node within `limit`.
  public Outcome drain(String node, Duration limit) throws InterruptedException {
    Deadline deadline = Deadline.after(time, limit);
    Set<String> gone = new LinkedHashSet<>();
    Map<String, String> asked = new LinkedHashMap<>();
    if (!cordon(node)) {
      return new Outcome(node, List.of(), List.of());
    }
    String told = "";
    while (true) {
      List<Stays> left = new ArrayList<>();
      try {
        List<JsonNode> pods = movable(node);
        Set<String> present = new LinkedHashSet<>();
        for (JsonNode pod : pods) {
          String name = name(pod);
          present.add(name);
          left.add(new Stays(name, evict(pod, asked)));
        }
        asked.keySet().stream().filter(name -> !present.contains(name)).forEach(gone::add);
      } catch (UncheckedIOException e) {
        left.add(new Stays("-", "the API server does not answer"));
      }
      if (left.isEmpty() || deadline.passed()) {
        return new Outcome(node, List.copyOf(gone), left);
      }
      String now =
          left.size() + " pods left; " + left.getFirst().pod() + ": " + left.getFirst().why();
      if (!now.equals(told)) {
        told = now;
        observer.accept("drain " + node + ": " + now);
      }
      time.sleep(PAUSE.compareTo(deadline.left()) < 0 ? PAUSE : deadline.left());
    }
  }

  /// Marks a node unschedulable. False when there is no such node.
  public boolean cordon(String node) {
    ObjectNode patch = Json.object();
    patch.putObject("spec").put("unschedulable", true);
    try {
      api.patch("/api/v1/nodes/" + node, "application/merge-patch+json", patch, CALL);
      return true;
    } catch (KubeStatusException e) {
      if (e.code() == 404) {
        return false;
      }
      throw e;
    }
  }

  private List<JsonNode> movable(String node) {
    List<JsonNode> pods = new ArrayList<>();
    for (JsonNode pod :
        api.list("/api/v1/pods", "fieldSelector=spec.nodeName%3D" + node, Duration.ofSeconds(30))) {
      String phase = pod.path("status").path("phase").asText();
      boolean ended = phase.equals("Succeeded") || phase.equals("Failed");
      boolean mirror = pod.path("metadata").path("annotations").has("kubernetes.io/config.mirror");
      if (!ended && !mirror && !ofDaemonSet(pod)) {
        pods.add(pod);
      }
    }
    return pods;
  }

  private static boolean ofDaemonSet(JsonNode pod) {
    for (JsonNode owner : pod.path("metadata").path("ownerReferences")) {
      if (owner.path("controller").asBoolean() && owner.path("kind").asText().equals("DaemonSet")) {
        return true;
      }
    }
    return false;
  }

  /// Asks for one eviction, and says why the pod is still there.
  private String evict(JsonNode pod, Map<String, String> asked) {
    JsonNode metadata = pod.path("metadata");
    String name = name(pod);
    if (metadata.hasNonNull("deletionTimestamp")) {
      asked.put(name, metadata.path("uid").asText());
      return metadata.path("finalizers").isEmpty()
          ? "is shutting down"
          : "waits for finalizers " + metadata.path("finalizers");
    }
    ObjectNode eviction = Json.object();
    eviction.put("apiVersion", "policy/v1").put("kind", "Eviction");
    eviction
        .putObject("metadata")
        .put("name", metadata.path("name").asText())
        .put("namespace", metadata.path("namespace").asText());
    eviction
        .putObject("deleteOptions")
        .putObject("preconditions")
        .put("uid", metadata.path("uid").asText());
    String path =
        "/api/v1/namespaces/"
            + metadata.path("namespace").asText()
            + "/pods/"
            + metadata.path("name").asText()
            + "/eviction";
    try {
      api.create(path, eviction, CALL);
      asked.put(name, metadata.path("uid").asText());
      return "is shutting down";
    } catch (KubeStatusException e) {
      if (e.code() == 404 || e.code() == 409) {
        asked.put(name, metadata.path("uid").asText());
        return "is gone";
      }
      return e.code() == 429 ? "a disruption budget keeps it" : HttpKubeApi.describe(e);
    } catch (UncheckedIOException e) {
      return "the API server does not answer";
    }
  }

  private static String name(JsonNode pod) {
    return pod.path("metadata").path("namespace").asText()
        + "/"
        + pod.path("metadata").path("name").asText();
  }
}
