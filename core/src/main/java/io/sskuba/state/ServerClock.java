package io.sskuba.state;

import io.sskuba.io.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A server's clock as its answers tell it (the header `Date`, in whole seconds), carried on by
/// monotonic time until the next answer.
/// - Limits: behind by up to 1 s and the answer's way; never ahead.
public final class ServerClock {
  private record Reading(Instant server, long nanos) {}

  private final TimeSource time;
  private volatile @Nullable Reading last;

  public ServerClock(TimeSource time) {
    this.time = time;
  }

  /// Learns from an answer's `Date`; anything that is none is passed over.
  public void learn(@Nullable String date) {
    if (date == null) {
      return;
    }
    try {
      ZonedDateTime read = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME);
      last = new Reading(read.toInstant(), time.nanos());
    } catch (DateTimeParseException e) {
      return; // a proxy's own idea of a date
    }
  }

  /// Empty before the first answer.
  public Optional<Instant> now() {
    Reading reading = last;
    return reading == null
        ? Optional.empty()
        : Optional.of(reading.server().plus(Duration.ofNanos(time.nanos() - reading.nanos())));
  }
}
