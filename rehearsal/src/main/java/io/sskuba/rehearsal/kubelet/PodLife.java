package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a simulated kubelet does with a pod, decided from the pod alone. Pure functions.
/// - A pending pod runs and is Ready at once; its readiness gates are waited for.
/// - A pod that a Job owns ends after [#JOB_RUNS] with exit code 0, or the number in its annotation
///   [#EXIT_CODE]. Any other pod runs on, whatever its restart policy: nothing tells what it would
///   do.
/// - A pod being deleted is gone at once, as one whose containers end on SIGTERM.
/// - Each pod that ran here has the condition [#SIMULATED]; specs are never touched.
final class PodLife {
  /// Condition type that marks a pod whose containers never ran.
  static final String SIMULATED = "sskuba.io/Simulated";

  /// Annotation: the exit code that a Job's pod shall end with.
  static final String EXIT_CODE = "sskuba.io/exit-code";

  /// How long a Job's pod runs.
  static final Duration JOB_RUNS = Duration.ofMillis(500);

  static final String MIRROR = "kubernetes.io/config.mirror";

  private PodLife() {}

  /// The next thing to do with a pod.
  sealed interface Step {
    record Nothing() implements Step {}

    /// Give it an address and set it running.
    record Run() implements Step {}

    /// Its readiness gates, or ephemeral containers, changed.
    record Refresh() implements Step {}

    record Complete(int exitCode) implements Step {}

    record Remove() implements Step {}
  }

  static Step next(JsonNode pod) {
    JsonNode metadata = pod.path("metadata");
    JsonNode status = pod.path("status");
    if (metadata.hasNonNull("deletionTimestamp")) {
      return new Step.Remove();
    }
    return switch (status.path("phase").asText("Pending")) {
      case "Pending", "" -> new Step.Run();
      case "Running" -> {
        if (ownedByJob(pod)) {
          yield new Step.Complete(exitCode(metadata));
        }
        boolean ready = conditionTrue(status, "Ready");
        boolean debugged =
            pod.path("spec").path("ephemeralContainers").size()
                > status.path("ephemeralContainerStatuses").size();
        yield ready != gatesOpen(pod) || debugged || !conditionTrue(status, SIMULATED)
            ? new Step.Refresh()
            : new Step.Nothing();
      }
      default -> new Step.Nothing();
    };
  }

  static boolean hostNetwork(JsonNode pod) {
    return pod.path("spec").path("hostNetwork").asBoolean(false);
  }

  static boolean mirror(JsonNode pod) {
    return pod.path("metadata").path("annotations").has(MIRROR);
  }

  private static boolean ownedByJob(JsonNode pod) {
    for (JsonNode owner : pod.path("metadata").path("ownerReferences")) {
      if (owner.path("kind").asText().equals("Job")
          && owner.path("apiVersion").asText().startsWith("batch/")) {
        return true;
      }
    }
    return false;
  }

  private static int exitCode(JsonNode metadata) {
    String text = metadata.path("annotations").path(EXIT_CODE).asText("0");
    return text.matches("[0-9]{1,3}") ? Math.min(255, Integer.parseInt(text)) : 0;
  }

