package io.sskuba.cli;

import io.sskuba.io.Json;
import io.sskuba.run.RunEvent;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/// The events of a cluster. A torn last line of a killed run is left out.
final class EventLog {
  private EventLog() {}

  static List<RunEvent> of(Session session, String key) {
    List<RunEvent> events = new ArrayList<>();
    for (String line : session.ports().store().events(key)) {
      try {
        events.add(RunEvent.fromJson(Json.parse(line)));
      } catch (UncheckedIOException e) {
        continue;
      }
    }
    return events;
  }
}
