package io.sskuba.rehearsal.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class PodLifeTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  private static ObjectNode pod(String metadata, String spec, String status) {
    return (ObjectNode)
        Json.parse(
            """
            {"metadata":{"name":"p","namespace":"d","uid":"u1"%s},
             "spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]%s},"status":{%s}}
            """
                .formatted(metadata, spec, status));
  }

  private static ObjectNode ran(ObjectNode pod) {
    pod.set("status", PodLife.running(pod, "10.0.0.2", "10.244.0.3", NOW).get("status"));
    return pod;
  }

  private static String condition(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText();
      }
    }
    return "absent";
  }

  @Test
  void aPendingPodRunsAndIsThenLeftAlone() {
    ObjectNode pod = pod("", "", "\"phase\":\"Pending\"");
    assertThat(PodLife.next(pod)).isInstanceOf(PodLife.Step.Run.class);
    JsonNode patch = PodLife.running(pod, "10.0.0.2", "10.244.0.3", NOW);
    assertThat(patch.at("/metadata/uid").asText()).isEqualTo("u1");
    assertThat(patch.at("/status/startTime").asText()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(patch.has("spec")).isFalse();
    assertThat(condition(patch.path("status"), "Ready")).isEqualTo("True");
    assertThat(condition(patch.path("status"), PodLife.SIMULATED)).isEqualTo("True");
    assertThat(PodLife.next(ran(pod))).isInstanceOf(PodLife.Step.Nothing.class);
  }

  @Test
  void readinessGatesAreWaitedFor() {
    ObjectNode pod = ran(pod("", ",\"readinessGates\":[{\"conditionType\":\"x/y\"}]", ""));
    assertThat(condition(pod.path("status"), "Ready")).isEqualTo("False");
    assertThat(PodLife.next(pod)).isInstanceOf(PodLife.Step.Nothing.class);
    pod.withObject("status")
        .withArray("conditions")
        .addObject()
        .put("type", "x/y")
        .put("status", "True");
    assertThat(PodLife.next(pod)).isInstanceOf(PodLife.Step.Refresh.class);
    JsonNode status =
        PodLife.running(pod, "10.0.0.2", "10.244.0.3", NOW.plusSeconds(60)).path("status");
    assertThat(condition(status, "Ready")).isEqualTo("True");
    // Initialized did not change, Ready did.
    assertThat(status.path("conditions").toString())
        .contains(
            "\"Initialized\",\"status\":\"True\",\"lastProbeTime\":null,\"lastTransitionTime\":\"2026-01-02T03:04:05Z\"")
        .contains(
            "\"Ready\",\"status\":\"True\",\"lastProbeTime\":null,\"lastTransitionTime\":\"2026-01-02T03:05:05Z\"");
  }

  @Test
  void onlyJobsPodsEnd() {
    String owner = ",\"ownerReferences\":[{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\"}]";
    ObjectNode pod = ran(pod(owner, "", ""));
    assertThat(PodLife.next(pod)).isEqualTo(new PodLife.Step.Complete(0));
    assertThat(PodLife.completed(pod, 0, NOW).at("/status/phase").asText()).isEqualTo("Succeeded");
    ObjectNode bad = ran(pod(owner + ",\"annotations\":{\"sskuba.io/exit-code\":\"3\"}", "", ""));
    assertThat(PodLife.next(bad)).isEqualTo(new PodLife.Step.Complete(3));
    JsonNode failed = PodLife.completed(bad, 3, NOW).path("status");
    assertThat(failed.path("phase").asText()).isEqualTo("Failed");
    assertThat(failed.at("/containerStatuses/0/state/terminated/exitCode").asInt()).isEqualTo(3);
    assertThat(PodLife.next(ran(pod("", ",\"restartPolicy\":\"Never\"", ""))))
        .isInstanceOf(PodLife.Step.Nothing.class);
    bad.set("status", failed);
    assertThat(PodLife.next(bad)).isInstanceOf(PodLife.Step.Nothing.class);
  }

  @Test
  void initContainersEndAndSidecarsRun() {
    JsonNode status =
        PodLife.running(
                pod(
                    "",
                    ",\"initContainers\":[{\"name\":\"i\",\"image\":\"x\"},{\"name\":\"s\",\"image\":\"x\",\"restartPolicy\":\"Always\"}]",
                    ""),
                "10.0.0.2",
                "10.244.0.3",
                NOW)
            .path("status");
    assertThat(status.at("/initContainerStatuses/0/state/terminated/reason").asText())
        .isEqualTo("Completed");
    assertThat(status.at("/initContainerStatuses/1/state").has("running")).isTrue();
  }

  @Test
  void aPodBeingDeletedGoesWhateverItsPhase() {
    String deleted = ",\"deletionTimestamp\":\"2026-01-02T03:04:05Z\"";
    assertThat(PodLife.next(pod(deleted, "", "\"phase\":\"Pending\"")))
        .isInstanceOf(PodLife.Step.Remove.class);
    assertThat(PodLife.next(pod(deleted, "", "\"phase\":\"Succeeded\"")))
        .isInstanceOf(PodLife.Step.Remove.class);
  }

  @Test
  void aDebugContainerIsShownAsRunning() {
    ObjectNode pod = ran(pod("", "", ""));
    pod.withObject("spec")
        .withArray("ephemeralContainers")
        .addObject()
        .put("name", "d")
        .put("image", "i");
    assertThat(PodLife.next(pod)).isInstanceOf(PodLife.Step.Refresh.class);
    assertThat(PodLife.next(ran(pod))).isInstanceOf(PodLife.Step.Nothing.class);
  }
}
