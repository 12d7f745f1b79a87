package io.sskuba.rehearsal.cloud;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How long the calls of one engine run would have taken in a real cloud: by operation and logical
/// name. Thread-safe.
public final class ModelledTime {
  private final Map<String, Duration> taken = new ConcurrentHashMap<>();

  void add(String operation, String name, Duration time) {
    taken.merge(operation + " " + name, time, Duration::plus);
  }

  /// Zero where nothing was done.
  public Duration of(String operation, String name) {
    return taken.getOrDefault(operation + " " + name, Duration.ZERO);
  }

  public void clear() {
    taken.clear();
  }
}
