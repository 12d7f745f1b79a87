package io.sskuba.rehearsal.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.talos.TalosNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A simulated machine keeps the contract of a Talos machine, and what its host relies on.
class SimMachineTest extends TalosNodeContractTest {
  private TestCluster cluster;
  private SimMachine machine;

  @BeforeEach
  void boot() throws Exception {
    cluster = new TestCluster("204.1");
    machine = cluster.machine(2);
    TestCluster.await(machine, Stage.MAINTENANCE);
  }

  @AfterEach
  void end() throws IOException {
    cluster.close();
  }

  @Override
  TalosNode maintenance() {
    return cluster.maintenance(2);
  }

  @Override
  TalosNode pinned(String fingerprint) {
    return cluster.nodes.maintenance(cluster.address(2), fingerprint);
  }

  @Override
  String fingerprint() {
    return machine.fingerprint();
  }

  @Override
  TalosNode secure() {
    return cluster.secure(2);
  }

  @Override
  byte[] controlPlaneConfig() {
    return cluster.controlPlaneConfig().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  byte[] workerConfig() {
    return cluster.workerConfig().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  void awaitMaintenance() throws InterruptedException {
    TestCluster.await(machine, Stage.MAINTENANCE);
  }

  @Override
  String bootId() {
    return machine.bootId();
  }

  @Test
  void theConfigIsKeptOnlyInMemoryAndOnlyForItsOwner() throws Exception {
    cluster.apply(2, cluster.controlPlaneConfig());
    Path file = machine.identity().memory().resolve("config.yaml");
    TestCluster.await("the boot to come to etcd", () -> machine.own().running("cri"));
    TestCluster.await("kubelet to log", () -> machine.services().log("kubelet") != null);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (Stream<Path> disk = Files.walk(machine.identity().disk())) {
      for (Path path : disk.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(path)).as("%s", path).doesNotContain("token", "LS0tLS");
      }
    }
  }

  @Test
  void aNewHostProcessFindsTheMachineAsItWas() throws Exception {
    cluster.apply(2, cluster.controlPlaneConfig());
    try (TalosNode node = secure()) {
      TestCluster.awaitVersion(node);
      TestCluster.await("the boot to come to etcd", () -> machine.own().running("cri"));
      node.bootstrap(LIMIT);
      TestCluster.await(machine, Stage.RUNNING);
    }
    machine.close();
    SimMachine again = cluster.machine(2);
    TestCluster.await(again, Stage.RUNNING);
    try (TalosNode node = secure()) {
      assertThat(node.etcdMembers(LIMIT)).hasSize(1);
    }
  }

  @Test
  void withoutItsConfigAMachineIsInMaintenanceButItsDiskIsNotLost() throws Exception {
    aNewHostProcessFindsTheMachineAsItWas();
    SimMachine before = cluster.network.find("machine-2").orElseThrow();
    before.close();
    Files.delete(before.identity().memory().resolve("config.yaml")); // the computer was restarted
    SimMachine again = cluster.machine(2);
    TestCluster.await(again, Stage.MAINTENANCE);
    cluster.apply(2, cluster.controlPlaneConfig());
    TestCluster.await(again, Stage.RUNNING); // etcd starts from its data, with no second bootstrap
    try (TalosNode node = secure()) {
      assertRefused(
          () -> node.bootstrap(LIMIT), "ALREADY_EXISTS", "etcd data directory is not empty");
    }
  }

  @Test
  void theGateLetsOnlyAnnouncedConfigsIn() throws Exception {
    SimMachine gated =
        cluster.machine(3, "nocloud", SimMachine.Options.quick().gate(digest -> false));
    TestCluster.await(gated, Stage.MAINTENANCE);
    try (TalosNode node = cluster.maintenance(3)) {
      assertRefused(
          () -> node.applyConfiguration(workerConfig(), false, LIMIT),
          "PERMISSION_DENIED",
          "takes only the config that sskuba announced");
    }
    assertThat(gated.configured()).isFalse();
  }

  @Test
  void aWorkerIsSignedForByAControlPlaneOfItsClusterAndWaitsForOne() throws Exception {
    SimMachine worker = cluster.machine(3, "metal", SimMachine.Options.quick());
    TestCluster.await(worker, Stage.MAINTENANCE);
    cluster.apply(3, cluster.workerConfig());
    TestCluster.await("maintenance mode to end", () -> !worker.sequencer().listening());
    assertThat(worker.stage()).isNotEqualTo(Stage.RUNNING);
    cluster.apply(2, cluster.controlPlaneConfig());
    TestCluster.await(worker, Stage.RUNNING);
    try (TalosNode node = cluster.secure(3)) {
      assertRefused(
          () -> node.bootstrap(LIMIT),
          "UNIMPLEMENTED",
          "bootstrap is only available on control plane nodes");
      assertRefused(
          () -> node.kubeconfig(LIMIT),
          "UNIMPLEMENTED",
          "kubeconfig is only available on control plane nodes");
    }
  }

  @Test
  void aMetalMachineInstallsItselfAndBootsAgain() throws Exception {
    SimMachine metal = cluster.machine(3, "metal", SimMachine.Options.quick());
    TestCluster.await(metal, Stage.MAINTENANCE);
    String before = metal.bootId();
    cluster.apply(2, cluster.controlPlaneConfig());
    cluster.apply(3, cluster.workerConfig());
    TestCluster.await(metal, Stage.RUNNING);
    assertThat(metal.bootId()).isNotEqualTo(before);
  }

  @Test
  void aReaderMayLookAndNothingElse() throws Exception {
    cluster.apply(2, cluster.controlPlaneConfig());
    try (TalosNode admin = secure();
        TalosNode reader =
            cluster.nodes.secure(
                cluster.address(2),
                cluster.talosconfig(Set.of("os:reader"), Duration.ofHours(1)))) {
      TestCluster.awaitVersion(admin);
      assertThat(reader.version(LIMIT).rbac()).isTrue();
      assertThat(reader.services(LIMIT)).isNotEmpty();
      for (var refused :
          List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
              () -> reader.bootstrap(LIMIT),
              () -> reader.kubeconfig(LIMIT),
              () -> reader.reboot(LIMIT),
              () -> reader.reset(true, true, LIMIT),
              () -> reader.applyConfiguration(workerConfig(), false, LIMIT),
              () ->
                  reader.resource(
                      "config", "MachineConfigs.config.talos.dev", "v1alpha1", LIMIT))) {
        assertRefused(refused, "PERMISSION_DENIED", "not authorized");
      }
      assertThat(admin.resource("config", "MachineConfigs.config.talos.dev", "v1alpha1", LIMIT))
          .contains("type: controlplane");
    }
  }

