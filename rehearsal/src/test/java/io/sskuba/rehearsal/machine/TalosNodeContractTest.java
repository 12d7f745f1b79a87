package io.sskuba.rehearsal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.Yaml;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// What anybody may rely on when talking to a Talos machine through [TalosNode].
///
/// Each test gets a machine that has just booted for the first time.
abstract class TalosNodeContractTest {
  protected static final Duration LIMIT = TestCluster.LIMIT;

  abstract TalosNode maintenance();

  /// @param fingerprint pinned
  abstract TalosNode pinned(String fingerprint);

  /// The fingerprint that the machine's platform shows.
  abstract String fingerprint();

  abstract TalosNode secure();

  abstract byte[] controlPlaneConfig();

  abstract byte[] workerConfig();

  /// Waits until the machine is in maintenance mode.
  abstract void awaitMaintenance() throws InterruptedException;

  /// The kernel's id of the present boot.
  abstract String bootId();

  private void configured() throws InterruptedException {
    try (TalosNode node = maintenance()) {
      node.applyConfiguration(controlPlaneConfig(), false, LIMIT);
    }
    try (TalosNode node = secure()) {
      TestCluster.awaitVersion(node);
      TestCluster.await("kubelet to run", () -> running(node, "kubelet"));
    }
  }

  private static boolean running(TalosNode node, String service) {
    try {
      return node.services(LIMIT).stream()
          .anyMatch(found -> found.id().equals(service) && found.state().equals("Running"));
    } catch (TalosCallException e) {
      return false; // it is on its way
    }
  }

