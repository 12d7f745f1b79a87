package io.sskuba.rehearsal.cloud;

import io.sskuba.io.TimeSource;
import io.sskuba.rehearsal.account.CloudResource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// How far reads and lists of a simulated cloud lag behind: what was made a moment ago is not found
/// yet, what was deleted still shows.
///
/// What was made says itself when. What was deleted is remembered by the process that deleted it.
final class Lag {
  static final Lag NONE = new Lag(Duration.ZERO, TimeSource.system());

  private final Duration lag;
  private final TimeSource time;
  private final Map<String, Ghost> deleted = new ConcurrentHashMap<>();

  private record Ghost(CloudResource resource, Instant until) {}

  Lag(Duration lag, TimeSource time) {
    this.lag = lag;
    this.time = time;
  }

  boolean isNone() {
    return lag.isZero();
  }

  Duration duration() {
    return lag;
  }

  /// Whether a read or list shows it by now.
  boolean shows(CloudResource resource) {
    return isNone() || !resource.createdAt().plus(lag).isAfter(time.now());
  }

  void deleted(CloudResource resource) {
    if (!isNone()) {
      deleted.put(resource.id(), new Ghost(resource, time.now().plus(lag)));
    }
  }

  private List<CloudResource> ghosts() {
    Instant now = time.now();
    deleted.values().removeIf(ghost -> !ghost.until().isAfter(now));
    return deleted.values().stream().map(Ghost::resource).toList();
  }

  /// What a list shows of what there is.
  List<CloudResource> listed(List<CloudResource> all) {
    return isNone()
        ? all
        : Stream.concat(all.stream().filter(this::shows), ghosts().stream()).toList();
  }

  /// What still shows of something that is gone.
  java.util.Optional<CloudResource> ghost(String id) {
    return isNone()
        ? java.util.Optional.empty()
        : ghosts().stream().filter(g -> g.id().equals(id)).findFirst();
  }
}