  @Test
  void expiredCredentialsAreRefused() throws Exception {
    cluster.apply(2, cluster.controlPlaneConfig());
    try (TalosNode admin = secure();
        TalosNode expired =
            cluster.nodes.secure(
                cluster.address(2),
                cluster.talosconfig(Set.of("os:admin"), Duration.ofSeconds(-5)))) {
      TestCluster.awaitVersion(admin);
      assertRefused(() -> expired.version(LIMIT), "UNAVAILABLE", "");
    }
  }

  @Test
  void poweredOffItIsGone() throws Exception {
    machine.powerOff();
    try (TalosNode node = maintenance()) {
      assertRefused(() -> node.version(LIMIT), "UNAVAILABLE", "refused");
    }
    machine.powerOn();
    TestCluster.await(machine, Stage.MAINTENANCE);
  }

  @Test
  void anAddressInUseIsTold() throws Exception {
    SimMachine intruder =
        new SimMachine(
            machine.identity(),
            machine.services(),
            new MachineNetwork(cluster.network.addresses()),
            SimMachine.Options.quick());
    try {
      intruder.powerOn();
      TestCluster.await("the failure to be told", () -> intruder.failure().isPresent());
      assertThat(intruder.failure().orElseThrow()).contains(machine.identity().twin());
    } finally {
      intruder.close();
    }
  }

  @Test
  void noSecretIsPrinted() throws Exception {
    cluster.apply(2, cluster.controlPlaneConfig());
    TestCluster.await("the config to be taken", machine::configured);
    assertThat(machine.toString() + machine.config()).doesNotContain("token");
  }
}