  static void assertRefused(ThrowingCallable call, String status, String text) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            TalosCallException.class,
            e -> {
              assertThat(e.status()).isEqualTo(status);
              assertThat(e.text()).contains(text);
            });
  }

  @Test
  void inMaintenanceTheVersionHasNoFeatures() {
    try (TalosNode node = maintenance()) {
      TalosNode.Version version = node.version(LIMIT);
      assertThat(version.tag()).isEqualTo("v1.13.9");
      assertThat(version.rbac()).isNull();
    }
  }

  @Test
  void theRightFingerprintIsAcceptedAndAnotherIsNot() {
    try (TalosNode node = pinned(fingerprint())) {
      assertThat(node.version(LIMIT).tag()).isEqualTo("v1.13.9");
    }
    String other = "A" + fingerprint().substring(1).replace('a', 'b');
    try (TalosNode node = pinned(other)) {
      assertThatThrownBy(() -> node.version(LIMIT))
          .isInstanceOfSatisfying(
              SskubaException.class,
              e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.MACHINE_IDENTITY));
    }
  }

  @Test
  void credentialsAreOfNoUseBeforeThereIsAConfig() {
    try (TalosNode node = secure()) {
      assertRefused(() -> node.version(LIMIT), "UNAVAILABLE", "");
    }
  }

  @Test
  void inMaintenanceNothingButTheConfigCanBeChanged() {
    try (TalosNode node = maintenance()) {
      assertRefused(() -> node.bootstrap(LIMIT), "PERMISSION_DENIED", "not authorized");
      assertRefused(() -> node.reset(false, true, LIMIT), "PERMISSION_DENIED", "not authorized");
      assertRefused(() -> node.reboot(LIMIT), "PERMISSION_DENIED", "not authorized");
      assertRefused(() -> node.kubeconfig(LIMIT), "PERMISSION_DENIED", "not authorized");
    }
  }

  @Test
  void aConfigWithAnUnknownKeyIsRefusedWithTheKey() {
    try (TalosNode node = maintenance()) {
      byte[] config = "machine:\n  tpye: controlplane\n".getBytes(StandardCharsets.UTF_8);
      assertRefused(
          () -> node.applyConfiguration(config, false, LIMIT),
          "INVALID_ARGUMENT",
          "unknown keys found during decoding:\nmachine:\n    tpye: controlplane\n");
    }
  }

  @Test
  void anIncompleteConfigIsRefusedWithAllThatIsMissing() {
    try (TalosNode node = maintenance()) {
      byte[] config = "machine:\n  type: controlplane\n".getBytes(StandardCharsets.UTF_8);
      assertRefused(
          () -> node.applyConfiguration(config, false, LIMIT),
          "INVALID_ARGUMENT",
          "* cluster instructions are required");
    }
  }

  @Test
  void aDryRunChangesNothing() {
    try (TalosNode node = maintenance()) {
      TalosNode.Applied applied = node.applyConfiguration(controlPlaneConfig(), true, LIMIT);
      assertThat(applied.mode()).isEqualTo("NO_REBOOT");
      assertThat(applied.details()).startsWith("Dry run summary:").contains("+version: v1alpha1");
      assertThat(node.version(LIMIT).rbac()).isNull();
    }
  }

  @Test
  void aConfigClosesMaintenanceModeAndOpensTheSecureApi() throws InterruptedException {
    try (TalosNode node = maintenance()) {
      TalosNode.Applied applied = node.applyConfiguration(controlPlaneConfig(), false, LIMIT);
      assertThat(applied.mode()).isEqualTo("NO_REBOOT");
      assertThat(applied.details()).isEqualTo("Applied configuration without a reboot");
    }
    try (TalosNode node = secure()) {
      assertThat(TestCluster.awaitVersion(node).rbac()).isTrue();
    }
    try (TalosNode node = maintenance()) {
      assertRefused(() -> node.version(LIMIT), "UNAVAILABLE", "");
    }
  }

  @Test
  void etcdIsBootstrappedOnce() throws InterruptedException {
    configured();
    try (TalosNode node = secure()) {
      assertRefused(() -> node.etcdMembers(Duration.ofMillis(700)), "DEADLINE_EXCEEDED", "");
      node.bootstrap(LIMIT);
      TestCluster.await("etcd to run", () -> running(node, "etcd"));
      assertThat(node.etcdMembers(LIMIT)).hasSize(1);
      assertRefused(
          () -> node.bootstrap(LIMIT), "ALREADY_EXISTS", "etcd data directory is not empty");
    }
  }

  @Test
  void theKubeconfigIsAnAdministratorsForTheClusterEndpoint() throws InterruptedException {
    configured();
    try (TalosNode node = secure()) {
      String text = new String(node.kubeconfig(LIMIT), StandardCharsets.UTF_8);
      assertThat(Yaml.load(text))
          .isInstanceOfSatisfying(
              Map.class, map -> assertThat(map.get("current-context")).isEqualTo("admin@demo"));
      assertThat(text).contains(":6443").contains("namespace: default");
    }
  }

  @Test
  void theServicesAreTalosOwnAndThoseOfKubernetes() throws InterruptedException {
    configured();
    try (TalosNode node = secure()) {
      List<String> ids = node.services(LIMIT).stream().map(TalosNode.Service::id).toList();
      assertThat(ids)
          .isSorted()
          .contains("apid", "containerd", "cri", "etcd", "kubelet", "machined", "trustd", "udevd");
    }
  }

  @Test
  void resourcesAreReadAsYaml() throws InterruptedException {
    try (TalosNode node = maintenance()) {
      assertThat(node.resource("runtime", "MachineStatuses.runtime.talos.dev", "machine", LIMIT))
          .contains("stage: maintenance");
    }
    configured();
    try (TalosNode node = secure()) {
      assertThat(node.resource("k8s", "Nodenames.kubernetes.talos.dev", "nodename", LIMIT))
          .contains("nodename: ");
      assertRefused(
          () -> node.resource("runtime", "MachineStatuses.runtime.talos.dev", "other", LIMIT),
          "NOT_FOUND",
          "resource MachineStatuses.runtime.talos.dev(runtime/other@undefined) doesn't exist");
    }
  }

  @Test
  void aRebootKeepsConfigAndData() throws InterruptedException {
    configured();
    try (TalosNode node = secure()) {
      node.bootstrap(LIMIT);
      String before = bootId();
      node.reboot(LIMIT);
      TestCluster.await("another boot", () -> !bootId().equals(before));
      TestCluster.awaitVersion(node);
      TestCluster.await("etcd to run again", () -> running(node, "etcd"));
      assertThat(node.etcdMembers(LIMIT)).hasSize(1);
    }
  }

  @Test
  void aResetForgetsEverything() throws InterruptedException {
    configured();
    try (TalosNode node = secure()) {
      node.bootstrap(LIMIT);
      node.reset(false, true, LIMIT);
    }
    awaitMaintenance();
    try (TalosNode node = maintenance()) {
      assertThat(node.version(LIMIT).rbac()).isNull();
    }
    configured();
    try (TalosNode node = secure()) {
      node.bootstrap(LIMIT); // not refused: the data is gone
    }
  }

  @Test
  void aChangeOfTheMachineTypeNeedsAReboot() throws InterruptedException {
    configured();
    try (TalosNode node = secure()) {
      TalosNode.Applied applied = node.applyConfiguration(workerConfig(), true, LIMIT);
      assertThat(applied.mode()).isEqualTo("REBOOT");
      assertThat(applied.details()).contains("-  type: controlplane\n+  type: worker\n");
    }
  }
}
