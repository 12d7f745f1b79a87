package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.rehearsal.kubelet.SimKubelets;
import io.sskuba.rehearsal.machine.MachineConfigView;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What dies comes back or says why; what is orphaned is found.
class PlaneFaultsLongIT {
  @Test
  void programsThatAreKilledComeBackWithTheirData() throws Exception {
    try (TestCluster cluster = new TestCluster("127.205.4", 1)) {
      cluster.up();
      PlaneServices machine = cluster.machines.getFirst();
      String body =
          "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"kept\"}}";
      assertThat(cluster.call("POST", "/api/v1/namespaces/default/configmaps", body).code())
          .isEqualTo(201);
      Map<String, Long> before = machine.pids();
      before
          .values()
          .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
      cluster.await(
          "all programs again",
          60,
          () ->
              machine.pids().size() == before.size()
                  && machine.pids().values().stream().noneMatch(before::containsValue)
                  && machine.apiReady());
      assertThat(cluster.get("/api/v1/namespaces/default/configmaps/kept").path("kind").asText())
          .isEqualTo("ConfigMap");
      cluster.await("no problem left", 30, () -> machine.problem().isEmpty());
    }
  }

  @Test
  void aProgramThatDiesOnStartShowsItsLastLines() throws Exception {
    try (TestCluster cluster = new TestCluster("127.205.5", 1)) {
      PlaneServices machine = cluster.machines.getFirst();
      String yaml = cluster.view(0).text();
      String broken = yaml.replace("service-account-extend-token-expiration", "no-such-flag");
      assertThat(broken).isNotEqualTo(yaml);
      machine.start(MachineConfigView.parse(broken));
      machine.bootstrap();
      cluster.await("problem", 30, () -> machine.problem().isPresent());
      assertThat(machine.problem().orElseThrow())
          .satisfies(
              problem -> {
                assertThat(problem.code().id()).isEqualTo("SSK-INFRA-005");
                assertThat(problem.facts().toString()).contains("unknown flag: --no-such-flag");
              });
      assertThat(machine.services().getFirst().state()).isEqualTo("Running");
    }
  }

  @Test
  void nodesRegisterThroughTheEndpointAndAreReachedThroughTheDoor() throws Exception {
    try (TestCluster cluster =
        new TestCluster("127.205.6", 1, new SimKubelets(TestCluster.TIME, RandomSource.system()))) {
      long began = System.nanoTime();
      cluster.up();
      String path = "/api/v1/nodes/demo-control-plane-1";
      cluster.await(
          "node ready",
          60,
          () -> {
            TlsClient.Reply reply = cluster.call("GET", path, null);
            return reply.body().contains("\"type\":\"Ready\",\"status\":\"True\"");
          });
      System.getLogger("plane-it")
          .log(
              System.Logger.Level.INFO,
              "node Ready after {0} ms",
              Duration.ofNanos(System.nanoTime() - began).toMillis());
      cluster.await(
          "role",
          20,
          () ->
              cluster
                  .get(path)
                  .path("metadata")
                  .path("labels")
                  .has("node-role.kubernetes.io/control-plane"));
      assertThat(cluster.get(path).path("spec").path("taints").toString())
          .contains("node-role.kubernetes.io/control-plane");
      cluster.await(
          "mirror pod",
          30,
          () ->
              cluster
                      .call(
                          "GET",
                          "/api/v1/namespaces/kube-system/pods/kube-apiserver-demo-control-plane-1",
                          null)
                      .code()
                  == 200);
      String logs =
          cluster.kubectl(null, "logs", "-n", "kube-system", "kube-apiserver-demo-control-plane-1");
      assertThat(logs).contains("simulated");
    }
  }

  /// The kernel ends the programs of a host that is killed, or `pids.json` leads to them.
  @Test
  void programsOfAHostThatWasKilledDoNotSurviveUnnoticed(@TempDir Path folder) throws Exception {
    Process host =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                Orphan.class.getName(),
                folder.toString())
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(host.getInputStream(), StandardCharsets.UTF_8))) {
      long pid = Long.parseLong(out.readLine());
      ProcessHandle child = ProcessHandle.of(pid).orElseThrow();
      assertThat(child.isAlive()).isTrue();
      host.destroyForcibly().waitFor();
      List<String> killed = StrayProcesses.kill(folder);
      if (!Files.isExecutable(Path.of("/usr/bin/setpriv"))) {
        assertThat(killed).containsExactly("sleeper");
      }
      child.onExit().get(5, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(StrayProcesses.find(folder)).isEmpty();
    } finally {
      host.destroyForcibly();
      StrayProcesses.kill(folder);
    }
  }
}
