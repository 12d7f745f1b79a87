package io.sskuba.io;

import java.time.Duration;
import java.time.Instant;

/// The clock. Production code takes one; tests pass a virtual one.
public interface TimeSource {
  /// Wall-clock time; may jump.
  Instant now();

  /// Monotonic nanoseconds, for durations and deadlines; never jumps back.
  long nanos();

  /// Sleeps for `d`.
  void sleep(Duration d) throws InterruptedException;

  static TimeSource system() {
    return SystemTime.INSTANCE;
  }
}
