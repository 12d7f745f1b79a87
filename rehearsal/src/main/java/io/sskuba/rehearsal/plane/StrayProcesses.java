package io.sskuba.rehearsal.plane;

import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Processes of a machine whose host died.
public final class StrayProcesses {
  /// Real processes keep real time.
  private static final TimeSource CLOCK = TimeSource.system();

  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(3);

  private StrayProcesses() {}

  /// Those of the machine with this memory folder that still run, by name.
  public static List<String> find(Path memoryFolder) throws IOException {
    return ProcessTable.read(memoryFolder).stream()
        .filter(entry -> entry.handle().isPresent())
        .map(ProcessTable.Entry::name)
        .toList();
  }

  /// Kills what `pids.json` in the memory folder names and still is the same process; returns the
  /// names of those killed.
  /// - Limits: 3 s.
  /// - Errors: `IOException` when the file cannot be understood, or a process does not go.
  /// - Idempotent: yes.
  public static List<String> kill(Path memoryFolder) throws IOException {
    List<String> killed = new ArrayList<>();
    List<ProcessHandle> handles = new ArrayList<>();
    for (ProcessTable.Entry entry : ProcessTable.read(memoryFolder)) {
      entry
          .handle()
          .ifPresent(
              handle -> {
                handle.destroyForcibly();
                handles.add(handle);
                killed.add(entry.name());
              });
    }
    long end = CLOCK.nanos() + LIMIT_NANOS;
    for (ProcessHandle handle : handles) {
      try {
        handle.onExit().get(Math.max(1, end - CLOCK.nanos()), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while process " + handle.pid() + " ended", e);
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        throw new IOException("process " + handle.pid() + " does not end", e);
      }
    }
    Files.deleteIfExists(memoryFolder.resolve(ProcessTable.FILE));
    return killed;
  }
}
