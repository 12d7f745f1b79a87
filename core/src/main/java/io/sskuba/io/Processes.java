package io.sskuba.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// Looks at processes of this machine, to tell a dead one from a live one.
///
/// Reads `/proc` where there is one; elsewhere the JVM's process handles, and then no machine has a
/// name, so that no process is ever known to be dead from its identity alone.
public final class Processes {
  private static final int MAX_STAT = 8_192;

  private final Path proc;

  /// @param proc the `/proc` to read; tests pass a folder of their own
  public Processes(Path proc) {
    this.proc = proc;
  }

  public static Processes system() {
    return new Processes(Path.of("/proc"));
  }

  /// The calling process.
  public ProcessIdentity self() {
    long pid = ProcessHandle.current().pid();
    Optional<String> stat = text(proc.resolve("self/stat"));
    if (stat.isPresent()) {
      int space = stat.get().indexOf(' ');
      if (space > 0) {
        pid = Long.parseLong(stat.get().substring(0, space));
      }
      return new ProcessIdentity(machine(), pid, startOfStat(stat.get()).orElse(0));
    }
    return new ProcessIdentity(machine(), pid, handleStart(pid).orElse(0));
  }

  /// The process with this pid as it is now; empty when there is none, or only a zombie.
  public Optional<ProcessIdentity> find(long pid) {
    OptionalLong start = startOf(pid);
    return start.isPresent()
        ? Optional.of(new ProcessIdentity(machine(), pid, start.getAsLong()))
        : Optional.empty();
  }

  /// True only when it is certain: the process was of this boot and PID namespace, and no process
  /// has its pid and start time.
  public boolean isDead(ProcessIdentity process) {
    String here = machine();
    if (here.isEmpty() || !here.equals(process.machine())) {
      return false;
    }
    OptionalLong start = startOf(process.pid());
    return start.isEmpty() || start.getAsLong() != process.start();
  }

  /// True when a process of this machine has this pid and start time now.
  public boolean isAlive(ProcessIdentity process) {
    OptionalLong start = startOf(process.pid());
    return machine().equals(process.machine())
        && start.isPresent()
        && start.getAsLong() == process.start();
  }

  /// Boot id and PID namespace, `BOOT/pid:[N]`; empty where the system tells neither.
  public String machine() {
    Optional<String> boot = bootId();
    try {
      String namespace = Files.readSymbolicLink(proc.resolve("self/ns/pid")).toString();
      return boot.map(id -> id + "/" + namespace).orElse("");
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /// The kernel's random id of this boot.
  public Optional<String> bootId() {
    return text(proc.resolve("sys/kernel/random/boot_id")).map(String::strip);
  }

  /// This machine's name, for messages.
  public String host() {
    return text(proc.resolve("sys/kernel/hostname"))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .orElse("localhost");
  }

  /// Milliseconds since boot, suspended time included: a clock that nobody can set.
  public OptionalLong uptimeMillis() {
    Optional<String> uptime = text(proc.resolve("uptime"));
    if (uptime.isEmpty() || uptime.get().indexOf(' ') < 1) {
      return OptionalLong.empty();
    }
    try {
      String seconds = uptime.get().substring(0, uptime.get().indexOf(' '));
      return OptionalLong.of(Math.round(Double.parseDouble(seconds) * 1_000));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  private OptionalLong startOf(long pid) {
    if (!Files.isDirectory(proc.resolve("self"))) {
      return handleStart(pid);
    }
    Optional<String> stat = text(proc.resolve(Long.toString(pid)).resolve("stat"));
    return stat.isPresent() ? startOfStat(stat.get()) : OptionalLong.empty();
  }

  /// Field 22 of `/proc/PID/stat`. The command's name, field 2, may hold spaces and parentheses, so
  /// fields are counted from the last one. A zombie has ended, whatever its parent does.
  private static OptionalLong startOfStat(String stat) {
    int end = stat.lastIndexOf(')');
    if (end < 0 || end + 2 > stat.length()) {
      return OptionalLong.empty();
    }
    String[] fields = stat.substring(end + 2).strip().split(" +", -1);
    if (fields.length < 20 || fields[0].equals("Z") || fields[0].equals("X")) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(fields[19]));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalLong handleStart(long pid) {
    Optional<ProcessHandle> handle = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    return handle.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(handle.get().info().startInstant().map(Instant::toEpochMilli).orElse(0L));
  }

  /// Files of `/proc` have no size of their own, so a bounded read.
  private static Optional<String> text(Path file) {
    try (var in = Files.newInputStream(file)) {
      return Optional.of(new String(in.readNBytes(MAX_STAT), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
