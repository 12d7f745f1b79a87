package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerProcessTest {
  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it before each test
  Path folder;

  private final List<PeerProcess> processes = new ArrayList<>();

  @AfterEach
  void end() throws InterruptedException {
    for (PeerProcess process : processes) {
      process.kill();
      process.await(Duration.ofSeconds(2));
    }
  }

  @Test
  void startsAgainWhatDiesAndTellsItsLastLines() throws Exception {
    Events events = new Events(2, 2);
    PeerProcess process = process("echo starting; echo the cause >&2; exit 3", events);
    process.start();
    assertThat(events.died.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(events.started.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(events.causes.getFirst()).isEqualTo("exit status 3: starting | the cause");
    assertThat(process.restarts()).isPositive();
  }

  @Test
  void endsByTermAndLeavesNoEntry() throws Exception {
    Events events = new Events(1, 1);
    PeerProcess process = process("trap 'exit 0' TERM; while :; do sleep 0.05; done", events);
    process.start();
    assertThat(events.started.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(StrayProcesses.find(folder)).containsExactly("peer");
    process.end();
    process.await(Duration.ofSeconds(5));
    assertThat(process.alive()).isFalse();
    assertThat(StrayProcesses.find(folder)).isEmpty();
    assertThat(events.causes).isEmpty();
  }

  @Test
  void killsWhatDoesNotEnd() throws Exception {
    Events events = new Events(1, 1);
    PeerProcess process = process("trap '' TERM; while :; do sleep 0.05; done", events);
    process.start();
    assertThat(events.started.await(20, TimeUnit.SECONDS)).isTrue();
    process.end();
    process.await(Duration.ofMillis(200));
    assertThat(process.alive()).isFalse();
  }

  @Test
  void aStrayIsFoundByPidAndStartTimeAndKilled() throws Exception {
    Process stray = new ProcessBuilder("sleep", "60").start();
    try {
      ProcessTable table = new ProcessTable(folder);
      table.put("etcd", stray.pid());
      String file = Files.readString(folder.resolve(ProcessTable.FILE));
      // Another process with the same pid, as after a reboot or a wrap of pids.
      AtomicFiles.writeString(
          folder.resolve(ProcessTable.FILE),
          file.replaceAll("\"start\" : (\\d+)", "\"start\" : 1"));
      assertThat(StrayProcesses.kill(folder)).isEmpty();
      assertThat(stray.isAlive()).isTrue();
      AtomicFiles.writeString(folder.resolve(ProcessTable.FILE), file);
      assertThat(StrayProcesses.kill(folder)).containsExactly("etcd");
      assertThat(stray.isAlive()).isFalse();
      assertThat(StrayProcesses.kill(folder)).isEmpty();
    } finally {
      stray.destroyForcibly();
    }
  }

  @Test
  void aLogIsMovedAsideOnceItIsTooLarge() throws IOException {
    Path log = folder.resolve("x.log");
    Files.writeString(log, "0123456789");
    PeerProcess.rotate(log, 10);
    assertThat(log).hasContent("0123456789");
    Files.writeString(log, "0123456789a");
    PeerProcess.rotate(log, 10);
    assertThat(log).isEmptyFile();
    assertThat(folder.resolve("x.log.1")).hasContent("0123456789a");
  }

  private PeerProcess process(String script, Events events) {
    PeerProcess process =
        new PeerProcess(
            "peer",
            List.of("/bin/sh", "-c", script),
            Map.of("PATH", "/usr/bin:/bin"),
            folder.resolve("peer.log"),
            new ProcessTable(folder),
            TimeSource.system(),
            events);
    processes.add(process);
    return process;
  }

  private static final class Events implements PeerProcess.Listener {
    final CountDownLatch started;
    final CountDownLatch died;
    final List<String> causes = Collections.synchronizedList(new ArrayList<>());

    Events(int starts, int deaths) {
      started = new CountDownLatch(starts);
      died = new CountDownLatch(deaths);
    }

    @Override
    public void prepare() {}

    @Override
    public void started(long pid) {
      started.countDown();
    }

    @Override
    public void died(String cause) {
      causes.add(cause);
      died.countDown();
    }
  }
}
