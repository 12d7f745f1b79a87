package io.sskuba.toolchain;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A file lock: at most one process (and one thread of it) gets a program at a time. The kernel
/// drops it when its holder dies.
/// - Limits: waits at most the limit of the call, looks every [#LOOK_INTERVAL].
/// - Errors: `TOOL_MISSING` after the limit, naming the holder.
final class ToolGuard implements AutoCloseable {
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(250);
  private static final int HOLDER_BYTES_MAX = 200;

  private final FileChannel channel;
  private final FileLock lock;

  private ToolGuard(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  static ToolGuard take(
      Path file, String what, TimeSource time, Duration limit, Consumer<String> report)
      throws IOException, InterruptedException {
    AtomicFiles.privateFolder(Objects.requireNonNull(file.getParent(), "a lock has a folder"));
    Deadline deadline = Deadline.after(time, limit);
    String said = "";
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      while (true) {
        FileLock lock = tryLock(channel);
        if (lock != null) {
          writeHolder(channel);
          return new ToolGuard(channel, lock);
        }
        String holder = holder(file);
        if (deadline.passed()) {
          throw new SskubaException(
              Problem.of(
                      ProblemCode.TOOL_MISSING,
                      what + ": not free within " + limit.toMinutes() + " min")
                  .fact("observed", "being got by " + holder)
                  .fact("lock", file.toString()));
        }
        String message = what + ": waiting for " + holder + ", which is getting it";
        if (!message.equals(said)) {
          report.accept(message);
          said = message;
        }
        time.sleep(LOOK_INTERVAL);
      }
    } catch (IOException | RuntimeException | InterruptedException e) {
      channel.close();
      throw e;
    }
  }

  /// The lock if nobody has it, else null.
  static @Nullable ToolGuard tryTake(Path file) throws IOException {
    AtomicFiles.privateFolder(Objects.requireNonNull(file.getParent(), "a lock has a folder"));
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = tryLock(channel);
      if (lock != null) {
        writeHolder(channel);
        return new ToolGuard(channel, lock);
      }
      channel.close();
      return null;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // another thread of this process
    }
  }

  private static void writeHolder(FileChannel channel) throws IOException {
    byte[] text =
        ("process " + ProcessHandle.current().pid() + " on " + host())
            .getBytes(StandardCharsets.UTF_8);
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(text), 0);
  }

  private static String holder(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      String text =
          new String(bytes, 0, Math.min(bytes.length, HOLDER_BYTES_MAX), StandardCharsets.UTF_8);
      return text.isBlank() ? "another process" : text;
    } catch (IOException e) {
      return "another process";
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "this machine";
    }
  }

  @Override
  public void close() throws IOException {
    try (FileChannel open = channel) {
      open.truncate(0);
      lock.release();
    }
  }
}