  private static boolean conditionTrue(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (type.equals(condition.path("type").asText())) {
        return "True".equals(condition.path("status").asText());
      }
    }
    return false;
  }

  private static boolean gatesOpen(JsonNode pod) {
    for (JsonNode gate : pod.path("spec").path("readinessGates")) {
      if (!conditionTrue(pod.path("status"), gate.path("conditionType").asText())) {
        return false;
      }
    }
    return true;
  }

  /// Status of a running pod, as a strategic merge patch of `/status`.
  static ObjectNode running(JsonNode pod, String hostIp, String podIp, Instant now) {
    ObjectNode patch = patch(pod);
    ObjectNode status = patch.putObject("status");
    String started = pod.path("status").path("startTime").asText(NodeObjects.seconds(now));
    status.put("phase", "Running").put("startTime", started);
    status.put("hostIP", hostIp).put("podIP", podIp);
    status.putArray("hostIPs").addObject().put("ip", hostIp);
    status.putArray("podIPs").addObject().put("ip", podIp);
    boolean ready = gatesOpen(pod);
    ArrayNode conditions = status.putArray("conditions");
    condition(conditions, pod, "PodReadyToStartContainers", true, null, now);
    condition(conditions, pod, "Initialized", true, null, now);
    condition(conditions, pod, "ContainersReady", true, null, now);
    condition(conditions, pod, "Ready", ready, ready ? null : "ReadinessGatesNotReady", now);
    simulated(conditions, pod, now);
    ArrayNode containers = status.putArray("containerStatuses");
    for (JsonNode container : pod.path("spec").path("containers")) {
      running(containers, pod, container, started);
    }
    if (pod.path("spec").has("initContainers")) {
      ArrayNode initial = status.putArray("initContainerStatuses");
      for (JsonNode container : pod.path("spec").path("initContainers")) {
        // Restartable ones are sidecars: they go on.
        if ("Always".equals(container.path("restartPolicy").asText())) {
          running(initial, pod, container, started);
        } else {
          terminated(initial, pod, container, started, started, 0).put("ready", true);
        }
      }
    }
    if (pod.path("spec").has("ephemeralContainers")) {
      ArrayNode debuggers = status.putArray("ephemeralContainerStatuses");
      for (JsonNode container : pod.path("spec").path("ephemeralContainers")) {
        running(debuggers, pod, container, started);
      }
    }
    return patch;
  }

  /// Status of a pod that ended.
  static ObjectNode completed(JsonNode pod, int exitCode, Instant now) {
    ObjectNode patch = patch(pod);
    ObjectNode status = patch.putObject("status");
    String end = NodeObjects.seconds(now);
    String started = pod.path("status").path("startTime").asText(end);
    status.put("phase", exitCode == 0 ? "Succeeded" : "Failed");
    ArrayNode conditions = status.putArray("conditions");
    String reason = exitCode == 0 ? "PodCompleted" : "PodFailed";
    condition(conditions, pod, "PodReadyToStartContainers", false, null, now);
    condition(conditions, pod, "Initialized", true, exitCode == 0 ? reason : null, now);
    condition(conditions, pod, "ContainersReady", false, reason, now);
    condition(conditions, pod, "Ready", false, reason, now);
    simulated(conditions, pod, now);
    ArrayNode containers = status.putArray("containerStatuses");
    for (JsonNode container : pod.path("spec").path("containers")) {
      terminated(containers, pod, container, started, end, exitCode);
    }
    return patch;
  }

  /// A patch that fits only this very pod, not a later one of the same name.
  private static ObjectNode patch(JsonNode pod) {
    ObjectNode patch = Json.object();
    patch.putObject("metadata").put("uid", pod.path("metadata").path("uid").asText());
    return patch;
  }

  private static void simulated(ArrayNode conditions, JsonNode pod, Instant now) {
    condition(conditions, pod, SIMULATED, true, "ContainersAreSimulated", now)
        .put("message", "the containers of this pod do not run: this cluster simulates them");
  }

  /// A condition that keeps the time of its last transition while its status stays the same.
  private static ObjectNode condition(
      ArrayNode conditions,
      JsonNode pod,
      String type,
      boolean met,
      @Nullable String reason,
      Instant now) {
    String status = met ? "True" : "False";
    String since = NodeObjects.seconds(now);
    for (JsonNode before : pod.path("status").path("conditions")) {
      if (type.equals(before.path("type").asText())
          && status.equals(before.path("status").asText())) {
        since = before.path("lastTransitionTime").asText(since);
      }
    }
    ObjectNode condition = conditions.addObject();
    condition.put("type", type).put("status", status);
    condition.putNull("lastProbeTime").put("lastTransitionTime", since);
    // A null takes away what an earlier status gave as reason.
    return condition.put("reason", reason);
  }

  private static void running(
      ArrayNode statuses, JsonNode pod, JsonNode container, String started) {
    ObjectNode status = container(statuses, pod, container);
    status.put("ready", true).put("started", true);
    status.putObject("state").putObject("running").put("startedAt", started);
  }

  private static ObjectNode terminated(
      ArrayNode statuses,
      JsonNode pod,
      JsonNode container,
      String started,
      String ended,
      int exitCode) {
    ObjectNode status = container(statuses, pod, container);
    status.put("ready", false).put("started", false);
    status
        .putObject("state")
        .putObject("terminated")
        .put("exitCode", exitCode)
        .put("reason", exitCode == 0 ? "Completed" : "Error")
        .put("startedAt", started)
        .put("finishedAt", ended);
    return status;
  }

  private static ObjectNode container(ArrayNode statuses, JsonNode pod, JsonNode container) {
    ObjectNode status = statuses.addObject();
    String name = container.path("name").asText();
    status.put("name", name).put("restartCount", 0);
    status.put("image", container.path("image").asText()).put("imageID", "");
    return status.put(
        "containerID", "simulated://" + pod.path("metadata").path("uid").asText() + "/" + name);
  }
}
