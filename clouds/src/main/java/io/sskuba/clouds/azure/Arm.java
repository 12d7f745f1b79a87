package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// Azure Resource Manager by its REST API, each call with its pinned api-version.
/// - Limits: [#LIMIT] a call with its repetitions, [#TRIES] tries; an answer of [#BYTES_MAX].
/// - Errors: [ArmFailure]; `IllegalStateException` where nobody answers.
/// - Source: https://learn.microsoft.com/rest/api/azure/, and for `Retry-After` and its statuses
///   https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
final class Arm {
  /// A look at an account is over in seconds or says what did not answer.
  static final Duration LIMIT = Duration.ofSeconds(10);

  private static final int TRIES = 4;

  /// The sizes of machines of one region are 5 MB.
  private static final int BYTES_MAX = 48 * 1024 * 1024;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(300);
  private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);

  private final AzureAccess access;
  private final TimeSource time;
  private final HttpClient http;

  Arm(AzureAccess access, TimeSource time) {
    this.access = access;
    this.time = time;
    this.http = access.cloud().http().build();
  }

  AzureAccess access() {
    return access;
  }

  /// An answer that is no refusal.
  ///
  /// @param body an empty object where it has none
  /// @param follow where a long operation is followed; empty where it is over
  record Answer(int status, JsonNode body, Optional<URI> follow) {}

  /// @param path begins with `/`
  /// @param query more of it, `NAME=VALUE` each, not yet encoded
  JsonNode get(String path, String version, String... query) {
    return call("GET", url(path, version, query), null).body();
  }

  /// The same; empty where Azure says that there is no such thing.
  Optional<JsonNode> find(String path, String version, String... query) {
    try {
      Answer answer = call("GET", url(path, version, query), null);
      return answer.status() == 204 ? Optional.empty() : Optional.of(answer.body());
    } catch (ArmFailure e) {
      if (AzureProblems.notFound(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /// The elements of a list, page by page.
  List<JsonNode> list(int pages, String path, String version, String... query) {
    List<JsonNode> all = new ArrayList<>();
    URI next = url(path, version, query);
    for (int page = 0; page < pages; page++) {
      JsonNode answer = call("GET", next, null).body();
      answer.path("value").forEach(all::add);
      String link = answer.path("nextLink").asText("");
      if (link.isEmpty()) {
        break;
      }
      next = own(link);
    }
    return all;
  }

  /// A change. Not repeated but where Azure turned it away before it began.
  Answer change(String method, String path, String version, @Nullable ObjectNode body) {
    return call(method, url(path, version), body);
  }

  /// What a long operation is at.
  Answer follow(URI at) {
    return call("GET", own(at.toString()), null);
  }

  /// A token must not be taken elsewhere by a link.
  private URI own(String link) {
    URI url = URI.create(link);
    URI manager = access.cloud().manager();
    if (!manager.getScheme().equals(url.getScheme())
        || !manager.getRawAuthority().equals(url.getRawAuthority())) {
      throw new IllegalStateException("an answer leads to another host");
    }
    return url;
  }

  private URI url(String path, String version, String... query) {
    StringBuilder url = new StringBuilder(access.cloud().manager().toString());
    url.append(path.replace(" ", "%20").replace("*", "%2A"));
    url.append("?api-version=").append(version);
    for (String part : query) {
      int equals = part.indexOf('=');
      url.append('&')
          .append(part, 0, equals + 1)
          .append(
              URLEncoder.encode(part.substring(equals + 1), StandardCharsets.UTF_8)
                  .replace("+", "%20"));
    }
    return URI.create(url.toString());
  }

  private Answer call(String method, URI url, @Nullable ObjectNode body) {
    long end = time.nanos() + LIMIT.toNanos();
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      Duration left = Duration.ofNanos(end - time.nanos());
      HttpResponse<InputStream> response;
      try {
        response = send(method, url, body, left);
      } catch (IOException e) {
        boolean again =
            attempt < TRIES && method.equals("GET") && !(e instanceof HttpTimeoutException);
        if (again && pauseFits(pause, end)) {
          sleep(pause);
          pause = pause.multipliedBy(2);
          continue;
        }
        throw new IllegalStateException(e);
      }
      JsonNode json = json(response);
      if (response.statusCode() < 300) {
        return new Answer(response.statusCode(), json, follow(response));
      }
      boolean passing =
          PASSING.contains(response.statusCode())
              && (method.equals("GET") || response.statusCode() == 429);
      Duration asked = retryAfter(response).orElse(pause);
      if (!passing || attempt == TRIES || !pauseFits(asked, end)) {
        throw new ArmFailure(response.statusCode(), code(json));
      }
      sleep(asked);
      pause = pause.multipliedBy(2);
    }
  }

  private boolean pauseFits(Duration pause, long end) {
    return time.nanos() + pause.toNanos() < end;
  }

  private void sleep(Duration pause) {
    try {
      time.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private HttpResponse<InputStream> send(
      String method, URI url, @Nullable ObjectNode body, Duration limit) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url)
            .timeout(limit.isPositive() ? limit : Duration.ofMillis(1))
            .header("Authorization", "Bearer " + access.token())
            .header("Accept", "application/json")
            .header("Accept-Encoding", "gzip");
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    request.method(
        method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()));
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode json(HttpResponse<InputStream> response) {
    boolean packed =
        response.headers().firstValue("Content-Encoding").filter("gzip"::equals).isPresent();
    try (InputStream raw = response.body();
        InputStream in = packed ? new GZIPInputStream(raw) : raw) {
      byte[] bytes = in.readNBytes(BYTES_MAX);
      return bytes.length == 0 ? Json.object() : Json.parse(bytes);
    } catch (UncheckedIOException e) {
      return Json.object();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String code(JsonNode body) {
    return body.path("error").path("code").asText(body.path("code").asText(""));
  }

  /// In seconds; a date is not taken, since nobody sends one there.
  private static Optional<Duration> retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .filter(value -> value.matches("[0-9]{1,5}"))
        .map(value -> Duration.ofSeconds(Long.parseLong(value)));
  }

  private static Optional<URI> follow(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Azure-AsyncOperation")
        .or(() -> response.headers().firstValue("Location"))
        .map(URI::create);
  }
}
