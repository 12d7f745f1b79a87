package io.sskuba.rehearsal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.metal.MetalProvider;
import io.sskuba.infra.metal.MetalTarget;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The provider of machines that exist, against simulated ones, over their real API on the wire.
class MetalProviderTest {
  private static final String PINNED = "6f1kS0a1cV2mH8y0b1mJvXcN1g4mGq2j0mA3m0o2xS8=";
  private TestCluster cluster;
  private Optional<String> talosconfig = Optional.empty();
  private MetalProvider provider;

  @BeforeEach
  void open() throws IOException {
    cluster = new TestCluster("247.9");
    provider = new MetalProvider(cluster.nodes, () -> talosconfig, TimeSource.system());
  }

  @AfterEach
  void close() throws IOException {
    cluster.close();
  }

  private void there(int host) throws InterruptedException {
    TestCluster.await(cluster.machine(host), Stage.MAINTENANCE);
  }

  private Map<String, Object> inputs(int host) {
    return Map.of("name", "demo-pi-" + host, "address", cluster.address(host));
  }

  private static void assertProblem(ProblemCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }

  private void configured(int host) throws InterruptedException {
    cluster.apply(host, cluster.controlPlaneConfig());
    talosconfig = Optional.of(cluster.talosconfig(host));
    try (var node = cluster.secure(host)) {
      TestCluster.awaitVersion(node);
    }
  }

  @Test
  void aMachineIsTakenOverAndGivenBack() throws InterruptedException {
    SimMachine machine = cluster.machine(2);
    TestCluster.await(machine, Stage.MAINTENANCE);
    var made = provider.create(MetalTarget.MACHINE, "demo-pi-2", inputs(2));
    assertThat(made.id()).isEqualTo(cluster.address(2));
    assertThat(made.outputs()).containsEntry("talosVersion", "v1.13.9");
    configured(2);
    assertThat(provider.create(MetalTarget.MACHINE, "demo-pi-2", inputs(2)).id())
        .as("a killed run's machine is adopted")
        .isEqualTo(cluster.address(2));

    provider.delete(MetalTarget.MACHINE, made.id(), inputs(2));
    try (var node = cluster.maintenance(2)) {
      assertThat(node.version(TestCluster.LIMIT).rbac()).isNull();
    }
    provider.delete(MetalTarget.MACHINE, made.id(), inputs(2));
    assertThat(provider.returned(cluster.address(2)).observed()).startsWith("in maintenance mode");
    machine.powerOff();
    assertThat(provider.returned(cluster.address(2)).back()).as("it was seen wiped").isTrue();
    assertThat(provider.returned(cluster.address(2)).observed()).contains("unreachable now");
  }

  @Test
  void somebodyElsesMachineIsRefused() throws InterruptedException {
    there(3);
    configured(3);
    talosconfig = Optional.empty();
    assertProblem(
        ProblemCode.MACHINE_TAKEN,
        () -> provider.create(MetalTarget.MACHINE, "demo-pi-3", inputs(3)));
    assertProblem(
        ProblemCode.IDENTITY_MISSING,
        () -> provider.delete(MetalTarget.MACHINE, cluster.address(3), inputs(3)));
    assertThat(provider.obstacle("demo-pi-3", cluster.address(3), PINNED))
        .as("a configured machine is told from a stranger, whatever certificate it shows")
        .hasValueSatisfying(p -> assertThat(p.code()).isEqualTo(ProblemCode.MACHINE_TAKEN));
    assertThat(provider.returned(cluster.address(3)).back()).isFalse();
  }

  /// A create that was cut off had only looked: nothing of it is in the state that is read again.
  @Test
  void aCreateThatWasCutOffIsForgotten() {
    assertThat(provider.read(MetalTarget.MACHINE, "id/demo-pi-2", inputs(2))).isEmpty();
    assertThat(provider.read(MetalTarget.MACHINE, cluster.address(2), inputs(2))).isPresent();
  }

  @Test
  void anotherCertificateIsRefused() throws InterruptedException {
    there(4);
    Map<String, Object> pinned =
        Map.of("name", "demo-pi-4", "address", cluster.address(4), "fingerprint", PINNED);
    assertProblem(
        ProblemCode.MACHINE_IDENTITY,
        () -> provider.create(MetalTarget.MACHINE, "demo-pi-4", pinned));
  }

  @Test
  void aSilentMachineIsSaidAndNeverCountedAsGivenBack() {
    talosconfig = Optional.of(cluster.talosconfig(5));
    assertProblem(
        ProblemCode.MACHINE_UNREACHABLE,
        () -> provider.create(MetalTarget.MACHINE, "demo-pi-5", inputs(5)));
    assertThatThrownBy(() -> provider.delete(MetalTarget.MACHINE, cluster.address(5), inputs(5)))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.MACHINE_UNREACHABLE);
              assertThat(e.problem().toString()).contains("talos.experimental.wipe");
            });
  }
}
