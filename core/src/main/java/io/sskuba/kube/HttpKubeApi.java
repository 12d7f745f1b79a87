package io.sskuba.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/// [KubeApi] on the JDK's HTTP client: HTTP/2 on one connection, TLS 1.2 or 1.3, one pinned CA, no
/// proxy, no redirects.
/// - Limits: [#MAX_REPLY] bytes a reply, [#MAX_CALLS] calls at a time (the API server allows 100
///   streams a connection; watches take some), [#MAX_PAGES] pages a list.
/// - Retried within the deadline: 429 with `Retry-After` (not for evictions, where it means "not
///   now"), and once a GET whose connection broke.
public final class HttpKubeApi implements KubeApi {
  static final int MAX_REPLY = 64 << 20;
  static final int MAX_CALLS = 64;
  static final int PAGE = 500;
  private static final int MAX_PAGES = 2_000;
  private static final int MAX_THROTTLED = 10;
  private static final Executor CALLBACKS =
      task -> Thread.ofVirtual().name("kube-http").start(task);

  private final URI base;
  private final HttpClient client;
  private final @Nullable String bearer;
  private final TimeSource time;
  private final Semaphore calls = new Semaphore(MAX_CALLS);

  HttpKubeApi(URI base, String caPem, KubeCredential credential, TimeSource time) {
    this.base = base;
    this.time = time;
    this.bearer =
        credential instanceof KubeCredential.BearerToken(String token) ? "Bearer " + token : null;
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    this.client =
        HttpClient.newBuilder()
            .sslContext(KubeTls.context(caPem, credential))
            .sslParameters(parameters)
            .version(HttpClient.Version.HTTP_2)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(NoProxy.INSTANCE)
            .connectTimeout(Duration.ofSeconds(10))
            .executor(CALLBACKS)
            .build();
  }

  @Override
  public Optional<JsonNode> get(String path, Duration limit) {
    Reply reply = call(request("GET", path, null, null), path, limit);
    return reply.code == 404 ? Optional.empty() : Optional.of(reply.object());
  }

  @Override
  public List<JsonNode> list(String path, @Nullable String query, Duration limit) {
    return listAll(path, query, limit).items();
  }

  /// @param resourceVersion where a watch goes on
  record Listing(List<JsonNode> items, String resourceVersion) {}

  Listing listAll(String path, @Nullable String query, Duration limit) {
    Deadline deadline = Deadline.after(time, limit);
    List<JsonNode> items = new ArrayList<>();
    String next = "";
    String itemKind = "";
    for (int page = 0; page < MAX_PAGES; page++) {
      String paged = withQuery(path, query);
      paged = withQuery(paged, "limit=" + PAGE);
      if (!next.isEmpty()) {
        paged = withQuery(paged, "continue=" + URLEncoder.encode(next, StandardCharsets.UTF_8));
      }
      Reply reply = call(request("GET", paged, null, null), paged, deadline.left());
      if (reply.code == 410 && !next.isEmpty()) {
        // The snapshot behind the token was compacted: begin again within the same deadline.
        items.clear();
        next = "";
        continue;
      }
      JsonNode list = reply.object();
      itemKind = list.path("kind").asText().replaceFirst("List$", "");
      String apiVersion = list.path("apiVersion").asText();
      for (JsonNode item : list.path("items")) {
        // Lists leave out what each item is; watches do not. Callers see the same object either
        // way.
        if (item instanceof ObjectNode object && !object.has("kind")) {
          object.put("kind", itemKind).put("apiVersion", apiVersion);
        }
        items.add(item);
      }
      next = list.path("metadata").path("continue").asText("");
      if (next.isEmpty()) {
        return new Listing(items, list.path("metadata").path("resourceVersion").asText(""));
      }
    }
    throw new UncheckedIOException(new IOException(path + ": more than " + MAX_PAGES + " pages"));
  }

  @Override
  public JsonNode create(String collectionPath, JsonNode object, Duration limit) {
    return send("POST", collectionPath, "application/json", object, limit);
  }

  @Override
  public JsonNode replace(String path, JsonNode object, Duration limit) {
    return send("PUT", path, "application/json", object, limit);
  }

  @Override
  public JsonNode apply(String path, JsonNode object, String fieldManager, Duration limit) {
    String query =
        "force=true&fieldManager=" + URLEncoder.encode(fieldManager, StandardCharsets.UTF_8);
    return send("PATCH", withQuery(path, query), "application/apply-patch+yaml", object, limit);
  }

  @Override
  public JsonNode patch(String path, String contentType, JsonNode patch, Duration limit) {
    return send("PATCH", path, contentType, patch, limit);
  }

  @Override
  public boolean delete(String path, @Nullable JsonNode options, Duration limit) {
    Reply reply = call(request("DELETE", path, "application/json", options), path, limit);
    if (reply.code == 404) {
      return false;
    }
    reply.object();
    return true;
  }

  @Override
  public Raw raw(String path, Duration limit) {
    Reply reply = call(request("GET", path, null, null), path, limit);
    return new Raw(reply.code, new String(reply.body, StandardCharsets.UTF_8));
  }

