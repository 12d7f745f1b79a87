package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.ProcessIdentity;
import io.sskuba.io.Processes;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/// Starts the detached host process of a cluster, or finds the one that runs.
/// - Idempotent: yes; a file lock lets one caller start it while others wait, and a live one is
///   found by its socket.
/// - Limits: the host must answer within [#START_LIMIT].
/// - Errors: `HOST_DEAD` with the last lines of its log.
public final class HostProcess implements HostLauncher {
  /// Real processes keep real time.
  private static final TimeSource CLOCK = TimeSource.system();

  private static final Processes PROCESSES = Processes.system();

  /// A JVM start takes 0.3-1 s; 30 s is for a machine that is swamped.
  static final Duration START_LIMIT = Duration.ofSeconds(30);

  /// Everything of a cluster ends within 2 s a program; API server and etcd come one after the
  /// other.
  static final Duration STOP_LIMIT = Duration.ofSeconds(15);

  private static final Duration PING_LIMIT = Duration.ofSeconds(2);

  /// A file lock belongs to the whole JVM, and asking twice for it is an error: warming up and the
  /// engine's first resource start the same host side by side.
  private static final ReentrantLock STARTING = new ReentrantLock();

  private final HostSettings settings;
  private final List<String> java;

  /// @param java the command that starts a JVM with this class path, without the main class
  public HostProcess(HostSettings settings, List<String> java) {
    this.settings = settings;
    this.java = List.copyOf(java);
  }

  /// The JVM command for a host: this JVM's own binary and class path, small heap, serial
  /// collector.
  public static List<String> thisJvm() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx192m",
            "-Xms16m",
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=25",
            "-Xss512k",
            "-XX:TieredStopAtLevel=1",
            "-XX:ReservedCodeCacheSize=48m",
            "-Dio.netty.allocator.type=unpooled",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    String cache = System.getProperty("sskuba.host.aot");
    if (cache != null && Files.isRegularFile(Path.of(cache))) {
      command.add("-XX:AOTCache=" + cache);
    }
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    return command;
  }

  @Override
  public String ensureRunning(Map<String, Object> inputs) throws InterruptedException {
    return instance(start());
  }

  @Override
  public Optional<String> running() {
    long pid = ping();
    return pid < 0 ? Optional.empty() : Optional.of(instance(pid));
  }

  /// The pid and start time of a process: no other life of it has both.
  static String instance(long pid) {
    return pid
        + "-"
        + ProcessHandle.of(pid)
            .flatMap(p -> p.info().startInstant())
            .map(start -> String.valueOf(start.toEpochMilli()))
            .orElse("0");
  }

  /// Asks the host to end everything, and ends it by force when it does not within [#STOP_LIMIT].
  @Override
  public void stop() throws IOException, InterruptedException {
    long pid = ping();
    if (pid < 0) {
      pid = recordedPid();
    }
    if (pid < 0) {
      return;
    }
    // A zombie has ended: whoever adopted it may take seconds to notice.
    Optional<ProcessIdentity> process = PROCESSES.find(pid);
    try {
      new HostClient(settings.socket()).call(Json.object().put("op", "shutdown"), STOP_LIMIT);
    } catch (IOException e) {
      // It may be gone before it answers.
    }
    long end = CLOCK.nanos() + STOP_LIMIT.toNanos();
    while (process.filter(PROCESSES::isAlive).isPresent() && CLOCK.nanos() < end) {
      CLOCK.sleep(Duration.ofMillis(5));
    }
    if (process.filter(PROCESSES::isAlive).isPresent()) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
    Files.deleteIfExists(settings.socket());
  }

  /// The pid in `host.pid` if that process is still the host that wrote it; -1 otherwise.
  private long recordedPid() throws IOException {
    Path file = settings.runtime().resolve(HostMain.PID_FILE);
    if (!Files.exists(file)) {
      return -1;
    }
    String recorded = Files.readString(file).trim();
    int dash = recorded.indexOf('-');
    try {
      long pid = Long.parseLong(recorded.substring(0, Math.max(0, dash)));
      return instance(pid).equals(recorded) ? pid : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /// Ends what the machines of a dead host still run.
  public static void killStrays(Path runtime) throws IOException {
    LocalAccount.killStrays(runtime, _ -> {});
  }

  /// Makes sure that the host runs. Returns its pid.
  public long start() throws InterruptedException {
    try {
      AtomicFiles.privateFolder(settings.runtime());
      STARTING.lockInterruptibly();
      try (FileChannel channel =
              FileChannel.open(
                  settings.runtime().resolve("host.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock _ = locked(channel)) {
        long running = ping();
        return running > 0 ? running : launch();
      } finally {
        STARTING.unlock();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Whoever holds it starts the same host, which takes at most [#START_LIMIT].
  private static FileLock locked(FileChannel channel) throws IOException, InterruptedException {
    long end = CLOCK.nanos() + START_LIMIT.plusSeconds(10).toNanos();
    FileLock lock = channel.tryLock();
    while (lock == null) {
      if (CLOCK.nanos() > end) {
        throw new IOException("another process has been starting the host for too long");
      }
      CLOCK.sleep(Duration.ofMillis(20));
      lock = channel.tryLock();
    }
    return lock;
  }

  /// The pid of the live host, or -1.
  public long ping() {
    return ping(settings.socket());
  }

  /// As [#ping()], by the socket alone.
  public static long ping(Path socket) {
    if (!Files.exists(socket)) {
      return -1;
    }
    try {
      JsonNode reply = new HostClient(socket).call(Json.object().put("op", "ping"), PING_LIMIT);
      return reply.path("pid").asLong(-1);
    } catch (IOException e) {
      return -1;
    }
  }

  private long launch() throws IOException, InterruptedException {
    AtomicFiles.writeString(
        settings.runtime().resolve(HostSettings.FILE), Json.pretty(settings.toJson()));
    Path log = settings.runtime().resolve(HostSettings.LOG);
    List<String> command = new ArrayList<>(java);
    command.add("io.sskuba.rehearsal.host.HostMain");
    command.add(settings.runtime().toString());
    ProcessBuilder builder =
        new ProcessBuilder(detached(command))
            .directory(settings.runtime().toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", "/usr/bin:/bin");
    environment.put("HOME", settings.runtime().toString());
    environment.put("LANG", "C.UTF-8");
    Process process = builder.start();
    long end = CLOCK.nanos() + START_LIMIT.toNanos();
    while (CLOCK.nanos() < end) {
      long pid = ping();
      if (pid > 0) {
        return pid;
      }
      if (!process.isAlive()) {
        break;
      }
      CLOCK.sleep(Duration.ofMillis(10));
    }
    process.destroyForcibly();
    throw new SskubaException(
        Problem.of(
                ProblemCode.HOST_DEAD, "the host process of " + settings.key() + " did not start")
            .fact("cause", lastLines(log))
            .fact("log", log.toString()));
  }

  /// A session of its own, so that Ctrl-C in the caller's terminal does not reach it.
  private static List<String> detached(List<String> command) {
    if (!Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      return command;
    }
    List<String> own = new ArrayList<>();
    own.add("/usr/bin/setsid");
    own.addAll(command);
    return own;
  }

  private static String lastLines(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }
}
