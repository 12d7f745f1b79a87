package io.sskuba.wait;

import io.sskuba.io.TimeSource;
import java.time.Duration;

/// A limit in monotonic time.
public record Deadline(TimeSource time, long endNanos, Duration limit) {
  public static Deadline after(TimeSource time, Duration limit) {
    return new Deadline(time, time.nanos() + limit.toNanos(), limit);
  }

  public boolean passed() {
    return time.nanos() - endNanos >= 0;
  }

  /// What is left, never negative.
  public Duration left() {
    return Duration.ofNanos(Math.max(0, endNanos - time.nanos()));
  }

  /// The earlier of this deadline and `limit` from now.
  public Deadline atMost(Duration limitFromNow) {
    return left().compareTo(limitFromNow) < 0 ? this : after(time, limitFromNow);
  }
}
