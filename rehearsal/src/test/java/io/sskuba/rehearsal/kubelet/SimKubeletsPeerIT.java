package io.sskuba.rehearsal.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/// Simulated kubelets against a real control plane. The tests share one, in order.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class SimKubeletsPeerIT {
  private static KubeletFixture fixture;

  @BeforeAll
  static void plane() throws Exception {
    fixture = new KubeletFixture("127.206.1");
  }

  @AfterAll
  static void end() throws Exception {
    if (fixture != null) {
      fixture.close();
    }
  }

  private static final String STATIC_POD =
      """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"kube-apiserver","labels":{"component":"kube-apiserver"}},
       "spec":{"hostNetwork":true,"priorityClassName":"system-cluster-critical",
        "containers":[{"name":"kube-apiserver","image":"registry.k8s.io/kube-apiserver:v1.36.3"}]}}
      """;

  @Test
  @Order(1)
  void nodesJoinByRealRequestsAndBecomeReady() throws Exception {
    long begin = System.nanoTime();
    fixture.kubelets.start(
        fixture.spec(
            "cp-1",
            "127.206.1.10",
            Map.of("node-role.kubernetes.io/control-plane", "", "sskuba.io/pool", "control-plane"),
            List.of("node-role.kubernetes.io/control-plane:NoSchedule"),
            Map.of(),
            List.of(STATIC_POD)));
    fixture.kubelets.start(fixture.spec("worker-1", "127.206.1.11"));
    fixture.kubelets.start(
        fixture.spec(
            "gpu-1",
            "127.206.1.12",
            Map.of("sskuba.io/pool", "gpu", "nvidia.com/gpu.present", "true"),
            List.of("nvidia.com/gpu=present:NoSchedule"),
            Map.of("nvidia.com/gpu", "2", "cpu", "8"),
            List.of()));
    fixture.awaitNodes(20, 3);
    System.getLogger("it")
        .log(
            System.Logger.Level.INFO,
            "plane ready {0} ms, 3 nodes Ready {1} ms",
            fixture.plane.readyMs,
            (System.nanoTime() - begin) / 1_000_000);
    JsonNode gpu = fixture.api.get("/api/v1/nodes/gpu-1", KubeletFixture.CALL).orElseThrow();
    assertThat(gpu.at("/metadata/labels").path("sskuba.io/pool").asText()).isEqualTo("gpu");
    assertThat(gpu.at("/status/capacity").path("nvidia.com/gpu").asText()).isEqualTo("2");
    assertThat(gpu.at("/status/nodeInfo/osImage").asText()).isEqualTo("Talos (v1.13.9)");
    assertThat(gpu.at("/spec/taints").toString()).contains("\"key\":\"nvidia.com/gpu\"");
    JsonNode plane = fixture.api.get("/api/v1/nodes/cp-1", KubeletFixture.CALL).orElseThrow();
    assertThat(plane.at("/metadata/labels").has("node-role.kubernetes.io/control-plane")).isTrue();
    List<JsonNode> requests =
        fixture.api.list(
            "/apis/certificates.k8s.io/v1/certificatesigningrequests", null, KubeletFixture.CALL);
    assertThat(requests).hasSize(3);
    assertThat(requests)
        .allSatisfy(
            r -> {
              assertThat(r.at("/spec/username").asText()).startsWith("system:bootstrap:");
              assertThat(r.at("/status/certificate").asText()).isNotEmpty();
            });
  }

  @Test
  @Order(2)
  void aDeploymentRollsOutScalesAndGoes() throws Exception {
    long begin = System.nanoTime();
    fixture.deployment("web", 10);
    fixture.awaitPods(20, "app%3Dweb", 10);
    System.getLogger("it")
        .log(
            System.Logger.Level.INFO,
            "10 pods Ready {0} ms",
            (System.nanoTime() - begin) / 1_000_000);
    List<JsonNode> pods =
        fixture.api.list(
            "/api/v1/namespaces/default/pods", "labelSelector=app%3Dweb", KubeletFixture.CALL);
    assertThat(pods.stream().map(p -> p.at("/status/podIP").asText()).distinct()).hasSize(10);
    assertThat(pods)
        .allSatisfy(p -> assertThat(p.at("/status/podIP").asText()).startsWith("10.244."));
    assertThat(pods)
        .allSatisfy(
            p -> assertThat(p.at("/status/conditions").toString()).contains(PodLife.SIMULATED));
    assertThat(fixture.kubectl("scale", "deployment/web", "--replicas=3").code()).isZero();
    fixture.awaitPods(20, "app%3Dweb", 3);
    assertThat(fixture.kubectl("rollout", "status", "deployment/web", "--timeout=10s").text())
        .contains("successfully rolled out");
    assertThat(fixture.kubectl("delete", "deployment/web").code()).isZero();
    fixture.awaitPods(20, "app%3Dweb", 0);
  }

  @Test
  @Order(3)
  void aJobCompletesAndOneThatFailsFails() throws Exception {
    assertThat(fixture.kubectl("create", "job", "sum", "--image=busybox").code()).isZero();
    assertThat(
            fixture.kubectl("wait", "job/sum", "--for=condition=complete", "--timeout=15s").text())
        .contains("condition met");
    fixture.api.create(
        "/apis/batch/v1/namespaces/default/jobs",
        Json.parse(
            """
            {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"bad"},"spec":{"backoffLimit":0,
             "template":{"metadata":{"annotations":{"sskuba.io/exit-code":"3"}},
              "spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"busybox"}]}}}}
            """),
        KubeletFixture.CALL);
    assertThat(fixture.kubectl("wait", "job/bad", "--for=condition=failed", "--timeout=15s").text())
        .contains("condition met");
  }

  @Test
  @Order(4)
  void kubeSystemLooksAsOnTalos() throws Exception {
    KubeletFixture.until(
        20,
        () -> {
          List<JsonNode> pods =
              fixture.api.list("/api/v1/namespaces/kube-system/pods", null, KubeletFixture.CALL);
          long ready = pods.stream().filter(p -> KubeletFixture.ready(p).equals("True")).count();
          // Two CoreDNS, flannel and kube-proxy on three nodes, one mirror pod.
          return ready == 9 && pods.size() == 9 ? "" : ready + " of " + pods.size() + ", 9 wanted";
        });
    String path = "/api/v1/namespaces/kube-system/pods/kube-apiserver-cp-1";
    JsonNode mirror = fixture.api.get(path, KubeletFixture.CALL).orElseThrow();
    assertThat(mirror.at("/status/podIP").asText()).isEqualTo("127.206.1.10");
    assertThat(mirror.at("/metadata/ownerReferences/0/kind").asText()).isEqualTo("Node");
    String uid = mirror.at("/metadata/uid").asText();
    fixture.api.delete(path, null, KubeletFixture.CALL);
    KubeletFixture.until(
        10,
        () ->
            fixture
                    .api
                    .get(path, KubeletFixture.CALL)
                    .filter(p -> !p.at("/metadata/uid").asText().equals(uid))
                    .filter(p -> KubeletFixture.ready(p).equals("True"))
                    .isPresent()
                ? ""
                : "the mirror pod is not back");
  }

  @Test
  @Order(5)
  void logsAndExecSayThatContainersAreSimulated() throws Exception {
    assertThat(fixture.kubectl("run", "shell", "--image=busybox", "--restart=Never").code())
        .isZero();
    assertThat(
            fixture.kubectl("wait", "pod/shell", "--for=condition=Ready", "--timeout=10s").code())
        .isZero();
    for (String[] command :
        new String[][] {{"logs", "shell"}, {"exec", "shell", "--", "ls"}, {"attach", "shell"}}) {
      KubeletFixture.Said said = fixture.kubectl(command);
      System.getLogger("it").log(System.Logger.Level.INFO, "{0}: {1}", command[0], said);
      assertThat(said.code()).isNotZero();
      assertThat(said.text()).contains("containers are simulated on this cluster");
      assertThat(said.ms()).isLessThan(4_000);
    }
    assertThat(fixture.kubectl("delete", "pod/shell").code()).isZero();
  }
}
