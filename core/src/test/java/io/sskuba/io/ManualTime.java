package io.sskuba.io;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// A clock that moves only when the test, or a sleep, moves it.
public final class ManualTime implements TimeSource {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final AtomicLong nanos = new AtomicLong();
  private volatile Consumer<Duration> onSleep = d -> {};

  @Override
  public Instant now() {
    return now.get();
  }

  @Override
  public long nanos() {
    return nanos.get();
  }

  @Override
  public void sleep(Duration d) {
    pass(d);
    onSleep.accept(d);
  }

  public void onSleep(Consumer<Duration> action) {
    onSleep = action;
  }

  public void pass(Duration d) {
    nanos.addAndGet(d.toNanos());
    jump(d);
  }

  /// Somebody sets the wall clock.
  public void jump(Duration d) {
    now.updateAndGet(t -> t.plus(d));
  }
}
