package io.sskuba.infra.pulumi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Names a process so that neither a reused pid, nor a reboot, nor another container is taken for
/// it.
final class ProcessIdentity {
  private ProcessIdentity() {}

  /// Boot id and PID namespace of this machine; empty where the system has neither.
  static String bootId() {
    String boot = readLine(Path.of("/proc/sys/kernel/random/boot_id"));
    String namespace = "";
    try {
      namespace = Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    } catch (IOException | UnsupportedOperationException e) {
      // No PID namespaces here.
    }
    return boot == null ? "" : boot + " " + namespace;
  }

  /// Start time of a process in clock ticks since boot (elsewhere: milliseconds of its start), or
  /// -1 when there is no such process.
  static long start(long pid) {
    String stat = readLine(Path.of("/proc/" + pid + "/stat"));
    if (stat != null) {
      // The name in parentheses may hold anything; field 22 is the 20th after it.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
      boolean gone = fields[0].equals("Z") || fields[0].equals("X");
      return gone || fields.length < 20 ? -1 : Long.parseLong(fields[19]);
    }
    Optional<ProcessHandle> handle = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    return handle
        .flatMap(h -> h.info().startInstant())
        .map(java.time.Instant::toEpochMilli)
        .orElse(handle.isPresent() ? 0L : -1L);
  }

  static boolean alive(long pid, long start) {
    return pid > 0 && start(pid) == start && start != -1;
  }

  static String host() {
    String name = readLine(Path.of("/proc/sys/kernel/hostname"));
    if (name != null) {
      return name;
    }
    try {
      return java.net.InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "localhost";
    }
  }

  private static @Nullable String readLine(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return null;
    }
  }
}
