package io.sskuba.clouds;

import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.toolchain.Authorities;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// HTTPS to a server of the organisation's own, such as a vCenter or a Big-IP: it trusts what Java
/// trusts and the file's `trust.bundle`, and is spoken to directly, past no proxy.
///
/// Answers 429 and 503 are asked again, as often as [#TRIES], with the wait that the server names
/// (at most 5 s) or half a second more each time.
/// - Limits: 5 s to connect, 10 s an answer, an hour an upload; 32 MiB an answer.
public final class OwnServer implements AutoCloseable {
  /// Of one call, its tries included.
  public static final Duration LIMIT = Duration.ofSeconds(24);

  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration UPLOAD = Duration.ofHours(1);
  private static final Duration WAIT_MAX = Duration.ofSeconds(5);
  private static final Duration WAIT = Duration.ofMillis(500);
  private static final int TRIES = 4;
  private static final int BYTES_MAX = 32 << 20;
  private static final Set<Integer> BUSY = Set.of(429, 503);

  private final HttpClient http;
  private final String address;
  private final TimeSource time;

  /// @param address `HOST` or `HOST:PORT`
  public OwnServer(String address, @Nullable SSLContext tls, TimeSource time) {
    this.address = address;
    this.time = time;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .followRedirects(HttpClient.Redirect.NEVER); // a session must not follow
    if (tls != null) {
      builder.sslContext(tls);
    }
    http = builder.build();
  }

  /// With the authorities of the cluster file.
  ///
  /// Errors: `SPEC_INVALID` where its bundle cannot be read.
  public static OwnServer of(String address, ClusterSpec spec, TimeSource time) {
    String bundle = spec.trustBundle();
    try {
      return new OwnServer(
          address,
          bundle == null ? null : Authorities.context(null, Files.readString(Path.of(bundle))),
          time);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.SPEC_INVALID, "trust.bundle cannot be used")
              .fact("file", bundle == null ? "" : bundle)
              .fact("cause", BucketProblems.cause(e))
              .next("sskuba-ctl explain trust.bundle"),
          e);
    }
  }

  public String address() {
    return address;
  }

  public record Answer(int status, HttpHeaders headers, byte[] body) {
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /// No answer came, and why. Its message holds nothing of what was sent.
  public static final class Unreachable extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean untrusted;

    Unreachable(String message, boolean untrusted, Throwable cause) {
      super(message, cause);
      this.untrusted = untrusted;
    }

    /// Whether the server's certificate is the cause.
    public boolean untrusted() {
      return untrusted;
    }
  }

  /// Errors: [Unreachable], [RemoteCall.Overdue].
  ///
  /// @param path with its query
  public Answer send(
      String method, String path, Map<String, String> headers, @Nullable String body) {
    BodyPublisher publisher =
        body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://" + address + path))
            .timeout(ANSWER)
            .method(method, publisher);
    headers.forEach(request::header);
    return retried(request.build(), ANSWER);
  }

  /// Puts a file to a place that the server named.
  ///
  /// Errors: [Unreachable], [RemoteCall.Overdue], `FileNotFoundException` as its cause.
  public Answer upload(URI place, Map<String, String> headers, Path file) {
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(place).timeout(UPLOAD).PUT(BodyPublishers.ofFile(file));
      headers.forEach(request::header);
      return once(request.build(), UPLOAD);
    } catch (FileNotFoundException e) {
      throw new Unreachable("the file is not there", false, e);
    }
  }

  private Answer retried(HttpRequest request, Duration limit) {
    for (int i = 1; ; i++) {
      Answer answer = once(request, limit);
      if (i == TRIES || !BUSY.contains(answer.status())) {
        return answer;
      }
      try {
        time.sleep(wait(answer, i));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return answer;
      }
    }
  }

  private static Duration wait(Answer answer, int tries) {
    try {
      Duration named =
          Duration.ofSeconds(
              Long.parseLong(answer.headers().firstValue("Retry-After").orElse("").strip()));
      return named.compareTo(WAIT_MAX) > 0 ? WAIT_MAX : named;
    } catch (NumberFormatException e) {
      return WAIT.multipliedBy(tries);
    }
  }

  private Answer once(HttpRequest request, Duration limit) {
    try {
      return RemoteCall.run(limit.plusSeconds(2), () -> exchange(request));
    } catch (IllegalStateException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      boolean untrusted = cause instanceof SSLException;
      String what = untrusted ? "its certificate is not trusted" : cause.getClass().getSimpleName();
      throw new Unreachable(what + ": " + BucketProblems.cause(cause), untrusted, cause);
    }
  }

  private Answer exchange(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream in = response.body()) {
      byte[] bytes = in.readNBytes(BYTES_MAX + 1);
      if (bytes.length > BYTES_MAX) {
        throw new IOException("the answer is larger than 32 MiB");
      }
      return new Answer(response.statusCode(), response.headers(), bytes);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
