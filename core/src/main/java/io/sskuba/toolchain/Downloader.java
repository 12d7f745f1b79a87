package io.sskuba.toolchain;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/// Gets a file whose digest is known, over HTTP.
///
/// What was received stays in `part`, also after a kill, and the next attempt asks for the rest
/// only (`Range` with `If-Range`). The digest is that of the whole file, so that a wrong splice is
/// found.
/// - Limits: those of [Limits]; [#REDIRECTS_MAX] redirects, never from https to http.
/// - Errors: [Failed] with a reason in words; `IOException` when the part cannot be written.
/// - Thread: the transfer runs on a virtual thread, whose blocked read ends at an interrupt.
final class Downloader {
  private static final int REDIRECTS_MAX = 5;
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int VALIDATOR_CHARS_MAX = 500;
  private static final Duration SAY_INTERVAL = Duration.ofSeconds(5);
  private static final Duration SMALL_TOTAL = Duration.ofMinutes(1);
  private static final Duration BACK_OFF = Duration.ofSeconds(1);
  private static final Duration END_MAX = Duration.ofSeconds(2);
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> MISSING = Set.of(404, 410);
  private static final Set<Integer> PASSING = Set.of(408, 425, 429, 500, 502, 503, 504);

  private final Environment environment;
  private final TimeSource time;
  private final Limits limits;
  private final @Nullable String trustPem;

  Downloader(Environment environment, TimeSource time, Limits limits) {
    this(environment, time, limits, null);
  }

  /// @param trustPem authorities that are trusted beside Java's and those of `SSL_CERT_FILE`
  Downloader(Environment environment, TimeSource time, Limits limits, @Nullable String trustPem) {
    this.environment = environment;
    this.time = time;
    this.limits = limits;
    this.trustPem = trustPem;
  }

  /// The same limits by another way out.
  Downloader through(Environment other, @Nullable String authorities) {
    return new Downloader(other, time, limits, authorities);
  }

  /// @param connect to reach the server
  /// @param stall without a byte
  /// @param total for all attempts
  /// @param bytesMax of the file; the largest known program has 116 MB
  /// @param attempts in all
  record Limits(Duration connect, Duration stall, Duration total, long bytesMax, int attempts) {
    static final Limits USUAL =
        new Limits(
            Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(15), 512L << 20, 4);
  }

  /// The file could not be had; the message says why.
  static final class Failed extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean missing;

    Failed(String why) {
      this(why, false);
    }

    private Failed(String why, boolean missing) {
      super(why);
      this.missing = missing;
    }

