package io.sskuba.rehearsal.machine;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.io.TimeSource;
import io.sskuba.talos.api.machine.Event;
import io.sskuba.talos.api.machine.EventsRequest;
import io.sskuba.talos.api.machine.MachineStatusEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What happened on a machine since it booted, as `talosctl events` and `--wait` read it.
/// - Limits: the last [#KEPT_MAX] events; a reader that falls behind more than that misses some.
final class EventStream {
  private static final int KEPT_MAX = 256;

  private record Entry(long number, Instant at, Event event) {}

  private final TimeSource time;
  private final byte[] machine;
  private final Deque<Entry> kept = new ArrayDeque<>();
  private long next = 1;
  private boolean open = true;
  private Instant repeatUntil = Instant.MIN;
  private @Nullable Event lastStatus;

  EventStream(TimeSource time, byte[] machine) {
    this.time = time;
    this.machine = machine;
  }

  /// @param actor id of the request that caused it, or empty
  synchronized void publish(Message payload, String actor) {
    Instant now = time.now();
    Event event =
        Event.newBuilder()
            .setData(
                Any.newBuilder()
                    .setTypeUrl("talos/runtime/" + payload.getDescriptorForType().getFullName())
                    .setValue(payload.toByteString()))
            .setId(Xid.of(now, machine, (int) next))
            .setActorId(actor)
            .build();
    kept.addLast(new Entry(next++, now, event));
    if (payload instanceof MachineStatusEvent) {
      lastStatus = event;
    }
    if (kept.size() > KEPT_MAX) {
      kept.removeFirst();
    }
    notifyAll();
  }

  /// Ends every reader: the machine goes down.
  synchronized void shutDown() {
    open = false;
    notifyAll();
  }

  /// Until then, who starts to read is told the machine's present status first.
  ///
  /// `talosctl reboot` looks away for a second when the reboot begins, and then waits for the
  /// status to become `running`. Real machines take longer than that second; these do not.
  synchronized void repeatStatusUntil(Instant end) {
    repeatUntil = end;
  }

  private synchronized Optional<Event> repeated() {
    return time.now().isBefore(repeatUntil) ? Optional.ofNullable(lastStatus) : Optional.empty();
  }

  /// Forgets everything: the machine boots.
  synchronized void restart() {
    kept.clear();
    lastStatus = null;
    open = true;
  }

  /// Sends an empty event at once, as Talos does to say that the stream is up, then past events as
  /// asked for, then new ones until the machine goes down or the client leaves.
  void stream(EventsRequest request, Procedure.Replies<Event> replies)
      throws StatusException, InterruptedException {
    int ways =
        (request.getTailEvents() != 0 ? 1 : 0)
            + (request.getTailSeconds() != 0 ? 1 : 0)
            + (request.getTailId().isEmpty() ? 0 : 1);
    if (ways > 1) {
      throw Statuses.of(
          Status.Code.UNKNOWN,
          "WithTailDuration can't be specified at the same time with WithTailEvents or"
              + " WithTailID");
    }
    long from = first(request);
    replies.send(
        Event.newBuilder()
            .setData(Any.getDefaultInstance())
            .setId(Xid.of(time.now(), machine, 0))
            .setActorId(request.getWithActorId())
            .build());
    Optional<Event> status = ways == 0 ? repeated() : Optional.empty();
    if (status.isPresent()) {
      replies.send(status.get());
    }
    while (true) {
      List<Entry> news = await(from);
      if (news.isEmpty()) {
        return;
      }
      for (Entry entry : news) {
        from = entry.number() + 1;
        if (request.getWithActorId().isEmpty()
            || request.getWithActorId().equals(entry.event().getActorId())) {
          replies.send(entry.event());
        }
      }
    }
  }

  private synchronized long first(EventsRequest request) {
    if (request.getTailEvents() < 0) {
      return 1;
    }
    if (request.getTailEvents() > 0) {
      return Math.max(1, next - request.getTailEvents());
    }
    if (request.getTailSeconds() > 0) {
      Instant since = time.now().minus(Duration.ofSeconds(request.getTailSeconds()));
      return kept.stream()
          .filter(e -> !e.at().isBefore(since))
          .map(Entry::number)
          .findFirst()
          .orElse(next);
    }
    if (!request.getTailId().isEmpty()) {
      return kept.stream()
          .filter(e -> e.event().getId().compareTo(request.getTailId()) > 0)
          .map(Entry::number)
          .findFirst()
          .orElse(next);
    }
    return next;
  }

  private synchronized List<Entry> await(long from) throws InterruptedException {
    while (open) {
      List<Entry> news = new ArrayList<>();
      for (Entry entry : kept) {
        if (entry.number() >= from) {
          news.add(entry);
        }
      }
      if (!news.isEmpty()) {
        return news;
      }
      wait();
    }
    return List.of();
  }
}
