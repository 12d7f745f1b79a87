package io.sskuba.rehearsal.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeDrain;
import io.sskuba.kube.KubeReadiness;
import io.sskuba.problem.SskubaException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/// What happens when kubelets stop, nodes are drained, and the API server goes away.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class KubeletFaultsLongIT {
  private static KubeletFixture fixture;

  @BeforeAll
  static void plane() throws Exception {
    fixture = new KubeletFixture("127.206.2", 12);
    for (int i = 1; i <= 2; i++) {
      fixture.kubelets.start(fixture.spec("worker-" + i, "127.206.2." + (10 + i)));
    }
    fixture.awaitNodes(20, 2);
  }

  @AfterAll
  static void end() throws Exception {
    if (fixture != null) {
      fixture.close();
    }
  }

  private static int requests() {
    return fixture
        .api
        .list("/apis/certificates.k8s.io/v1/certificatesigningrequests", null, KubeletFixture.CALL)
        .size();
  }

  @Test
  @Order(1)
  void aStoppedKubeletsNodeIsLostAndComesBackWithItsCertificate() throws Exception {
    Path kept = fixture.memory.resolve("worker-2/kubelet-client-current.pem");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
        .isEqualTo("rw-------");
    String before = Files.readString(kept);
    int asked = requests();
    fixture.kubelets.stop("worker-2");
    assertThat(fixture.kubelets.service("worker-2").state()).isEqualTo("Waiting");
    KubeletFixture.until(
        40,
        () -> {
          KubeReadiness.Summary nodes = KubeReadiness.nodes(fixture.api, KubeletFixture.CALL);
          return nodes.ready() == 1 && nodes.text(2).contains("worker-2: NodeStatusUnknown")
              ? ""
              : nodes.text(2);
        });
    fixture.kubelets.start(fixture.spec("worker-2", "127.206.2.12"));
    fixture.awaitNodes(10, 2);
    assertThat(Files.readString(kept).equals(before)).as("same certificate and key").isTrue();
    assertThat(requests()).isEqualTo(asked);
    KubeletFixture.until(
        10, () -> fixture.kubelets.service("worker-2").healthy() ? "" : "service not healthy");
  }

  @Test
  @Order(2)
  void aDrainKeepsDisruptionBudgetsAndNamesWhatStays() throws Exception {
    fixture.deployment("kept", 1);
    fixture.deployment("free", 4);
    fixture.awaitPods(20, "app%3Dkept", 1);
    fixture.awaitPods(20, "app%3Dfree", 4);
    fixture.api.create(
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
        Json.parse(
            """
            {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"kept"},
             "spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"kept"}}}}
            """),
        KubeletFixture.CALL);
    String node =
        fixture
            .api
            .list(
                "/api/v1/namespaces/default/pods", "labelSelector=app%3Dkept", KubeletFixture.CALL)
            .getFirst()
            .at("/spec/nodeName")
            .asText();
    KubeletFixture.until(
        10,
        () ->
            fixture
                        .api
                        .get(
                            "/apis/policy/v1/namespaces/default/poddisruptionbudgets/kept",
                            KubeletFixture.CALL)
                        .orElseThrow()
                        .at("/status/currentHealthy")
                        .asInt()
                    == 1
                ? ""
                : "the budget has not seen its pod");
    List<String> told = Collections.synchronizedList(new ArrayList<>());
    KubeDrain drain = new KubeDrain(fixture.api, TimeSource.system(), told::add);
    KubeDrain.Outcome outcome = drain.drain(node, Duration.ofSeconds(4));
    assertThat(outcome.stays()).hasSize(1);
    assertThat(outcome.stays().getFirst().pod()).startsWith("default/kept-");
    assertThat(outcome.stays().getFirst().why()).contains("disruption budget");
    Assertions.assertThatThrownBy(outcome::orThrow)
        .isInstanceOf(SskubaException.class)
        .hasMessageContaining("SSK-KUBE-004");
    assertThat(told).isNotEmpty();
    fixture.api.delete(
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets/kept", null, KubeletFixture.CALL);
    long begin = System.nanoTime();
    assertThat(drain.drain(node, Duration.ofSeconds(20)).orThrow().gone()).hasSize(1);
    System.getLogger("it")
        .log(
            System.Logger.Level.INFO,
            "drain of the last pod {0} ms",
            (System.nanoTime() - begin) / 1_000_000);
    List<JsonNode> left =
        fixture.api.list(
            "/api/v1/pods", "fieldSelector=spec.nodeName%3D" + node, KubeletFixture.CALL);
    assertThat(left)
        .allSatisfy(
            pod ->
                assertThat(pod.at("/metadata/ownerReferences/0/kind").asText())
                    .isEqualTo("DaemonSet"));
    assertThat(drain.drain("no-such-node", Duration.ofSeconds(4)).drained()).isTrue();
    assertThat(fixture.kubectl("uncordon", node).code()).isZero();
    fixture.awaitPods(20, "app%3Dkept", 1);
  }

  @Test
  @Order(3)
  void watchAndKubeletsSurviveARestartOfTheApiServer() throws Exception {
    Map<String, String> seen = new ConcurrentHashMap<>();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicBoolean synced = new AtomicBoolean();
    Thread watch =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    fixture.api.watch(
                        "/api/v1/namespaces/default/configmaps",
                        null,
                        (type, object) -> {
                          if (object == null) {
                            synced.set(true);
                          } else if (type.equals("DELETED")) {
                            seen.remove(object.at("/metadata/name").asText());
                          } else {
                            seen.put(object.at("/metadata/name").asText(), type);
                          }
                        },
                        stop::get);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    KubeletFixture.until(10, () -> synced.get() ? "" : "not synced");
    configMap("before");
    KubeletFixture.until(10, () -> seen.containsKey("before") ? "" : "before not seen");
    fixture.plane.stopApiServer();
    fixture.plane.startApiServer();
    fixture.api.delete("/api/v1/namespaces/default/configmaps/before", null, KubeletFixture.CALL);
    configMap("after");
    KubeletFixture.until(
        20,
        () -> seen.containsKey("after") && !seen.containsKey("before") ? "" : "seen only " + seen);
    stop.set(true);
    watch.join(Duration.ofSeconds(5));
    assertThat(watch.isAlive()).isFalse();
    // The controller-manager lost its API too; what is asked here is that kubelets go on.
    fixture.deployment("later", 3);
    fixture.awaitPods(30, "app%3Dlater", 3);
    fixture.awaitNodes(20, 2);
  }

  private static void configMap(String name) {
    fixture.api.create(
        "/api/v1/namespaces/default/configmaps",
        Json.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\""
                + name
                + "\"}}"),
        KubeletFixture.CALL);
  }
}
