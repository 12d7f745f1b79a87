package io.sskuba.rehearsal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The host process is started by whoever needs it first, in this JVM or another.
class HostProcessTest {
  private static final int CALLERS = 8;

  /// Warming up and the engine's first resource come at the same time.
  @Test
  void manyStartOne(@TempDir Path folder) throws Exception {
    HostProcess host =
        new HostProcess(
            new HostSettings(
                "many",
                "0123456789",
                folder.resolve("r"),
                Files.createDirectories(folder.resolve("disks")),
                folder.resolve("record.json"),
                Map.of(),
                List.of()),
            HostProcess.thisJvm());
    List<Future<Long>> pids = new ArrayList<>();
    CountDownLatch all = new CountDownLatch(CALLERS);
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CALLERS; i++) {
        pids.add(
            callers.submit(
                () -> {
                  all.countDown();
                  all.await();
                  return host.start();
                }));
      }
      long first = pids.getFirst().get();
      assertThat(first).isPositive();
      for (Future<Long> pid : pids) {
        assertThat(pid.get()).isEqualTo(first);
      }
    } finally {
      host.stop();
    }
    assertThat(host.ping()).isEqualTo(-1);
  }
}
