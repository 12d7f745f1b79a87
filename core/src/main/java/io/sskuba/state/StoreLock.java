package io.sskuba.state;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The short lock over a store: held for the length of one read and write, never for a run.
///
/// The system frees it when its process dies. Within the JVM a second lock is needed, since file
/// locks belong to the process as a whole, and closing any channel to the file frees them.
/// - Limits: waits 10 s, then `STATE_UNWRITABLE`.
/// - Interrupts: kept for later; a store operation is short and never half done.
final class StoreLock {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration INTERVAL = Duration.ofMillis(10);
  private static final ConcurrentMap<Path, ReentrantLock> WITHIN_JVM = new ConcurrentHashMap<>();

  private final Path root;
  private final TimeSource time;

  StoreLock(Path root, TimeSource time) {
    this.root = root;
    this.time = time;
  }

  /// What is done under the lock.
  @FunctionalInterface
  interface Body<T> {
    /// @param lockFile the locked file, written to a moment ago: the store's clock reads its stamp
    T run(Path lockFile) throws IOException;
  }

  /// Runs `body` under the lock.
  ///
  /// @param what what is done, in words, for the message when it fails
  <T> T hold(String what, Body<T> body) {
    boolean interrupted = Thread.interrupted();
    Path file = root.resolve("store.lock");
    try {
      AtomicFiles.privateFolder(root);
      ReentrantLock inner =
          WITHIN_JVM.computeIfAbsent(root.toRealPath(), path -> new ReentrantLock());
      interrupted |= lockWithinJvm(inner);
      try {
        return holdFile(file, body);
      } finally {
        inner.unlock();
      }
    } catch (IOException e) {
      throw StoreProblems.unwritable(what, file, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private <T> T holdFile(Path file, Body<T> body) throws IOException {
    AtomicFiles.createPrivate(file);
    try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
      try (FileLock lock = lockFile(opened)) {
        opened.seek(0);
        opened.write('\n'); // stamps the file with the store's clock
        if (!lock.isValid()) {
          throw new IOException("the lock of the state was lost");
        }
        return body.run(file);
      }
    }
  }

  private FileLock lockFile(RandomAccessFile file) throws IOException {
    Deadline deadline = Deadline.after(time, LIMIT);
    boolean interrupted = false;
    try {
      while (true) {
        @Nullable FileLock lock = file.getChannel().tryLock();
        if (lock != null) {
          return lock;
        }
        if (deadline.passed()) {
          throw busy();
        }
        try {
          time.sleep(INTERVAL);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Returns true when the thread was interrupted meanwhile.
  private boolean lockWithinJvm(ReentrantLock lock) {
    boolean interrupted = false;
    while (true) {
      try {
        if (lock.tryLock(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
          return interrupted;
        }
        throw busy();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
  }

  private SskubaException busy() {
    return new SskubaException(
        Problem.of(
                ProblemCode.STATE_UNWRITABLE,
                "the state is locked by another process for more than " + LIMIT.toSeconds() + "s")
            .fact("file", root.resolve("store.lock").toString())
            .next("sskuba-ctl list"));
  }
}
