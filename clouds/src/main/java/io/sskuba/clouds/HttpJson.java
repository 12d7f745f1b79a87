package io.sskuba.clouds;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// A small HTTP client for services that answer with JSON.
/// - Limits: 10 s an answer, 20 s a call, 2 tries where the service could not be reached; 1 MiB.
/// - Errors: `KEY_SERVICE_UNREACHABLE`.
public final class HttpJson {
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final int MAX_BYTES = 1024 * 1024;
  private static final int TRIES = 2;

  private final HttpClient http;

  public HttpJson() {
    this(null);
  }

  /// @param tls whom to trust; null: whom Java trusts
  public HttpJson(@Nullable SSLContext tls) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .followRedirects(HttpClient.Redirect.NEVER); // a token must not follow
    if (tls != null) {
      builder.sslContext(tls);
    }
    http = builder.build();
  }

  /// @param body JSON, or an empty object where it is none
  public record Answer(int status, JsonNode body) {}

  /// @param what the service in words, for messages
  /// @param body null for a GET
  public Answer call(String what, URI url, Map<String, String> headers, @Nullable JsonNode body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(url).timeout(ANSWER);
    headers.forEach(request::header);
    if (body == null) {
      request.GET();
    } else {
      request
          .header("Content-Type", "application/json")
          .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
    }
    RuntimeException last = null;
    for (int i = 0; i < TRIES; i++) {
      try {
        return RemoteCall.run(ANSWER.plusSeconds(2), () -> once(request.build()));
      } catch (IllegalStateException | UncheckedIOException | RemoteCall.Overdue e) {
        last = e;
      }
    }
    Throwable cause = last != null && last.getCause() != null ? last.getCause() : last;
    throw SecretProblems.unreachable(
        what + " at " + url.getScheme() + "://" + url.getRawAuthority(),
        cause == null ? "" : cause.getClass().getSimpleName() + " " + BucketProblems.cause(cause),
        last);
  }

  private Answer once(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<java.io.InputStream> response =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (var in = response.body()) {
      byte[] bytes = in.readNBytes(MAX_BYTES);
      return new Answer(response.statusCode(), parse(bytes));
    }
  }

  private static JsonNode parse(byte[] bytes) {
    try {
      return Json.parse(new String(bytes, StandardCharsets.UTF_8));
    } catch (UncheckedIOException e) {
      return Json.object();
    }
  }
}
