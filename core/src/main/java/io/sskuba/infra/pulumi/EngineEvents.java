package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Empty;
import io.grpc.stub.StreamObserver;
import io.sskuba.infra.Drift;
import io.sskuba.infra.Infrastructure.Changes;
import io.sskuba.infra.Infrastructure.ResourceEvent;
import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.infra.Infrastructure.Step;
import io.sskuba.infra.Platform;
import io.sskuba.io.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import pulumirpc.EventsGrpc;
import pulumirpc.EventsOuterClass;

/// Receives the engine's events of one operation and keeps what they amount to: steps, failures,
/// what is pending.
/// - Limits: 200 failures, 20,000 steps and drifted properties, messages of 8 KiB.
/// - Thread: the engine sends from one stream; readers may call at any time.
final class EngineEvents extends EventsGrpc.EventsImplBase {
  private static final int FAILURES_MAX = 200;
  private static final int STEPS_MAX = 20_000;
  private static final int DRIFT_MAX = 20_000;
  private static final int MESSAGE_MAX = 8192;

  /// @param urn empty when the failure belongs to no resource
  record Failure(String urn, String message) {}

  private final Consumer<ResourceEvent> sink;
  private final UnaryOperator<String> redactor;
  private final boolean onlyGiven;
  private final Map<String, Step> steps = new LinkedHashMap<>();
  private final Map<String, String> pending = new LinkedHashMap<>();
  private final Set<String> finished = new LinkedHashSet<>();
  private final List<Failure> failures = new ArrayList<>();
  private final List<Drift> drift = new ArrayList<>();
  private final Map<String, StateResource> seen = new TreeMap<>();
  private final Set<String> failed = new LinkedHashSet<>();
  private final Map<String, Platform.Found> made = new LinkedHashMap<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private @Nullable Consumer<JsonNode> tap;
  private @Nullable RuntimeException sinkFailure;
  private volatile long count;

  EngineEvents(Consumer<ResourceEvent> sink, UnaryOperator<String> redactor) {
    this(sink, redactor, false);
  }

  /// @param onlyGiven whether only properties that are inputs count as drift: a real cloud has many
  ///   that change by themselves, such as a machine's state
  EngineEvents(Consumer<ResourceEvent> sink, UnaryOperator<String> redactor, boolean onlyGiven) {
    this.sink = sink;
    this.redactor = redactor;
    this.onlyGiven = onlyGiven;
  }

  /// Also gives each raw event to `consumer`.
  synchronized void tap(Consumer<JsonNode> consumer) {
    tap = consumer;
  }

  @Override
  public StreamObserver<EventsOuterClass.EventRequest> streamEvents(StreamObserver<Empty> reply) {
    return new StreamObserver<>() {
      @Override
      public void onNext(EventsOuterClass.EventRequest request) {
        event(Json.parse(request.getEvent()));
      }

      @Override
      public void onError(Throwable t) {
        ended.countDown();
      }

      @Override
      public void onCompleted() {
        reply.onNext(Empty.getDefaultInstance());
        reply.onCompleted();
        ended.countDown();
      }
    };
  }

  /// Waits until the engine closed its stream, at most `seconds`.
  boolean awaitEnd(int seconds) throws InterruptedException {
    return ended.await(seconds, TimeUnit.SECONDS);
  }

  /// Takes one event, in the engine's JSON form.
  synchronized void event(JsonNode event) {
    count++;
    Consumer<JsonNode> raw = tap;
    if (raw != null) {
      raw.accept(event);
    }
    if (event.has("resourcePreEvent")) {
      before(event.get("resourcePreEvent").path("metadata"));
    } else if (event.has("resOutputsEvent")) {
      after(event.get("resOutputsEvent").path("metadata"), null);
    } else if (event.has("resOpFailedEvent")) {
      JsonNode metadata = event.get("resOpFailedEvent").path("metadata");
      failed.add(metadata.path("urn").asText());
      after(metadata, "failed");
    } else if (event.has("diagnosticEvent")) {
      diagnostic(event.get("diagnosticEvent"));
    }
  }

  private void before(JsonNode metadata) {
    String urn = metadata.path("urn").asText();
    String op = word(metadata.path("op").asText());
    if (ours(metadata)) {
      if (!op.equals("same")) {
        pending.put(urn, op);
      }
      step(urn, op, metadata);
      tell(new ResourceEvent(op, type(metadata), name(urn), false, null));
    }
  }

  private void after(JsonNode metadata, @Nullable String message) {
    String urn = metadata.path("urn").asText();
    String op = word(metadata.path("op").asText());
    if (ours(metadata)) {
      pending.remove(urn);
      if (message == null) {
        finished.add(urn);
        remember(urn, metadata);
      }
      step(urn, op, metadata);
      if (op.equals("refresh") && message == null) {
        looked(urn, metadata);
      }
      tell(new ResourceEvent(op, type(metadata), name(urn), true, message));
    }
  }

  /// What was made, by the answer itself: the state may not be told any more.
  private void remember(String urn, JsonNode metadata) {
    String id = metadata.path("new").path("id").asText("");
    boolean create = metadata.path("op").asText().startsWith("create");
    if (create && !id.isEmpty() && made.size() < STEPS_MAX) {
      made.put(urn, new Platform.Found(type(metadata), name(urn), id));
    } else if (metadata.path("op").asText().equals("delete")) {
      made.remove(urn);
    }
  }

