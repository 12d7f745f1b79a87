package io.sskuba.toolchain;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Runs a program to its end and keeps the last lines of what it says.
/// - Limits: the time limit of the call; [#LINES_MAX] lines of [#LINE_CHARS_MAX] characters are
///   kept.
/// - Errors: `IOException` when it cannot be started. On an interrupt, on the limit, and when this
///   process ends, it and its children are ended.
final class ChildProcess {
  private static final int LINES_MAX = 60;
  private static final int LINE_CHARS_MAX = 2_000;
  private static final Duration GRACE = Duration.ofSeconds(2);

  private ChildProcess() {}

  /// @param exit the exit code, or -1 when the limit passed and it was ended
  /// @param lines the last lines of standard output and standard error
  record Result(int exit, List<String> lines) {
    boolean timedOut() {
      return exit == -1;
    }

    /// The last `count` lines in one string.
    String tail(int count) {
      return String.join("\n", lines.subList(Math.max(0, lines.size() - count), lines.size()));
    }
  }

  /// @param environment all of its environment
  /// @param folder its working folder
  /// @param everySecond called about once a second while it runs
  static Result run(
      List<String> argv,
      Map<String, String> environment,
      @Nullable Path folder,
      Duration limit,
      Consumer<Duration> everySecond)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(argv).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(environment);
    if (folder != null) {
      builder.directory(folder.toFile());
    }
    Process process = builder.start();
    Thread atExit = new Thread(() -> kill(process.toHandle()));
    boolean hooked = hook(atExit);
    Deque<String> lines = new ArrayDeque<>();
    Thread reader = Thread.ofVirtual().start(() -> keepTail(process, lines));
    try {
      process.getOutputStream().close();
      boolean ended = await(process, limit, everySecond);
      if (!ended) {
        end(process);
      }
      // A grandchild may hold the pipe open after its parent has ended: do not wait for it.
      reader.join(GRACE);
      synchronized (lines) {
        return new Result(ended ? process.exitValue() : -1, List.copyOf(lines));
      }
    } finally {
      if (process.isAlive()) {
        end(process);
      }
      if (hooked) {
        unhook(atExit);
      }
    }
  }

  private static boolean await(Process process, Duration limit, Consumer<Duration> everySecond)
      throws InterruptedException {
    for (long second = 0; second < Math.max(1, limit.toSeconds()); second++) {
      if (process.waitFor(1, TimeUnit.SECONDS)) {
        return true;
      }
      everySecond.accept(Duration.ofSeconds(second + 1));
    }
    return false;
  }

  private static void keepTail(Process process, Deque<String> lines) {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        synchronized (lines) {
          lines.addLast(line.substring(0, Math.min(line.length(), LINE_CHARS_MAX)));
          if (lines.size() > LINES_MAX) {
            lines.removeFirst();
          }
        }
      }
    } catch (IOException e) {
      // The pipe breaks when the program is ended: what was read is what there is.
    }
  }

  /// Ends it and its children: first politely, then by force.
  private static void end(Process process) {
    List<ProcessHandle> family =
        java.util.stream.Stream.concat(
                process.toHandle().descendants(), java.util.stream.Stream.of(process.toHandle()))
            .toList();
    family.forEach(ProcessHandle::destroy);
    boolean interrupted = Thread.interrupted();
    try {
      process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    family.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void kill(ProcessHandle process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static boolean hook(Thread thread) {
    try {
      Runtime.getRuntime().addShutdownHook(thread);
      return true;
    } catch (IllegalStateException e) {
      return false; // already ending; the finally block of run ends the child
    }
  }

  private static void unhook(Thread thread) {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException e) {
      // Already ending: the hook runs, and finds the child ended.
    }
  }
}
