package io.sskuba.state;

import io.sskuba.io.ProcessIdentity;
import io.sskuba.io.Processes;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A lease that this process holds: renewed in the background, freed by [#close].
///
/// Renewal and loss are decided under the store's lock by comparing the token, never by a clock
/// alone: a holder that was asleep too long goes on when nobody took its lease, and stops when
/// somebody did.
final class FileLease implements StateStore.HeldLease {
  static final Duration TERM = Duration.ofSeconds(60);
  static final Duration RENEWAL = Duration.ofSeconds(15);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final String key;
  private final Path file;
  private final StoreLock lock;
  private final StoreClock clock;
  private final Processes processes;
  private final TimeSource time;
  private final String token;
  private final ReentrantLock guard = new ReentrantLock();
  private LeaseFile current;
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

  FileLease(
      String key,
      Path file,
      LeaseFile current,
      StoreLock lock,
      StoreClock clock,
      Processes processes,
      TimeSource time) {
    this.key = key;
    this.file = file;
    this.current = current;
    this.token = current.token();
    this.lock = lock;
    this.clock = clock;
    this.processes = processes;
    this.time = time;
    this.term = Deadline.after(time, TERM);
  }

  /// What one look at somebody else's lease says.
  enum Claim {
    /// Its holder is known to be dead, or its term is over by a clock that nobody can set.
    FREE,
    /// Its term is over by the store's clock; only the absence of a renewal proves it.
    RUN_OUT,
    HELD
  }

  /// Looks at a lease, at `now` of the store's clock.
  static Claim claim(LeaseFile lease, Instant now, Processes processes) {
    Lease known = lease.lease();
    if (processes.isDead(new ProcessIdentity(known.bootId(), known.pid(), known.pidStart()))) {
      return Claim.FREE;
    }
    OptionalLong uptime = processes.uptimeMillis();
    if (lease.untilUptime().isPresent() && uptime.isPresent() && sameBoot(known, processes)) {
      return uptime.getAsLong() >= lease.untilUptime().getAsLong() ? Claim.FREE : Claim.HELD;
    }
    return now.isBefore(known.until()) ? Claim.HELD : Claim.RUN_OUT;
  }

  private static boolean sameBoot(Lease lease, Processes processes) {
    String boot = processes.bootId().orElse("");
    return !boot.isEmpty() && lease.bootId().startsWith(boot + "/");
  }

  static OptionalLong untilUptime(Processes processes) {
    OptionalLong uptime = processes.uptimeMillis();
    return uptime.isPresent()
        ? OptionalLong.of(uptime.getAsLong() + TERM.toMillis())
        : OptionalLong.empty();
  }

  /// Renews in a daemon thread until the lease is closed or lost.
  void startRenewal() {
    renewer = Thread.ofVirtual().name("lease " + key).start(this::renewUntilClosed);
  }

  private void renewUntilClosed() {
    Duration pause = RENEWAL;
    try {
      while (isStanding(Standing.HELD)) {
        time.sleep(pause);
        // A store that cannot be written for a moment is asked again soon; alive() tells when it
        // was too long.
        pause = renew() ? RENEWAL : RETRY;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// One renewal. Returns false when the store could not be written; a lost lease is final.
  boolean renew() {
    guard.lock();
    try {
      if (standing != Standing.HELD) {
        return true;
      }
      try {
        standing = lock.hold("the lease cannot be renewed", this::renewUnderLock);
        fault = null;
      } catch (SskubaException e) {
        fault = e;
        return false;
      }
      return true;
    } finally {
      guard.unlock();
    }
  }

  private Standing renewUnderLock(Path lockFile) throws IOException {
    Optional<LeaseFile> stored = LeaseFile.read(file);
    if (stored.isEmpty() || !stored.get().token().equals(token)) {
      return Standing.LOST;
    }
    LeaseFile renewed = current.renewed(clock.now(lockFile).plus(TERM), untilUptime(processes));
    renewed.write(file);
    current = renewed;
    term = Deadline.after(time, TERM);
    return Standing.HELD;
  }

  String token() {
    return token;
  }

  /// The cluster's state goes, and the lease with it; the holder's run goes on to its end.
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
      if (standing == Standing.HELD && termIsOver() && !renew()) {
        return false;
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
      return Optional.ofNullable(fault);
    } finally {
      guard.unlock();
    }
  }

  /// By monotonic time and by uptime, which goes on while the machine sleeps.
  private boolean termIsOver() {
    OptionalLong uptime = processes.uptimeMillis();
    return term.passed()
        || (uptime.isPresent()
            && current.untilUptime().isPresent()
            && uptime.getAsLong() >= current.untilUptime().getAsLong());
  }

  private boolean isStanding(Standing expected) {
    guard.lock();
    try {
      return standing == expected;
    } finally {
      guard.unlock();
    }
  }

  /// Frees the lease if it is still ours. A store that cannot be written is no failure here: the
  /// lease then ends with this process.
  @Override
  public void close() {
    guard.lock();
    try {
      boolean held = standing == Standing.HELD;
      standing = Standing.CLOSED;
      if (held) {
        lock.hold("the lease cannot be freed", lockFile -> freeUnderLock());
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

  private boolean freeUnderLock() throws IOException {
    Optional<LeaseFile> stored = LeaseFile.read(file);
    if (stored.isPresent() && stored.get().token().equals(token)) {
      return Files.deleteIfExists(file);
    }
    return false;
  }
}