  /// The engine read a resource: what the state said is `old`, what the provider says is `new`.
  private void looked(String urn, JsonNode metadata) {
    JsonNode old = metadata.path("old");
    JsonNode now = metadata.path("new");
    if (!now.isObject()) {
      note(List.of(Drift.gone(type(metadata), name(urn))));
      return;
    }
    Map<String, Object> outputs = StackState.plainMap(now.path("outputs"));
    Set<String> given = new LinkedHashSet<>();
    old.path("inputs").fieldNames().forEachRemaining(given::add);
    now.path("inputs").fieldNames().forEachRemaining(given::add);
    List<Drift> changed =
        Drift.changed(
            type(metadata),
            name(urn),
            compared(StackState.plainMap(old.path("outputs")), given),
            compared(outputs, given));
    // A provider may tell a change in what it takes for the inputs alone.
    note(
        changed.isEmpty()
            ? Drift.changed(
                type(metadata),
                name(urn),
                StackState.plainMap(old.path("inputs")),
                StackState.plainMap(now.path("inputs")))
            : changed);
    if (seen.size() < STEPS_MAX) {
      seen.put(
          type(metadata) + "::" + name(urn),
          new StateResource(type(metadata), name(urn), now.path("id").asText(null), outputs));
    }
  }

  private Map<String, Object> compared(Map<String, Object> properties, Set<String> given) {
    if (!onlyGiven) {
      return properties;
    }
    Map<String, Object> kept = new LinkedHashMap<>(properties);
    kept.keySet().retainAll(given);
    return kept;
  }

  private void note(List<Drift> found) {
    if (drift.size() < DRIFT_MAX) {
      drift.addAll(found);
    }
  }

  private void step(String urn, String op, JsonNode metadata) {
    Step known = steps.get(urn);
    // The parts of a replacement are one step; what only reads must not hide what was found.
    boolean keep = known != null && (known.op().equals("replace") || op.equals("same"));
    if (keep && !op.equals("replace") || steps.size() >= STEPS_MAX) {
      return;
    }
    List<String> diff = new ArrayList<>();
    JsonNode detailed = metadata.path("detailedDiff");
    if (detailed.isObject() && !detailed.isEmpty()) {
      detailed.fieldNames().forEachRemaining(diff::add);
    } else {
      metadata.path("diffs").forEach(d -> diff.add(d.asText()));
    }
    JsonNode inputs = metadata.path("new").path("inputs");
    steps.put(
        urn,
        new Step(
            op,
            type(metadata),
            name(urn),
            StackState.plainMap(inputs),
            diff.stream().distinct().sorted().toList()));
  }

  private void diagnostic(JsonNode event) {
    String severity = event.path("severity").asText();
    String message = clean(event.path("message").asText());
    String urn = event.path("urn").asText("");
    if (severity.equals("error") && failures.size() < FAILURES_MAX && !message.isBlank()) {
      failures.add(new Failure(urn, message));
    } else if (event.path("ephemeral").asBoolean() && pending.containsKey(urn)) {
      tell(new ResourceEvent(pending.get(urn), typeOf(urn), name(urn), false, message));
    }
  }

  private void tell(ResourceEvent event) {
    try {
      sink.accept(event);
    } catch (RuntimeException e) {
      // A broken listener must not stop the engine half-way; the operation reports it at its end.
      sinkFailure = e;
    }
  }

  private String clean(String message) {
    String plain = message.replaceAll("<\\{%[^%]*%\\}>", "").strip();
    String cut = plain.length() > MESSAGE_MAX ? plain.substring(0, MESSAGE_MAX) + "…" : plain;
    return redactor.apply(Redaction.clean(cut));
  }

  synchronized Changes changes() {
    return Changes.of(List.copyOf(steps.values()), List.copyOf(drift), List.copyOf(seen.values()));
  }

  synchronized List<Failure> failures() {
    return List.copyOf(failures);
  }

  /// What this operation made, in order.
  synchronized List<Platform.Found> made() {
    return List.copyOf(made.values());
  }

  /// URNs whose operation the engine reported as failed.
  synchronized Set<String> failedUrns() {
    return new LinkedHashSet<>(failed);
  }

  /// `OP TYPE NAME` of each operation that began and did not end.
  synchronized List<String> pending() {
    return pending.entrySet().stream()
        .map(e -> e.getValue() + " " + typeOf(e.getKey()) + " " + name(e.getKey()))
        .toList();
  }

  /// How many events came.
  long count() {
    return count;
  }

  synchronized int finished() {
    return finished.size();
  }

  synchronized @Nullable RuntimeException sinkFailure() {
    return sinkFailure;
  }

  private static boolean ours(JsonNode metadata) {
    return !type(metadata).startsWith("pulumi:");
  }

  private static String type(JsonNode metadata) {
    return metadata.path("type").asText();
  }

  /// The engine's step kinds in the six words of [ResourceEvent].
  private static String word(String op) {
    return switch (op) {
      case "create-replacement", "delete-replaced", "discard-replaced", "remove-pending-replace" ->
          "replace";
      case "import", "read", "import-replacement", "read-replacement" -> "create";
      case "discard" -> "delete";
      default -> op;
    };
  }

  /// The logical name at the end of a URN.
  static String name(String urn) {
    int at = urn.lastIndexOf("::");
    return at < 0 ? urn : urn.substring(at + 2);
  }

  /// The resource's own type in a URN.
  static String typeOf(String urn) {
    String[] parts = urn.split("::", -1);
    if (parts.length < 4) {
      return "";
    }
    String type = parts[2];
    return type.substring(type.lastIndexOf('$') + 1);
  }
}
