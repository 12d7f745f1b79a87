package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.SuppressForbidden;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// The main class of a cluster's detached host process: it holds the simulated machines and
/// supervises the real programs.
///
/// It ends itself, and everything that it runs, when `delete` says so, when the cluster's lifetime
/// is over, or when the cluster's record has been missing for [#ORPHAN_LIMIT].
@SuppressForbidden(reason = "a main class: its log is standard error, and it ends the process")
public final class HostMain {
  /// A host without a record serves nobody (design, section 6).
  static final Duration ORPHAN_LIMIT = Duration.ofSeconds(60);

  /// Pid and start time of the host, for whoever finds its socket dead.
  static final String PID_FILE = "host.pid";

  private static final Duration WATCH_INTERVAL = Duration.ofSeconds(2);

  private HostMain() {}

  public static void main(String[] args) throws Exception {
    Path runtime = Path.of(args[0]);
    HostSettings settings =
        HostSettings.fromJson(Json.parse(Files.readAllBytes(runtime.resolve(HostSettings.FILE))));
    TimeSource time = TimeSource.system();
    Consumer<String> log = line -> System.err.println(time.now() + " " + line);
    AtomicFiles.writeString(
        runtime.resolve(PID_FILE), HostProcess.instance(ProcessHandle.current().pid()));
    LocalAccount account = LocalAccount.open(settings, time, log);
    account.restore();
    CountDownLatch ended = new CountDownLatch(1);
    AtomicBoolean ending = new AtomicBoolean();
    Runnable end =
        () -> {
          if (ending.compareAndSet(false, true)) {
            account.shutdown();
            ended.countDown();
          }
        };
    Runtime.getRuntime().addShutdownHook(new Thread(end, "host-end"));
    try (HostServer server = new HostServer(settings.socket(), account, log, end)) {
      Thread.ofPlatform().daemon().name("host-server").start(() -> serve(server));
      Thread.ofPlatform().daemon().name("host-watch").start(() -> watch(settings, time, log, end));
      log.accept("host of " + settings.key() + " is up, pid " + ProcessHandle.current().pid());
      ended.await();
    } finally {
      Files.deleteIfExists(settings.socket());
    }
    Runtime.getRuntime().halt(0);
  }

  private static void serve(HostServer server) {
    try {
      server.serve();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void watch(
      HostSettings settings, TimeSource time, Consumer<String> log, Runnable end) {
    long seen = time.nanos();
    try {
      while (true) {
        time.sleep(WATCH_INTERVAL);
        if (Files.exists(settings.record())) {
          seen = time.nanos();
          if (expired(settings.record(), time.now())) {
            log.accept("the lifetime of " + settings.key() + " is over");
            end.run();
            return;
          }
        } else if (time.nanos() - seen > ORPHAN_LIMIT.toNanos()) {
          log.accept("no record of " + settings.key() + " for " + ORPHAN_LIMIT.toSeconds() + " s");
          end.run();
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// A record that cannot be read now (it is being replaced) is not expired.
  private static boolean expired(Path record, Instant now) {
    try {
      JsonNode json = Json.parse(Files.readAllBytes(record));
      return json.hasNonNull("expiresAt")
          && now.isAfter(Instant.parse(json.get("expiresAt").asText()));
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }
}
