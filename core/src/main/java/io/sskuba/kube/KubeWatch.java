package io.sskuba.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One list-and-watch. Goes on after a broken connection from the last version seen (bookmarks keep
/// it fresh), lists again when that version is gone (410), and tells what vanished in between as
/// `DELETED`.
/// - Limits: 16 MiB an event, back-off 200 ms to 10 s, a connection without a byte for 150 s is
///   given up (bookmarks come every minute).
final class KubeWatch {
  private static final int MAX_EVENT = 16 << 20;
  private static final int WINDOW = 16;
  private static final Duration LIST_LIMIT = Duration.ofSeconds(60);
  private static final Duration HEADERS_LIMIT = Duration.ofSeconds(30);
  private static final Duration SILENCE = Duration.ofSeconds(150);
  private static final Duration GLANCE = Duration.ofSeconds(1);
  private static final long FIRST_PAUSE_MS = 200;
  private static final long LAST_PAUSE_MS = 10_000;

  private final HttpKubeApi api;
  private final TimeSource time;
  private final String path;
  private final @Nullable String query;
  private final KubeApi.WatchHandler handler;
  private final BooleanSupplier stop;

  /// Key to UID of everything the handler believes to exist.
  private final Map<String, String> known = new HashMap<>();

  private String version = "";
  private boolean progressed;

  KubeWatch(
      HttpKubeApi api,
      TimeSource time,
      String path,
      @Nullable String query,
      KubeApi.WatchHandler handler,
      BooleanSupplier stop) {
    this.api = api;
    this.time = time;
    this.path = path;
    this.query = query;
    this.handler = handler;
    this.stop = stop;
  }

  void run() throws InterruptedException {
    long pause = FIRST_PAUSE_MS;
    while (!stop.getAsBoolean()) {
      progressed = false;
      boolean failed = false;
      try {
        if (version.isEmpty()) {
          relist();
        }
        failed = !follow();
      } catch (UncheckedIOException | KubeStatusException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedException();
        }
        // Refusals are temporary too: RBAC may come a moment later, a token may be made anew.
        if (e instanceof KubeStatusException status && status.code() == 410) {
          version = "";
          continue;
        }
        failed = true;
      }
      pause = progressed ? FIRST_PAUSE_MS : Math.min(LAST_PAUSE_MS, pause * 2);
      if (failed && !stop.getAsBoolean()) {
        time.sleep(Duration.ofMillis(pause));
      }
    }
  }

  private void relist() {
    HttpKubeApi.Listing listing = api.listAll(path, query, LIST_LIMIT);
    Set<String> present = new HashSet<>();
    Map<String, JsonNode> gone = new HashMap<>();
    for (JsonNode item : listing.items()) {
      String key = key(item);
      present.add(key);
      String uid = item.path("metadata").path("uid").asText();
      String before = known.put(key, uid);
      if (before != null && !before.equals(uid)) {
        handler.on("DELETED", tombstone(key, before));
      }
    }
    for (Map.Entry<String, String> entry : known.entrySet()) {
      if (!present.contains(entry.getKey())) {
        gone.put(entry.getKey(), tombstone(entry.getKey(), entry.getValue()));
      }
    }
    gone.forEach(
        (key, object) -> {
          known.remove(key);
          handler.on("DELETED", object);
        });
    listing.items().forEach(item -> handler.on("ADDED", item));
    version = listing.resourceVersion();
    progressed = true;
    handler.on("SYNCED", null);
  }

  /// What is left of an object that vanished unseen: its name, namespace and UID.
  private static JsonNode tombstone(String key, String uid) {
    ObjectNode object = Json.object();
    ObjectNode metadata = object.putObject("metadata");
    int slash = key.indexOf('/');
    if (slash > 0) {
      metadata.put("namespace", key.substring(0, slash));
    }
    metadata.put("name", key.substring(slash + 1)).put("uid", uid);
    return object;
  }

  private static String key(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    return metadata.path("namespace").asText("") + "/" + metadata.path("name").asText();
  }

  /// One connection, until it ends. False when it broke or was refused.
  private boolean follow() throws InterruptedException {
    String full = HttpKubeApi.withQuery(path, query);
    full =
        HttpKubeApi.withQuery(
            full,
            "watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=" + version);
    Lines lines = new Lines();
    CompletableFuture<HttpResponse<Lines>> answer =
        api.client().sendAsync(api.watchRequest(full).GET().build(), head -> lines);
    try {
      HttpResponse<Lines> response = headers(answer);
      if (response.statusCode() != 200) {
        byte[] body = lines.drain();
        throw HttpKubeApi.status(response.statusCode(), body);
      }
      return read(lines);
    } finally {
      lines.cancel();
      answer.cancel(true);
    }
  }

  private HttpResponse<Lines> headers(CompletableFuture<HttpResponse<Lines>> answer)
      throws InterruptedException {
    long end = time.nanos() + HEADERS_LIMIT.toNanos();
    while (true) {
      try {
        return answer.get(GLANCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (stop.getAsBoolean() || time.nanos() - end > 0) {
          throw new UncheckedIOException(new IOException(path + ": watch: no answer", e));
        }
      } catch (ExecutionException e) {
        throw new UncheckedIOException(
            new IOException(path + ": watch: " + HttpKubeApi.describe(e.getCause()), e));
      }
    }
  }

  private boolean read(Lines lines) throws InterruptedException {
    long heard = time.nanos();
    while (!stop.getAsBoolean()) {
      Lines.Chunk chunk = lines.next(GLANCE);
      if (chunk == null) {
        if (time.nanos() - heard > SILENCE.toNanos()) {
          return false;
        }
        continue;
      }
      heard = time.nanos();
      if (chunk.end()) {
        return chunk.failure() == null;
      }
      for (byte[] line : lines.split(chunk)) {
        event(Json.parse(line));
      }
    }
    return true;
  }

  private void event(JsonNode event) {
    String type = event.path("type").asText();
    JsonNode object = event.path("object");
    switch (type) {
      case "BOOKMARK" -> version = object.path("metadata").path("resourceVersion").asText(version);
      case "ERROR" ->
          throw new KubeStatusException(
              object.path("code").asInt(500),
              object.path("reason").asText("Unknown"),
              object.path("message").asText(""));
      default -> {
        String key = key(object);
        if (type.equals("DELETED")) {
          known.remove(key);
        } else {
          known.put(key, object.path("metadata").path("uid").asText());
        }
        version = object.path("metadata").path("resourceVersion").asText(version);
        progressed = true;
        handler.on(type, object);
      }
    }
  }

  /// The body of a watch as lines, handed over from the HTTP client's thread to the reader's.
  private static final class Lines
      implements HttpResponse.BodySubscriber<Lines>, Flow.Subscriber<List<ByteBuffer>> {
    record Chunk(List<ByteBuffer> buffers, boolean end, @Nullable Throwable failure) {}

    private final LinkedBlockingQueue<Chunk> chunks = new LinkedBlockingQueue<>();
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream(0);
    private volatile Flow.@Nullable Subscription subscription;

    @Override
    public CompletionStage<Lines> getBody() {
      return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
      subscription = newSubscription;
      if (cancelled.get()) {
        newSubscription.cancel();
      } else {
        // The window bounds what waits in the queue: one more is asked for per chunk taken.
        newSubscription.request(WINDOW);
      }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      chunks.add(new Chunk(buffers, false, null));
    }

    @Override
    public void onError(Throwable failure) {
      chunks.add(new Chunk(List.of(), true, failure));
    }

    @Override
    public void onComplete() {
      chunks.add(new Chunk(List.of(), true, null));
    }

    void cancel() {
      cancelled.set(true);
      Flow.Subscription current = subscription;
      if (current != null) {
        current.cancel();
      }
    }

    @Nullable Chunk next(Duration limit) throws InterruptedException {
      Chunk chunk = chunks.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      Flow.Subscription current = subscription;
      if (chunk != null && !chunk.end() && current != null) {
        current.request(1);
      }
      return chunk;
    }

    /// The lines that are whole after `chunk`; a begun one stays for the next.
    List<byte[]> split(Chunk chunk) {
      List<byte[]> lines = new java.util.ArrayList<>();
      for (ByteBuffer buffer : chunk.buffers()) {
        while (buffer.hasRemaining()) {
          byte b = buffer.get();
          if (b != '\n') {
            rest.write(b);
          } else if (rest.size() > 0) {
            lines.add(rest.toByteArray());
            rest.reset();
          }
        }
      }
      if (rest.size() > MAX_EVENT) {
        throw new UncheckedIOException(new IOException("watch event over " + MAX_EVENT + " bytes"));
      }
      return lines;
    }

    /// The start of an error reply, for its Status object.
    byte[] drain() throws InterruptedException {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      while (body.size() < MAX_EVENT) {
        Chunk chunk = next(Duration.ofSeconds(5));
        if (chunk == null || chunk.end()) {
          break;
        }
        for (ByteBuffer buffer : chunk.buffers()) {
          byte[] bytes = new byte[buffer.remaining()];
          buffer.get(bytes);
          body.writeBytes(bytes);
        }
      }
      return body.toByteArray();
    }
  }
}
