package io.sskuba.rehearsal.machine;

import com.google.protobuf.Timestamp;
import io.sskuba.io.TimeSource;
import io.sskuba.talos.api.machine.ServiceEvent;
import io.sskuba.talos.api.machine.ServiceEvents;
import io.sskuba.talos.api.machine.ServiceHealth;
import io.sskuba.talos.api.machine.ServiceInfo;
import io.sskuba.talos.api.machine.ServiceStateEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// The services that a machine plays itself: machined, apid, containerd and the rest, with the
/// states, events and messages of Talos.
/// - Limits: [#EVENTS_MAX] events a service, as Talos.
final class OwnServices {
  private static final int EVENTS_MAX = 64;

  private static final class Entry {
    String state = "Initialized";
    boolean healthy;
    boolean unknown = true;
    String healthMessage = "";
    Instant changed = Instant.EPOCH;
    final List<ServiceEvent> events = new ArrayList<>(6);
  }

  private final TimeSource time;
  private final EventStream stream;
  private final Map<String, Entry> entries = new TreeMap<>();

  OwnServices(TimeSource time, EventStream stream) {
    this.time = time;
    this.stream = stream;
  }

  synchronized void clear() {
    entries.clear();
  }

  synchronized boolean running(String id) {
    Entry entry = entries.get(id);
    return entry != null && entry.state.equals("Running");
  }

  /// A new state with its message.
  synchronized void state(String id, String state, String message) {
    Entry entry = entries.computeIfAbsent(id, key -> new Entry());
    entry.state = state;
    Instant now = time.now();
    entry.events.add(
        ServiceEvent.newBuilder().setMsg(message).setState(state).setTs(timestamp(now)).build());
    if (entry.events.size() > EVENTS_MAX) {
      entry.events.removeFirst();
    }
    if (!state.equals("Running")) {
      entry.unknown = true;
      entry.healthy = false;
    }
    publish(id, entry, message);
  }

  /// The first health check after the start went well.
  synchronized void healthy(String id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      return;
    }
    entry.healthy = true;
    entry.unknown = false;
    entry.changed = time.now();
    entry.events.add(
        ServiceEvent.newBuilder()
            .setMsg("Health check successful")
            .setState(entry.state)
            .setTs(timestamp(entry.changed))
            .build());
    publish(id, entry, "Health check successful");
  }

  private void publish(String id, Entry entry, String message) {
    stream.publish(
        ServiceStateEvent.newBuilder()
            .setService(id)
            .setAction(ServiceStateEvent.Action.valueOf(entry.state.toUpperCase(Locale.ROOT)))
            .setMessage(message)
            .setHealth(health(entry))
            .build(),
        "");
  }

  synchronized List<ServiceInfo> list() {
    List<ServiceInfo> all = new ArrayList<>();
    entries.forEach(
        (id, entry) ->
            all.add(
                ServiceInfo.newBuilder()
                    .setId(id)
                    .setState(entry.state)
                    .setEvents(ServiceEvents.newBuilder().addAllEvents(entry.events))
                    .setHealth(health(entry))
                    .build()));
    return all;
  }

  private static ServiceHealth health(Entry entry) {
    return ServiceHealth.newBuilder()
        .setUnknown(entry.unknown)
        .setHealthy(entry.healthy)
        .setLastMessage(entry.healthMessage)
        .setLastChange(timestamp(entry.changed))
        .build();
  }

  static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }

  /// What NodeServices runs, in the same form.
  static ServiceInfo info(NodeServices.ServiceState service) {
    ServiceEvents.Builder events = ServiceEvents.newBuilder();
    for (NodeServices.Event event : service.events()) {
      events.addEvents(
          ServiceEvent.newBuilder()
              .setMsg(event.message())
              .setState(event.state())
              .setTs(timestamp(event.at())));
    }
    return ServiceInfo.newBuilder()
        .setId(service.id())
        .setState(service.state())
        .setEvents(events)
        .setHealth(
            ServiceHealth.newBuilder()
                .setUnknown(service.healthUnknown())
                .setHealthy(service.healthy())
                .setLastMessage(service.lastMessage())
                .setLastChange(timestamp(service.lastChange())))
        .build();
  }
}
