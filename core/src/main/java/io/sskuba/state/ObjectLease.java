package io.sskuba.state;

import io.sskuba.io.Processes;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A lease in an object store that this process holds: renewed in the background, freed by
/// [#close].
///
/// Every write of the object is conditional on its tag. The holder counts its term from before it
/// asked for it, in monotonic time, and stops a few seconds early; others count it by the store's
/// clock and then look for a renewal. So the holder has stopped before anybody else begins.
final class ObjectLease implements StateStore.HeldLease {
  /// No write begins this late in the term: it must have ended before the term does.
  static final Duration MARGIN = Duration.ofSeconds(10);

  private static final Duration RETRY = Duration.ofSeconds(2);

  private final String key;
  private final String name;
  private final ObjectBucket bucket;
  private final Processes processes;
  private final TimeSource time;
  private final Runnable closing;
  private final ReentrantLock guard = new ReentrantLock();
  private LeaseFile current;
  private String tag;
  private Deadline term;
  private Standing standing = Standing.HELD;
  private @Nullable Thread renewer;
  private @Nullable SskubaException fault;

  private enum Standing {
    HELD,
    LOST,
    /// The cluster's state was removed by its holder, and the lease with it.
    REMOVED,
    CLOSED
  }

  /// @param term from before the lease was asked for
  /// @param closing runs before the lease is freed
  ObjectLease(
      String key,
      String name,
      LeaseFile current,
      String tag,
      Deadline term,
      ObjectBucket bucket,
      Processes processes,
      TimeSource time,
      Runnable closing) {
    this.key = key;
    this.name = name;
    this.current = current;
    this.tag = tag;
    this.term = term;
    this.bucket = bucket;
    this.processes = processes;
    this.time = time;
    this.closing = closing;
  }

  static Deadline term(TimeSource time) {
    return Deadline.after(time, FileLease.TERM.minus(MARGIN));
  }

  void startRenewal() {
    renewer = Thread.ofVirtual().name("lease " + key).start(this::renewUntilClosed);
  }

  private void renewUntilClosed() {
    Duration pause = FileLease.RENEWAL;
    try {
      while (isStanding(Standing.HELD)) {
        time.sleep(pause);
        pause = renew() ? FileLease.RENEWAL : RETRY;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// One renewal. Returns false when the store could not be reached; a lost lease is final.
  boolean renew() {
    guard.lock();
    try {
      if (standing == Standing.HELD) {
        Deadline fresh = term(time);
        Instant until = bucket.clock().plus(FileLease.TERM);
        LeaseFile renewed = current.renewed(until, FileLease.untilUptime(processes));
        Optional<String> written = Conditional.replace(bucket, name, renewed.bytes(), tag);
        if (written.isPresent()) {
          settle(renewed, written.get(), fresh);
          fault = null;
        } else {
          lookAgain();
        }
      }
      return true;
    } catch (SskubaException e) {
      fault = e;
      return false;
    } finally {
      guard.unlock();
    }
  }

  private void settle(LeaseFile lease, String newTag, Deadline newTerm) {
    current = lease;
    tag = newTag;
    term = newTerm;
  }

  /// The tag is another one. An earlier renewal of ours may have come through after all, or
  /// somebody brought the lease's end near because of a clock; only another token takes it away.
  private void lookAgain() {
    Optional<ObjectBucket.Stored> stored = bucket.read(name);
    if (stored.isEmpty()) {
      standing = Standing.LOST;
      return;
    }
    LeaseFile found = LeaseFile.parse(stored.get().bytes(), bucket.place(name));
    if (found.token().equals(current.token())) {
      tag = stored.get().tag(); // renewed at the next turn; the term stays as it was
    } else {
      standing = Standing.LOST;
    }
  }

  String token() {
    return current.token();
  }

  void removed() {
    guard.lock();
    try {
      standing = Standing.REMOVED;
    } finally {
      guard.unlock();
    }
  }

  @Override
  public Lease lease() {
    guard.lock();
    try {
      return current.lease();
    } finally {
      guard.unlock();
    }
  }

  /// Tries one renewal itself when the term is over, so that a machine that slept is not told that
  /// it lost what nobody took.
  @Override
  public boolean alive() {
    guard.lock();
    try {
      if (standing == Standing.HELD && term.passed()) {
        renew();
        return standing == Standing.HELD && !term.passed();
      }
      return standing == Standing.HELD || standing == Standing.REMOVED;
    } finally {
      guard.unlock();
    }
  }

  @Override
  public Optional<SskubaException> fault() {
    guard.lock();
    try {
      return standing == Standing.LOST ? Optional.empty() : Optional.ofNullable(fault);
    } finally {
      guard.unlock();
    }
  }

  /// Held, and not removed with its cluster.
  boolean writes() {
    return isStanding(Standing.HELD) && alive();
  }

  private boolean isStanding(Standing expected) {
    guard.lock();
    try {
      return standing == expected;
    } finally {
      guard.unlock();
    }
  }

  /// Frees the lease if it is still ours. A store that cannot be reached is no failure here: the
  /// lease then ends with its term, or with this process.
  @Override
  public void close() {
    try {
      if (isStanding(Standing.HELD)) {
        closing.run();
      }
    } catch (SskubaException e) {
      // Lost events; the lease must be freed all the same.
    }
    guard.lock();
    try {
      boolean held = standing == Standing.HELD;
      standing = Standing.CLOSED;
      if (held) {
        bucket.replace(name, ObjectStateStore.FREED, tag);
      }
    } catch (SskubaException e) {
      // See above.
    } finally {
      guard.unlock();
    }
    Thread running = renewer;
    if (running != null) {
      running.interrupt();
    }
  }
}
