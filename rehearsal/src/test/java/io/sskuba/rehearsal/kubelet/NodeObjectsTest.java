package io.sskuba.rehearsal.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NodeObjectsTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000678Z");

  @ParameterizedTest
  @CsvSource({
    "sskuba.io/pool,true",
    "plain,true",
    "node.kubernetes.io/exclude-from-external-load-balancers,true",
    "topology.kubernetes.io/zone,true",
    "kubelet.kubernetes.io/x,true",
    "node-role.kubernetes.io/control-plane,false",
    "node-restriction.kubernetes.io/x,false",
    "kubernetes.io/anything,false",
    "x.k8s.io/y,false"
  })
  void aKubeletMaySetOnlySomeLabels(String label, boolean may) {
    assertThat(NodeObjects.mayLabel(label)).isEqualTo(may);
  }

  @Test
  void aNodeIsReadyAndSaysWhatItIs() {
    NodeObjects.Facts facts =
        new NodeObjects.Facts(
            "gpu-1",
            "10.64.0.4",
            Map.of("node-role.kubernetes.io/gpu", "", "sskuba.io/pool", "gpu"),
            List.of("nvidia.com/gpu=present:NoSchedule", "x:NoExecute"),
            Map.of("nvidia.com/gpu", "1", "cpu", "16"),
            "1.36.3",
            "v1.13.9",
            "arm64",
            10250);
    JsonNode node = NodeObjects.node(facts, NOW, true);
    assertThat(node.at("/metadata/labels").has("node-role.kubernetes.io/gpu")).isFalse();
    assertThat(node.at("/metadata/labels").path("sskuba.io/pool").asText()).isEqualTo("gpu");
    assertThat(node.at("/metadata/annotations").path("sskuba.io/simulated").asText())
        .isEqualTo("true");
    assertThat(node.at("/spec/taints").toString())
        .isEqualTo(
            "[{\"key\":\"nvidia.com/gpu\",\"value\":\"present\",\"effect\":\"NoSchedule\"},"
                + "{\"key\":\"x\",\"effect\":\"NoExecute\"}]");
    assertThat(node.at("/status/allocatable").path("nvidia.com/gpu").asText()).isEqualTo("1");
    assertThat(node.at("/status/capacity/cpu").asText()).isEqualTo("16");
    assertThat(node.at("/status/nodeInfo/kubeletVersion").asText()).isEqualTo("v1.36.3");
    assertThat(node.at("/status/nodeInfo/architecture").asText()).isEqualTo("arm64");
    assertThat(
            NodeObjects.node(facts, NOW, false)
                .at("/metadata/labels")
                .has("node-role.kubernetes.io/gpu"))
        .isTrue();
  }

  @Test
  void timesAreWrittenAsKubernetesReadsThem() {
    assertThat(NodeObjects.micros(NOW)).isEqualTo("2026-01-02T03:04:05.000678Z");
    assertThat(NodeObjects.micros(Instant.parse("2026-01-02T03:04:05Z")))
        .isEqualTo("2026-01-02T03:04:05.000000Z");
    assertThat(NodeObjects.seconds(NOW)).isEqualTo("2026-01-02T03:04:05Z");
  }

  @Test
  void addressesCountUp() {
    assertThat(FleetNodes.add("10.77.0.1", 949)).isEqualTo("10.77.3.182");
    assertThat(FleetNodes.add("10.77.0.255", 1)).isEqualTo("10.77.1.0");
  }

  @Test
  void mirrorPodsAreNamedAfterTheirNodeAndHaveNoServiceAccount() {
    String pod =
        "{\"metadata\":{\"name\":\"kube-scheduler\"},\"spec\":{\"serviceAccountName\":\"x\",\"containers\":[]}}";
    JsonNode mirror = MirrorPods.of(pod, "cp-1", "uid-1");
    assertThat(mirror.at("/metadata/name").asText()).isEqualTo("kube-scheduler-cp-1");
    assertThat(mirror.at("/metadata/ownerReferences/0/uid").asText()).isEqualTo("uid-1");
    assertThat(mirror.path("spec").has("serviceAccountName")).isFalse();
    assertThat(PodLife.mirror(mirror)).isTrue();
    assertThat(
            MirrorPods.of(pod.replace("kube-scheduler", "kube-scheduler-cp-1"), "cp-1", "u")
                .at("/metadata/name")
                .asText())
        .isEqualTo("kube-scheduler-cp-1");
  }
}
