package io.sskuba.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Real processes race for one lease.
@Timeout(120)
class LeaseRaceTest {
  private static final int RACERS = 4;

  @TempDir Path root;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void endProcesses() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly();
      process.waitFor(10, TimeUnit.SECONDS);
    }
  }

  private Process racer() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                LeaseRacer.class.getName(),
                root.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    processes.add(process);
    return process;
  }

  @Test
  void exactlyOneProcessWinsAndAKilledOneIsFollowedAtOnce() throws Exception {
    List<BufferedReader> outputs = new ArrayList<>();
    for (int i = 0; i < RACERS; i++) {
      outputs.add(racer().inputReader());
    }
    for (BufferedReader output : outputs) {
      assertThat(output.readLine()).isEqualTo("READY");
    }
    for (Process process : processes) {
      process.getOutputStream().write('\n');
    }
    for (Process process : processes) {
      process.getOutputStream().flush();
    }
    List<String> results = new ArrayList<>();
    for (BufferedReader output : outputs) {
      results.add(output.readLine());
    }
    assertThat(results).containsOnlyOnce("WON");
    assertThat(results.stream().filter("LEASE_HELD"::equals)).hasSize(RACERS - 1);

    FileStateStore store = new FileStateStore(root, TimeSource.system(), RandomSource.system());
    Process winner = processes.get(results.indexOf("WON"));
    assertThat(store.lease("demo").orElseThrow().pid()).isEqualTo(winner.pid());
    winner.destroyForcibly();
    assertThat(winner.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(store.lease("demo")).isEmpty();
    try (StateStore.HeldLease lease = store.acquire("demo", "run-after")) {
      assertThat(lease.alive()).isTrue();
    }
  }
}