    /// Whether the server said that it does not have the file.
    boolean missing() {
      return missing;
    }
  }

  /// Worth another attempt.
  private static final class Passing extends IOException {
    private static final long serialVersionUID = 1L;

    Passing(String why) {
      super(why);
    }
  }

  /// A failure of this machine's disk, not of the network.
  static final class DiskFailed extends IOException {
    private static final long serialVersionUID = 1L;

    DiskFailed(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /// Gets `url` into `part` and checks its digest.
  ///
  /// @param sha256 lower-case hex
  void fetch(String what, URI url, String sha256, Path part, Consumer<String> report)
      throws Failed, IOException, InterruptedException {
    limited(
        url,
        limits.total(),
        () -> {
          transfer(what, url, sha256, part, report);
          return true;
        });
  }

  /// Gets `url` into `part`, whole as far as the server's own words go, and returns its SHA-256.
  /// Nothing about the bytes is known to be good: the caller verifies them, and calls [#discard] if
  /// they are not. An earlier part is not gone on from, since nobody could tell a wrong splice.
  String fetchUnverified(String what, URI url, Path part, Consumer<String> report)
      throws Failed, IOException, InterruptedException {
    discard(part);
    return limited(url, limits.total(), () -> transfer(what, url, null, part, report));
  }

  /// A small text, such as a digest file.
  String text(URI url, int bytesMax) throws Failed, IOException, InterruptedException {
    return new String(bytes(url, bytesMax), StandardCharsets.UTF_8);
  }

  /// A small file. Larger than `bytesMax` is a failure.
  byte[] bytes(URI url, int bytesMax) throws Failed, IOException, InterruptedException {
    return limited(url, small(), () -> small(url, null, bytesMax));
  }

  /// The answer to a small JSON document.
  String post(URI url, String json, int bytesMax) throws Failed, IOException, InterruptedException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    return new String(
        limited(url, small(), () -> small(url, body, bytesMax)), StandardCharsets.UTF_8);
  }

  private Duration small() {
    return limits.total().compareTo(SMALL_TOTAL) < 0 ? limits.total() : SMALL_TOTAL;
  }

  private byte[] small(URI url, byte @Nullable [] body, int bytesMax)
      throws Failed, InterruptedException {
    String last = "";
    for (int attempt = 1; attempt <= limits.attempts(); attempt++) {
      if (attempt > 1) {
        time.sleep(BACK_OFF.multipliedBy(1L << (attempt - 2)));
      }
      try {
        return once(url, body, bytesMax);
      } catch (IOException e) {
        last = reason(e);
      }
    }
    throw new Failed(url + ": " + last);
  }

  private byte[] once(URI url, byte @Nullable [] body, int bytesMax) throws Failed, IOException {
    HttpURLConnection connection = open(url, 0, null, body);
    try (InputStream in = connection.getInputStream()) {
      long length = connection.getContentLengthLong();
      byte[] bytes = in.readNBytes(bytesMax + 1);
      if (bytes.length > bytesMax) {
        throw new Failed(url + ": larger than " + bytesMax + " bytes");
      }
      if (length >= 0 && bytes.length < length) {
        throw new Passing("cut short at " + bytes.length + " of " + length + " bytes");
      }
      return bytes;
    } finally {
      connection.disconnect();
    }
  }

  private <T> T limited(URI url, Duration total, Callable<T> work)
      throws Failed, IOException, InterruptedException {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = Thread.ofVirtual().start(task);
    try {
      return task.get(total.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new Failed(url + ": not complete within " + total.toSeconds() + " s");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case Failed failed -> throw failed;
        case DiskFailed disk -> throw disk;
        case IOException io -> throw new Failed(url + ": " + reason(io));
        case RuntimeException defect -> throw defect;
        case null, default -> throw new IOException(e);
      }
    } finally {
      thread.interrupt();
      thread.join(END_MAX);
    }
  }

  private String transfer(
      String what, URI url, @Nullable String sha256, Path part, Consumer<String> report)
      throws Failed, IOException, InterruptedException {
    String last = "";
    boolean spliced = false;
    for (int attempt = 1; attempt <= limits.attempts(); attempt++) {
      if (attempt > 1) {
        report.accept(what + ": " + last + "; attempt " + attempt + " of " + limits.attempts());
        time.sleep(BACK_OFF.multipliedBy(1L << (attempt - 2)));
      }
      try {
        spliced |= receive(what, url, part, report);
      } catch (DiskFailed e) {
        throw e;
      } catch (IOException e) {
        last = reason(e);
        continue;
      }
      String actual = Digests.ofFile(part);
      if (sha256 == null || actual.equals(sha256)) {
        Files.deleteIfExists(validatorFile(part));
        return actual;
      }
      discard(part);
      last = "wrong digest%n  expected sha256:%s%n  actual   sha256:%s".formatted(sha256, actual);
      if (!spliced) {
        throw new Failed(url + ": " + last);
      }
      spliced = false; // once more, from the start
    }
    throw new Failed(url + ": " + last);
  }

  /// One attempt. True when it went on from an earlier part.
  private boolean receive(String what, URI url, Path part, Consumer<String> report)
      throws Failed, IOException {
    String validator = validator(part);
    long have = validator == null || !Files.exists(part) ? 0 : Files.size(part);
    HttpURLConnection connection = open(url, have, validator, null);
    try (InputStream in = connection.getInputStream()) {
      boolean resumed =
          connection.getResponseCode() == HttpURLConnection.HTTP_PARTIAL
              && startsAt(connection.getHeaderField("Content-Range"), have);
      if (connection.getResponseCode() == HttpURLConnection.HTTP_PARTIAL && !resumed) {
        discard(part);
        throw new Passing("the server sent another range than was asked for");
      }
      long start = resumed ? have : 0;
      long length = connection.getContentLengthLong();
      if (length >= 0 && start + length > limits.bytesMax()) {
        throw new Failed(url + ": larger than " + limits.bytesMax() + " bytes");
      }
      if (!resumed) {
        discard(part);
        keepValidator(part, connection);
      }
      copy(what, in, part, start, length, report);
      return resumed;
    } finally {
      connection.disconnect();
    }
  }

  private void copy(
      String what, InputStream in, Path part, long start, long length, Consumer<String> report)
      throws Failed, IOException {
    Deadline say = Deadline.after(time, SAY_INTERVAL);
    long begun = time.nanos();
    long received = 0;
    byte[] chunk = new byte[CHUNK_BYTES];
    try (OutputStream out = append(part)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        received += n;
        if (start + received > limits.bytesMax()) {
          throw new Failed("larger than " + limits.bytesMax() + " bytes");
        }
        write(out, chunk, n);
        if (say.passed()) {
          report.accept(progress(what, start, received, length, time.nanos() - begun));
          say = Deadline.after(time, SAY_INTERVAL);
        }
      }
    }
    if (length >= 0 && received < length) {
      throw new Passing(
          "cut short at " + (start + received) + " of " + (start + length) + " bytes");
    }
  }

  private static String progress(String what, long start, long received, long length, long nanos) {
    long megabyte = 1 << 20;
    if (length < 0) {
      return "downloading %s: %d MB".formatted(what, (start + received) / megabyte);
    }
    long left =
        Duration.ofNanos((long) ((double) nanos / received * (length - received))).toSeconds();
    return "downloading %s: %d of %d MB, about %d s left"
        .formatted(
            what, (start + received) / megabyte, (start + length) / megabyte, Math.max(1, left));
  }

  private HttpURLConnection open(
      URI url, long have, @Nullable String validator, byte @Nullable [] body)
      throws Failed, IOException {
    URI at = url;
    for (int redirect = 0; redirect <= REDIRECTS_MAX; redirect++) {
      HttpURLConnection connection =
          (HttpURLConnection) at.toURL().openConnection(ProxyChoice.of(environment, at));
      if (connection instanceof HttpsURLConnection tls) {
        SSLSocketFactory trusted = Authorities.with(environment.get("SSL_CERT_FILE"), trustPem);
        if (trusted != null) {
          tls.setSSLSocketFactory(trusted);
        }
      }
      connection.setConnectTimeout((int) limits.connect().toMillis());
      connection.setReadTimeout((int) limits.stall().toMillis());
      connection.setInstanceFollowRedirects(false);
      connection.setRequestProperty("Accept-Encoding", "identity");
      connection.setRequestProperty("User-Agent", "sskuba");
      if (have > 0 && validator != null) {
        connection.setRequestProperty("Range", "bytes=" + have + "-");
        connection.setRequestProperty("If-Range", validator);
      }
      if (body != null) {
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setRequestProperty("Accept", "application/json");
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(body.length);
        try (OutputStream out = connection.getOutputStream()) {
          out.write(body);
        }
      }
      int status = connection.getResponseCode();
      if (status == HttpURLConnection.HTTP_OK || status == HttpURLConnection.HTTP_PARTIAL) {
        return connection;
      }
      String location = connection.getHeaderField("Location");
      connection.disconnect();
      if (!REDIRECTS.contains(status) || location == null) {
        if (PASSING.contains(status)) {
          throw new Passing("HTTP " + status);
        }
        throw new Failed(url + ": HTTP " + status, MISSING.contains(status));
      }
      at = redirected(url, at, location);
    }
    throw new Failed(url + ": more than " + REDIRECTS_MAX + " redirects");
  }

  private static URI redirected(URI first, URI at, String location) throws Failed {
    URI next;
    try {
      next = at.resolve(new URI(location));
    } catch (URISyntaxException e) {
      throw new Failed(first + ": redirected to no URL");
    }
    String scheme = String.valueOf(next.getScheme()).toLowerCase(Locale.ROOT);
    boolean web = scheme.equals("https") || scheme.equals("http");
    if (!web || ("https".equals(at.getScheme()) && scheme.equals("http"))) {
      throw new Failed(first + ": redirected to " + scheme + ": not followed");
    }
    return next;
  }

  private static boolean startsAt(@Nullable String contentRange, long have) {
    return contentRange != null && contentRange.startsWith("bytes " + have + "-");
  }

  private static String reason(IOException e) {
    return switch (e) {
      case java.net.SocketTimeoutException _ -> "no answer in time";
      case java.net.UnknownHostException _ -> "unknown host " + e.getMessage();
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }

  private static OutputStream append(Path part) throws DiskFailed {
    try {
      return Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new DiskFailed(e);
    }
  }

  private static void write(OutputStream out, byte[] chunk, int length) throws DiskFailed {
    try {
      out.write(chunk, 0, length);
    } catch (IOException e) {
      throw new DiskFailed(e);
    }
  }

  static void discard(Path part) throws DiskFailed {
    try {
      Files.deleteIfExists(part);
      Files.deleteIfExists(validatorFile(part));
    } catch (IOException e) {
      throw new DiskFailed(e);
    }
  }

  private static Path validatorFile(Path part) {
    return part.resolveSibling(part.getFileName() + ".validator");
  }

  private static @Nullable String validator(Path part) throws IOException {
    Path file = validatorFile(part);
    return Files.exists(file) ? Files.readString(file) : null;
  }

  /// A strong `ETag`, else `Last-Modified`: what RFC 9110 (13.1.5) lets `If-Range` carry.
  private static void keepValidator(Path part, HttpURLConnection connection) throws DiskFailed {
    String etag = connection.getHeaderField("ETag");
    String value =
        etag != null && !etag.startsWith("W/") ? etag : connection.getHeaderField("Last-Modified");
    if (value == null || value.length() > VALIDATOR_CHARS_MAX) {
      return;
    }
    try {
      AtomicFiles.writeString(validatorFile(part), value);
    } catch (IOException e) {
      throw new DiskFailed(e);
    }
  }

  /// The user's proxy, as `curl` and Go read it from the environment.
  static final class ProxyChoice {
    static Proxy of(Environment environment, URI url) throws Failed {
      String host = String.valueOf(url.getHost());
      String scheme = String.valueOf(url.getScheme());
      String value = first(environment, scheme + "_proxy");
      if (value == null || loopback(host) || excepted(first(environment, "no_proxy"), host)) {
        return Proxy.NO_PROXY;
      }
      URI proxy = parsed(value, scheme);
      int port = proxy.getPort() < 0 ? 80 : proxy.getPort();
      return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(proxy.getHost(), port));
    }

    /// Its value stays out of the message: it may hold a password.
    private static URI parsed(String value, String scheme) throws Failed {
      try {
        URI proxy = new URI(value.contains("://") ? value : "http://" + value);
        if (proxy.getHost() != null && "http".equalsIgnoreCase(proxy.getScheme())) {
          return proxy;
        }
      } catch (URISyntaxException e) {
        // The message below is for this, too.
      }
      throw new Failed(
          scheme + "_proxy is no http://HOST:PORT: nothing is downloaded past a proxy");
    }

    private static boolean loopback(String host) {
      return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    private static boolean excepted(@Nullable String list, String host) {
      if (list == null) {
        return false;
      }
      for (String item : List.of(list.split(",", -1))) {
        String name = item.strip();
        String suffix = name.startsWith(".") ? name : "." + name;
        if (name.equals("*") || (!name.isEmpty() && ("." + host).endsWith(suffix))) {
          return true;
        }
      }
      return false;
    }

    private static @Nullable String first(Environment environment, String lower) {
      String value = environment.get(lower);
      String other = environment.get(lower.toUpperCase(Locale.ROOT));
      String either = value == null || value.isEmpty() ? other : value;
      return either == null || either.isEmpty() ? null : either;
    }
  }
}
