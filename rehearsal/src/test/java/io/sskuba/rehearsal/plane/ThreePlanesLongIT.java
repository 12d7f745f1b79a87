package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.rehearsal.machine.NodeServices;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Three real members of etcd and three API servers behind the endpoint; one is lost, and one
/// reset.
class ThreePlanesLongIT {
  private static final System.Logger LOG = System.getLogger("plane-it");

  @Test
  void survivesTheLossOfAMachineAndTakesItBack() throws Exception {
    try (TestCluster cluster = new TestCluster("127.205.3", 3)) {
      long began = System.nanoTime();
      cluster.up();
      took("three planes ready", began);
      cluster.await("three members", 20, () -> voters(cluster, 0) == 3);
      write(cluster, "before");

      PlaneServices lost = cluster.machines.get(1);
      began = System.nanoTime();
      List<ProcessHandle> killed =
          lost.pids().values().stream().map(pid -> ProcessHandle.of(pid).orElseThrow()).toList();
      assertThat(killed).hasSize(4);
      lost.stop();
      took("stop of one machine", began);
      assertThat(killed).noneMatch(ProcessHandle::isAlive);
      for (int i = 0; i < 20; i++) {
        assertThat(read(cluster, "before")).isEqualTo("before");
      }
      write(cluster, "during");

      // Back with its data: no bootstrap.
      lost.start(cluster.view(1));
      cluster.await("ready again", 60, lost::apiReady);
      assertThat(voters(cluster, 1)).isEqualTo(3);
      assertThat(EtcdValues.read(cluster, "/registry/configmaps/default/during"))
          .contains("during");

      // Reset without leaving, as a machine that burnt: its stale member is removed when it
      // rejoins.
      PlaneServices reset = cluster.machines.get(2);
      long old = idOf(cluster, "demo-control-plane-3");
      reset.stop();
      reset.wipe();
      reset.start(cluster.view(2));
      cluster.await("rejoined", 60, reset::apiReady);
      assertThat(voters(cluster, 0)).isEqualTo(3);
      assertThat(idOf(cluster, "demo-control-plane-3")).isNotEqualTo(old);
      assertThat(read(cluster, "during")).isEqualTo("during");

      // A graceful reset leaves no member behind.
      reset.leave();
      reset.wipe();
      assertThat(cluster.etcd(0).members()).hasSize(2);
      assertThat(read(cluster, "before")).isEqualTo("before");
    }
  }

  private static int voters(TestCluster cluster, int machine) throws Exception {
    return (int)
        cluster.machines.get(machine).etcdMembers().stream().filter(m -> !m.learner()).count();
  }

  private static long idOf(TestCluster cluster, String name) throws Exception {
    return cluster.machines.getFirst().etcdMembers().stream()
        .filter(m -> m.hostname().equals(name))
        .mapToLong(NodeServices.Member::id)
        .sum();
  }

  private static void write(TestCluster cluster, String name) throws Exception {
    String body =
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\""
            + name
            + "\"},\"data\":{\"k\":\""
            + name
            + "\"}}";
    assertThat(cluster.call("POST", "/api/v1/namespaces/default/configmaps", body).code())
        .isEqualTo(201);
  }

  private static String read(TestCluster cluster, String name) throws Exception {
    return cluster
        .get("/api/v1/namespaces/default/configmaps/" + name)
        .path("data")
        .path("k")
        .asText();
  }

  private static void took(String what, long began) {
    LOG.log(
        System.Logger.Level.INFO,
        "{0}: {1} ms",
        what,
        Duration.ofNanos(System.nanoTime() - began).toMillis());
  }
}
