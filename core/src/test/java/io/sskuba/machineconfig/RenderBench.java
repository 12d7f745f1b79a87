package io.sskuba.machineconfig;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.net.AddressMap;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import io.sskuba.spec.ClusterSpec;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Times the configs of 3 + 100 machines in process, secrets given: the first run of a cold JVM,
/// and the median of the runs after it. Run as a main class; the bar is one second.
public final class RenderBench {
  private static final int RUNS = 7;
  private static final int CONTROL_PLANES = 3;
  private static final int WORKERS = 100;

  private RenderBench() {}

  public static void main(String[] args) throws Exception {
    SecretsBundle secrets =
        SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
    ClusterSpec spec =
        ExampleClusters.cluster(
            "bench",
            Duration.ofHours(8),
            ExampleClusters.target(
                ClusterSpec.Provider.AWS,
                ExampleClusters.pool("control-plane", CONTROL_PLANES),
                List.of(
                    ExampleClusters.gpu(
                        ExampleClusters.pool("w", WORKERS),
                        List.of(ExampleClusters.GPU_TAINT),
                        Map.of("a", "b"))),
                ExampleClusters.network("10.0.0.0/16"),
                null,
                new ClusterSpec.ProviderSettings.Aws("r", List.of())));
    RenderInput input =
        new RenderInput(
            spec,
            secrets,
            ExampleClusters.example(spec, "api.example.org", "10.0.0.", AddressMap.IDENTITY)
                .topology(),
            Instant.now(),
            RandomSource.system(),
            RenderInput.Values.NONE);
    List<Double> times = new ArrayList<>();
    List<Double> cpuTimes = new ArrayList<>();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (int i = 0; i <= RUNS; i++) {
      long start = System.nanoTime();
      long cpu = threads.getCurrentThreadCpuTime();
      int machines = MachineConfigRenderer.render(input).machines().size();
      times.add((System.nanoTime() - start) / 1e6);
      cpuTimes.add((threads.getCurrentThreadCpuTime() - cpu) / 1e6);
      if (machines != CONTROL_PLANES + WORKERS) {
        throw new IllegalStateException("rendered " + machines);
      }
    }
    double first = times.removeFirst();
    double firstCpu = cpuTimes.removeFirst();
    Collections.sort(times);
    Collections.sort(cpuTimes);
    System.out.printf(
        Locale.ROOT,
        "%d machines: first run %.0f ms (CPU %.0f), median of %d more %.0f ms (CPU %.0f), load %.1f%n",
        CONTROL_PLANES + WORKERS,
        first,
        firstCpu,
        RUNS,
        times.get(RUNS / 2),
        cpuTimes.get(RUNS / 2),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }
}
