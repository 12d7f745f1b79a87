package io.sskuba.rehearsal.plane;

import io.sskuba.io.TimeSource;
import io.sskuba.rehearsal.machine.NodeServices.Event;
import io.sskuba.rehearsal.machine.NodeServices.ServiceState;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// One line of a machine's service list, worded as Talos does.
/// - Limits: the last 20 events.
final class ServiceLine {
  private static final int EVENTS_MAX = 20;
  private final String id;
  private final TimeSource time;
  private final Deque<Event> events = new ArrayDeque<>();
  private String state = "Initialized";
  private boolean healthy;
  private boolean healthUnknown = true;
  private String message = "";
  private Instant changed;

  ServiceLine(String id, TimeSource time) {
    this.id = id;
    this.time = time;
    this.changed = time.now();
  }

  synchronized void state(String now, String text) {
    if (state.equals(now) && message.equals(text)) {
      return;
    }
    state = now;
    if (!now.equals("Running")) {
      healthy = false;
      healthUnknown = true;
    }
    message = text;
    changed = time.now();
    events.addLast(new Event(text, now, changed));
    if (events.size() > EVENTS_MAX) {
      events.removeFirst();
    }
  }

  synchronized void health(boolean now, String text) {
    if (!state.equals("Running") || (healthy == now && !healthUnknown)) {
      return;
    }
    healthy = now;
    healthUnknown = false;
    message = text;
    changed = time.now();
    events.addLast(new Event(text, state, changed));
    if (events.size() > EVENTS_MAX) {
      events.removeFirst();
    }
  }

  synchronized boolean healthy() {
    return healthy;
  }

  synchronized ServiceState snapshot() {
    return new ServiceState(
        id, state, healthy, healthUnknown, message, changed, List.copyOf(events));
  }
}
