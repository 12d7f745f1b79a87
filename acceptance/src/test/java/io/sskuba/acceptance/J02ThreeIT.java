package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.testkit.Peers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// Three control planes: a real etcd of three, and what happens when one is lost. One cluster, the
/// methods in order.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class J02ThreeIT {
  private static final String NAME = "trio";
  private static final Duration BACK = Duration.ofSeconds(60);
  private Ctl ctl;
  private Path file;

  @BeforeAll
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("trio.yaml", Clusters.yaml(NAME, 3, 1));
  }

  @AfterAll
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  @Test
  @Order(1)
  void hasThreeMembers() throws Exception {
    Peers.require("talosctl");
    ctl.run("apply", "-f", file.toString()).exits(0);
    Clusters.assertReady(ctl.status(NAME), 4);
    assertThat(members()).hasSize(3).allMatch(line -> line.contains("trio-control-plane-"));
    assertThat(ctl.bootstraps(NAME)).isEqualTo(1);
    assertThat(ctl.pids("kube-apiserver", "--etcd-servers")).hasSize(3);
    Clusters.remember(ctl, NAME, "of three");
  }

  @Test
  @Order(2)
  void answersWithoutOneAndTakesItBack() throws Exception {
    String second = twin(2);
    List<Long> lost = ctl.pids("/" + folder(second) + "/plane/");
    assertThat(lost).as("%s", ctl.processes()).hasSizeGreaterThanOrEqualTo(4);
    for (long pid : lost) {
      Ctl.kill(pid);
    }
    assertThat(Clusters.remembered(ctl, NAME)).isEqualTo("of three");
    ctl.kubectl(NAME, "create", "configmap", "meanwhile").exits(0);
    // The machine starts its programs again, as Talos does.
    Ctl.await(
        BACK,
        "programs of " + second,
        () -> ctl.pids("/" + folder(second) + "/plane/").size() >= 4);
    Ctl.await(BACK, "etcd healthy on all three", this::allHealthy);
    assertThat(ctl.talosctl(NAME, "-n", second, "services").exits(0).out()).contains("etcd");
  }

  @Test
  @Order(3)
  void takesBackAMachineThatForgotEverything() throws Exception {
    String third = twin(3);
    String before = Clusters.etcdContents(ctl, NAME);
    ctl.talosctl(NAME, "-n", third, "reset", "--graceful=true", "--reboot", "--wait=false")
        .exits(0);
    Ctl.await(BACK, "two members", () -> members().size() == 2);
    assertThat(Clusters.remembered(ctl, NAME)).isEqualTo("of three");
    assertThat(ctl.status(NAME).path("state").asText()).isNotEqualTo("ready");
    ctl.run("apply", "-f", file.toString()).exits(0);
    Ctl.await(BACK, "three members", () -> members().size() == 3);
    Ctl.await(BACK, "etcd healthy on all three", this::allHealthy);
    assertThat(Clusters.etcdContents(ctl, NAME)).isEqualTo(before);
    assertThat(Clusters.remembered(ctl, NAME)).isEqualTo("of three");
    assertThat(ctl.bootstraps(NAME)).isEqualTo(1);
    Clusters.assertReady(ctl.status(NAME), 4);
  }

  @Test
  @Order(4)
  void isGone() throws Exception {
    Clusters.deleteAndLook(ctl, NAME);
  }

  private List<String> members() throws IOException, InterruptedException {
    Ctl.Said said = ctl.talosctl(NAME, "-n", twin(1), "etcd", "members");
    return said.out().lines().skip(1).filter(line -> !line.isBlank()).toList();
  }

  private boolean allHealthy() throws IOException, InterruptedException {
    for (int i = 1; i <= 3; i++) {
      Ctl.Said said = ctl.talosctl(NAME, "-n", twin(i), "service", "etcd");
      if (said.exit() != 0 || !said.out().contains("HEALTH") || !said.out().contains("OK")) {
        return false;
      }
    }
    return true;
  }

  /// The loopback address of a control plane.
  private String twin(int number) throws IOException {
    JsonNode topology = ctl.record(NAME).path("details").path("topology");
    for (JsonNode machine : topology.path("machines")) {
      if (machine.path("name").asText().equals("trio-control-plane-" + number)) {
        return topology.path("twins").path(machine.path("address").asText()).asText();
      }
    }
    throw new AssertionError("no control plane " + number + " in " + topology);
  }

  /// The last two numbers of an address, by which a machine's folder in memory is named.
  private static String folder(String address) {
    String[] parts = address.split("\\.");
    return parts[2] + "." + parts[3];
  }
}
