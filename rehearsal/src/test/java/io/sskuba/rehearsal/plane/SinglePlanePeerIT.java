package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.rehearsal.machine.NodeServices;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// One control plane from a rendered machine configuration, with the real programs.
class SinglePlanePeerIT {
  @SuppressWarnings("NullAway.Init") // set before all tests
  private static TestCluster cluster;

  @BeforeAll
  static void up() throws Exception {
    cluster = new TestCluster("127.205.1", 1);
    long began = System.nanoTime();
    PlaneServices machine = cluster.machines.getFirst();
    machine.start(cluster.view(0));
    machine.bootstrap();
    cluster.await("API server ready", 60, machine::apiReady);
    System.getLogger("plane-it")
        .log(
            System.Logger.Level.INFO,
            "readyz after {0} ms",
            Duration.ofNanos(System.nanoTime() - began).toMillis());
  }

  @AfterAll
  static void down() throws Exception {
    cluster.close();
  }

  @Test
  void answersThroughTheEndpoint() throws Exception {
    assertThat(cluster.call("GET", "/readyz", null).body()).isEqualTo("ok");
    assertThat(cluster.get("/version").path("gitVersion").asText()).isEqualTo("v1.36.3");
  }

  @Test
  void runsTheFourProgramsAndSaysSo() throws Exception {
    PlaneServices machine = cluster.machines.getFirst();
    cluster.await("all programs", 10, () -> machine.pids().size() == 4);
    NodeServices.ServiceState etcd = machine.services().getFirst();
    assertThat(etcd.id()).isEqualTo("etcd");
    assertThat(etcd.state()).isEqualTo("Running");
    assertThat(etcd.healthy()).isTrue();
    assertThat(machine.etcdMembers())
        .singleElement()
        .satisfies(m -> assertThat(m.peerUrls()).containsExactly("https://10.205.1.2:2380"));
  }

  @Test
  void refusesASecondBootstrap() {
    assertThatThrownBy(() -> cluster.machines.getFirst().bootstrap())
        .isInstanceOf(NodeServices.Refused.class)
        .hasMessage("etcd data directory is not empty");
  }

  @Test
  void keepsSecretsEncryptedInEtcd() throws Exception {
    String body =
        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\"},"
            + "\"stringData\":{\"k\":\"PLAINTEXT-MARKER\"}}";
    assertThat(cluster.call("POST", "/api/v1/namespaces/default/secrets", body).code())
        .isEqualTo(201);
    String value = EtcdValues.read(cluster, "/registry/secrets/default/s");
    assertThat(value).startsWith("k8s:enc:secretbox:v1:key2:").doesNotContain("PLAINTEXT-MARKER");
    assertThat(EtcdValues.read(cluster, "/registry/namespaces/default")).contains("default");
  }

  @Test
  void refusesAPrivilegedPod() throws Exception {
    String body =
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":"
            + "{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"securityContext\":"
            + "{\"privileged\":true}}]}}";
    cluster.await(
        "service account",
        20,
        () ->
            cluster.call("GET", "/api/v1/namespaces/default/serviceaccounts/default", null).code()
                == 200);
    TlsClient.Reply reply = cluster.call("POST", "/api/v1/namespaces/default/pods", body);
    assertThat(reply.code()).isEqualTo(403);
    assertThat(reply.body()).contains("violates PodSecurity");
  }

  @Test
  void writesTheAuditLog() throws Exception {
    cluster.call("GET", "/api/v1/namespaces/audit-marker", null);
    java.nio.file.Path log = cluster.machines.getFirst().log("audit");
    assertThat(log).isNotNull();
    cluster.await("audit log", 10, () -> log != null && Files.size(log) > 0);
  }

  @Test
  void deniesWhoShowsNoCertificate() throws Exception {
    assertThat(Anonymous.get(cluster, "/version")).isEqualTo(401);
  }

  @Test
  void letsNodesIn() throws Exception {
    cluster.await(
        "bootstrap token",
        10,
        () ->
            cluster
                .get("/api/v1/namespaces/kube-system/secrets")
                .path("items")
                .toString()
                .contains("bootstrap-token-"));
    assertThat(cluster.recorded.started.get("demo-control-plane-1"))
        .satisfies(
            spec -> {
              assertThat(spec.endpointUrl()).isEqualTo("https://127.205.1.1:6443");
              assertThat(spec.taints())
                  .containsExactly("node-role.kubernetes.io/control-plane=:NoSchedule");
            });
  }
}
