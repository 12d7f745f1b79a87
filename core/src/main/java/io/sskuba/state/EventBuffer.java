package io.sskuba.state;

import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// Collects a cluster's events and writes those of a second together, so that a run does not wait
/// for the store at each.
/// - Limits: 10,000 events wait at most; older ones are then dropped, as at a power cut.
final class EventBuffer {
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int MAX_WAITING = 10_000;

  private final TimeSource time;
  private final Consumer<List<String>> writer;
  private final ReentrantLock guard = new ReentrantLock();
  private final ReentrantLock writing = new ReentrantLock();
  private final List<String> waiting = new ArrayList<>();
  private boolean scheduled;

  EventBuffer(TimeSource time, Consumer<List<String>> writer) {
    this.time = time;
    this.writer = writer;
  }

  void add(String line) {
    guard.lock();
    try {
      if (waiting.size() == MAX_WAITING) {
        waiting.removeFirst();
      }
      waiting.add(line);
      if (!scheduled) {
        scheduled = true;
        Thread.ofVirtual().name("events").start(this::flushSoon);
      }
    } finally {
      guard.unlock();
    }
  }

  private void flushSoon() {
    try {
      time.sleep(PAUSE);
      flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SskubaException e) {
      return; // kept; they go with the next ones
    }
  }

  /// Writes what waits. What cannot be written is kept, and goes with the next.
  void flush() {
    writing.lock();
    try {
      List<String> batch = take();
      if (batch.isEmpty()) {
        return;
      }
      try {
        writer.accept(batch);
      } catch (SskubaException e) {
        putBack(batch);
        throw e;
      }
    } finally {
      writing.unlock();
    }
  }

  private List<String> take() {
    guard.lock();
    try {
      List<String> batch = List.copyOf(waiting);
      waiting.clear();
      scheduled = false;
      return batch;
    } finally {
      guard.unlock();
    }
  }

  private void putBack(List<String> batch) {
    guard.lock();
    try {
      waiting.addAll(0, batch.subList(0, Math.min(batch.size(), MAX_WAITING - waiting.size())));
    } finally {
      guard.unlock();
    }
  }
}
