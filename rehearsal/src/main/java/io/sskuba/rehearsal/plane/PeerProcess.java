package io.sskuba.rehearsal.plane;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One real program of the control plane: started, logged to a file, started again when it dies,
/// ended by its handle.
/// - Limits: a log file of [PlaneDeviations#LOG_LIMIT] and one older; restarts with a back-off of
///   0.2 s doubling to 10 s, as a static pod would come back.
/// - Where `setpriv` is there, the kernel kills the program when this JVM dies; where not, its pid
///   is in `pids.json` ([StrayProcesses]).
final class PeerProcess {
  /// The kernel ties "parent death" to the thread that started the child, so one that never ends
  /// starts them all.
  private static final ExecutorService SPAWNER =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(null, task, "peer-spawner", 128 << 10);
            thread.setDaemon(true);
            return thread;
          });

  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final Duration BACK_OFF = Duration.ofMillis(200);
  private static final Duration BACK_OFF_MAX = Duration.ofSeconds(10);
  private static final Duration STEADY = Duration.ofSeconds(60);
  private static final Duration RECOVERED = Duration.ofSeconds(10);
  private static final Duration LOG_CHECK = Duration.ofSeconds(5);
  private static final int LAST_LINES = 5;
  private static final int LINE_MAX = 240;
  private static final int TAIL_BYTES = 16 << 10;

  private final String name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private final ProcessTable table;
  private final TimeSource time;
  private final Listener listener;
  private volatile boolean ending;
  private volatile @Nullable Process process;
  private @Nullable Thread watcher;
  private volatile int restarts;
  private volatile boolean pausing;
  private volatile long began;

  /// Told of starts and deaths, on the watcher's thread.
  interface Listener {
    /// Before each start, so that files which vanished are there again.
    void prepare() throws IOException;

    void started(long pid);

    /// @param cause exit code and last log lines
    void died(String cause);
  }

  PeerProcess(
      String name,
      List<String> command,
      Map<String, String> environment,
      Path log,
      ProcessTable table,
      TimeSource time,
      Listener listener) {
    this.name = name;
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.log = log;
    this.table = table;
    this.time = time;
    this.listener = listener;
  }

  String name() {
    return name;
  }

  List<String> command() {
    return command;
  }

  int restarts() {
    return restarts;
  }

  boolean alive() {
    Process running = process;
    return running != null && running.isAlive();
  }

  java.util.OptionalLong pid() {
    Process running = process;
    return running != null && running.isAlive()
        ? java.util.OptionalLong.of(running.pid())
        : java.util.OptionalLong.empty();
  }

  /// Whether it has run long enough that its last death is history.
  boolean steady() {
    return time.nanos() - began > RECOVERED.toNanos();
  }

  void kill() {
    ending = true;
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
    }
  }

  synchronized void start() {
    if (watcher == null && !ending) {
      watcher = Thread.ofVirtual().name("peer-" + name).start(this::supervise);
    }
  }

  private void supervise() {
    Duration backOff = BACK_OFF;
    while (!ending) {
      began = time.nanos();
      String cause;
      try {
        cause = runOnce();
      } catch (IOException e) {
        cause = "cannot be started: " + e.getMessage();
      } catch (InterruptedException e) {
        return;
      }
      if (ending) {
        return;
      }
      listener.died(cause);
      restarts++;
      if (time.nanos() - began > STEADY.toNanos()) {
        backOff = BACK_OFF;
      }
      try {
        pausing = true;
        time.sleep(backOff);
      } catch (InterruptedException e) {
        return;
      } finally {
        pausing = false;
      }
      backOff = min(backOff.multipliedBy(2), BACK_OFF_MAX);
    }
  }

  private String runOnce() throws IOException, InterruptedException {
    listener.prepare();
    AtomicFiles.privateFolder(parent(log));
    Process running = spawn();
    try {
      process = running;
      table.put(name, running.pid());
      if (ending) {
        running.destroyForcibly();
      }
      listener.started(running.pid());
      while (!running.waitFor(LOG_CHECK.toMillis(), TimeUnit.MILLISECONDS)) {
        rotate(log, PlaneDeviations.LOG_LIMIT);
      }
    } finally {
      if (running.isAlive()) {
        running.destroyForcibly();
      }
      table.remove(name);
    }
    return "exit status " + running.exitValue() + ": " + lastLines(log);
  }

  private Process spawn() throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    if (Files.isExecutable(SETPRIV)) {
      line.addAll(List.of(SETPRIV.toString(), "--pdeathsig", "KILL", "--"));
    }
    line.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.directory(parent(log).toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    try {
      return SPAWNER.submit(builder::start).get();
    } catch (ExecutionException e) {
      throw new IOException(name + ": " + e.getCause(), e);
    }
  }

  /// Asks the program to end. [#await] waits for it.
  void end() {
    ending = true;
    Process running = process;
    if (running != null) {
      running.destroy();
    }
  }

  /// Waits until it ended, and kills it when `left` is over.
  void await(Duration left) throws InterruptedException {
    Process running = process;
    if (running != null && !running.waitFor(Math.max(1, left.toMillis()), TimeUnit.MILLISECONDS)) {
      running.destroyForcibly();
      running.waitFor(1, TimeUnit.SECONDS);
    }
    Thread thread;
    synchronized (this) {
      thread = watcher;
    }
    if (thread != null) {
      // Only a pause before a restart may be cut short; the rest ends by itself, and writes files.
      for (int i = 0; i < 20 && !thread.join(Duration.ofMillis(50)); i++) {
        if (pausing) {
          thread.interrupt();
        }
      }
    }
  }

  String lastLines() {
    return lastLines(log);
  }

  /// The last lines of a log file in one line.
  static String lastLines(Path log) {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long from = Math.max(0, file.length() - TAIL_BYTES);
      file.seek(from);
      byte[] tail = new byte[(int) (file.length() - from)];
      file.readFully(tail);
      List<String> lines =
          new String(tail, StandardCharsets.UTF_8)
              .lines()
              .filter(l -> !l.isBlank())
              .map(l -> l.length() > LINE_MAX ? l.substring(0, LINE_MAX) + "…" : l)
              .toList();
      return String.join(
          " | ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  /// Copies a log that grew over `limit` aside and empties it; the program goes on appending.
  static void rotate(Path log, long limit) throws IOException {
    if (!Files.exists(log) || Files.size(log) <= limit) {
      return;
    }
    Files.copy(
        log,
        log.resolveSibling(log.getFileName() + ".1"),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
      channel.truncate(0);
    }
  }

  private static Path parent(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IOException("no folder: " + file);
    }
    return parent;
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
