package io.sskuba.io;

import java.time.Duration;
import java.time.Instant;

@SuppressForbidden(reason = "this is the one door to the clock")
enum SystemTime implements TimeSource {
  INSTANCE;

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public void sleep(Duration d) throws InterruptedException {
    Thread.sleep(d);
  }
}