  @Override
  public void watch(String path, @Nullable String query, WatchHandler handler, BooleanSupplier stop)
      throws InterruptedException {
    new KubeWatch(this, time, path, query, handler, stop).run();
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  HttpClient client() {
    return client;
  }

  HttpRequest.Builder watchRequest(String path) {
    return builder(path);
  }

  /// `path?query`, or `path&query` where it has one already.
  static String withQuery(String path, @Nullable String query) {
    if (query == null || query.isEmpty()) {
      return path;
    }
    return path + (path.indexOf('?') < 0 ? "?" : "&") + query;
  }

  private JsonNode send(
      String method, String path, String contentType, JsonNode body, Duration limit) {
    return call(request(method, path, contentType, body), path, limit).object();
  }

  private HttpRequest.Builder builder(String path) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(base.resolve(path)).header("Accept", "application/json");
    if (bearer != null) {
      builder.header("Authorization", bearer);
    }
    return builder;
  }

  private HttpRequest request(
      String method, String path, @Nullable String contentType, @Nullable JsonNode body) {
    BodyPublisher publisher =
        body == null
            ? BodyPublishers.noBody()
            : BodyPublishers.ofByteArray(body.toString().getBytes(StandardCharsets.UTF_8));
    HttpRequest.Builder builder = builder(path).method(method, publisher);
    if (contentType != null) {
      builder.header("Content-Type", contentType);
    }
    return builder.build();
  }

  private record Reply(int code, byte[] body) {
    JsonNode object() {
      if (code >= 200 && code < 300) {
        return Json.parse(body);
      }
      throw status(code, body);
    }
  }

  /// The Status object behind a refusal, or the text where it is none.
  static KubeStatusException status(int code, byte[] body) {
    try {
      JsonNode status = Json.MAPPER.readTree(body);
      if ("Status".equals(status.path("kind").asText())) {
        return new KubeStatusException(
            code, status.path("reason").asText("Unknown"), status.path("message").asText(""));
      }
    } catch (IOException e) {
      // Not JSON: a proxy or the API server's own filter answered in plain text.
    }
    String text = new String(body, 0, Math.min(body.length, 500), StandardCharsets.UTF_8).strip();
    return new KubeStatusException(code, "Unknown", text);
  }

  private Reply call(HttpRequest request, String path, Duration limit) {
    Deadline deadline = Deadline.after(time, limit);
    boolean mayRepeat = request.method().equals("GET");
    boolean waits = !path.endsWith("/eviction");
    int throttled = 0;
    while (true) {
      HttpResponse<byte[]> response;
      try {
        response = once(request, path, deadline);
      } catch (UncheckedIOException e) {
        if (!mayRepeat || deadline.passed()) {
          throw e;
        }
        mayRepeat = false;
        continue;
      }
      Duration pause = retryAfter(response);
      if (response.statusCode() != 429
          || !waits
          || ++throttled > MAX_THROTTLED
          || pause.compareTo(deadline.left()) >= 0) {
        return new Reply(response.statusCode(), response.body());
      }
      sleep(pause, path);
    }
  }

  private HttpResponse<byte[]> once(HttpRequest request, String path, Deadline deadline) {
    boolean held = false;
    try {
      held = calls.tryAcquire(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
      if (!held) {
        throw unanswered(request, path, deadline, null);
      }
      CompletableFuture<HttpResponse<byte[]>> answer =
          client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_REPLY));
      try {
        return answer.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        answer.cancel(true);
        throw unanswered(request, path, deadline, e);
      } catch (InterruptedException e) {
        answer.cancel(true);
        throw e;
      }
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw new UncheckedIOException(
          request.method() + " " + path + ": " + describe(cause),
          cause instanceof IOException io ? io : new IOException(cause));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new java.io.InterruptedIOException(path + ": interrupted"));
    } finally {
      if (held) {
        calls.release();
      }
    }
  }

  private static UncheckedIOException unanswered(
      HttpRequest request, String path, Deadline deadline, @Nullable Throwable cause) {
    IOException e =
        new IOException(
            request.method()
                + " "
                + path
                + ": no answer within "
                + deadline.limit().toMillis()
                + " ms");
    if (cause != null) {
      e.initCause(cause);
    }
    return new UncheckedIOException(e);
  }

  /// An exception in words; the JDK leaves some connection failures without a message.
  static String describe(@Nullable Throwable failure) {
    if (failure == null) {
      return "failed";
    }
    String message = failure.getMessage();
    return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
  }

  private static Duration retryAfter(HttpResponse<?> response) {
    long seconds = 1;
    try {
      seconds = Long.parseLong(response.headers().firstValue("Retry-After").orElse("1"));
    } catch (NumberFormatException e) {
      // An HTTP date: one second is as good.
    }
    return Duration.ofSeconds(Math.clamp(seconds, 1, 30));
  }

  private void sleep(Duration pause, String path) {
    try {
      time.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new java.io.InterruptedIOException(path + ": interrupted"));
    }
  }

  private static final class NoProxy extends ProxySelector {
    private static final NoProxy INSTANCE = new NoProxy();

    @Override
    public List<java.net.Proxy> select(URI uri) {
      return List.of(java.net.Proxy.NO_PROXY);
    }

    @Override
    public void connectFailed(URI uri, java.net.SocketAddress address, IOException failure) {
      // There is no proxy that could fail.
    }
  }
}
