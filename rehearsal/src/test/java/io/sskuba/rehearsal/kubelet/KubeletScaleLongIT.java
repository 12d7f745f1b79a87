package io.sskuba.rehearsal.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Many nodes. Figures are logged; the limits asserted are wide, since other work may run beside.
///
/// `main` runs one measurement alone, to be started with the host process's own JVM options:
/// `CSR-NODES FLEET-NODES PODS [whole]`.
final class KubeletScaleLongIT {
  private static final System.Logger LOG = System.getLogger("it");

  @Test
  void twoHundredNodesJoinByRequestsOfTheirOwn() throws Exception {
    assertThat(measure("127.206.3", 200, 0, 0, false)).isLessThan(120_000);
  }

  @Test
  void aThousandNodesFiftyOfThemByRequest() throws Exception {
    assertThat(measure("127.206.4", 50, 950, 200, false)).isLessThan(180_000);
  }

  public static void main(String[] arguments) throws Exception {
    measure(
        "127.206.5",
        Integer.parseInt(arguments[0]),
        Integer.parseInt(arguments[1]),
        Integer.parseInt(arguments[2]),
        arguments.length > 3);
  }

  /// Milliseconds until all nodes were Ready.
  private static long measure(String block, int real, int bulk, int pods, boolean whole)
      throws Exception {
    try (KubeletFixture fixture = new KubeletFixture(block, 45, whole);
        FleetNodes fleet = new FleetNodes(fixture.api, TimeSource.system(), _ -> {})) {
      report("before: plane ready in " + fixture.plane.readyMs + " ms", fixture, 0);
      long begin = System.nanoTime();
      for (int i = 0; i < real; i++) {
        fixture.kubelets.start(fixture.spec("n-" + i, block + "." + (20 + i)));
      }
      fleet.register(
          new FleetNodes.Shape(
              "fleet-", "10.77.0.1", Map.of(), List.of(), Map.of(), "v1.36.3", "v1.13.9", "amd64"),
          bulk,
          Duration.ofSeconds(120));
      long registered = (System.nanoTime() - begin) / 1_000_000;
      fixture.awaitNodes(180, real + bulk);
      long ready = (System.nanoTime() - begin) / 1_000_000;
      report(
          real + " nodes by CSR, " + bulk + " in bulk (registered in " + registered + " ms)",
          fixture,
          ready);
      if (pods > 0) {
        begin = System.nanoTime();
        fixture.deployment("wide", pods);
        fixture.awaitPods(120, "app%3Dwide", pods);
        report("and " + pods + " pods", fixture, (System.nanoTime() - begin) / 1_000_000);
      }
      return ready;
    }
  }

  private static void report(String what, KubeletFixture fixture, long ms) throws Exception {
    System.gc();
    LOG.log(
        System.Logger.Level.INFO,
        "{0}: {1} ms; this JVM {2} MB resident, {3} MB heap used, {4} s CPU; {5}",
        what,
        ms,
        TestPlane.residentMb(ProcessHandle.current().pid()),
        (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20,
        ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toSeconds(),
        fixture.plane.memory());
  }
}
