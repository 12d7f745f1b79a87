package io.sskuba.toolchain;

import io.sskuba.io.Environment;
import io.sskuba.toolchain.Downloader.ProxyChoice;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/// Looks whether a server that a cluster file names answers, by the way out that the file and the
/// user's variables describe. Follows nothing, so that what is sent goes nowhere else.
/// - Limits: [#LIMIT] to connect and as long for an answer; the first KiB of one.
public final class WebProbe {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final int BYTES_MAX = 1024;

  private final Environment environment;
  private final @Nullable String trustPem;

  public WebProbe(Environment user, Egress egress) {
    this.environment = egress.over(user);
    this.trustPem = egress.trustPem();
  }

  /// @param start the first bytes of the body, as Latin-1
  public record Answer(int status, String start) {}

  /// A GET. Errors: `IOException` where there was no answer; its message holds no header.
  public Answer get(URI url, Map<String, String> headers) throws IOException {
    HttpURLConnection connection;
    try {
      connection = (HttpURLConnection) url.toURL().openConnection(ProxyChoice.of(environment, url));
    } catch (Downloader.Failed e) {
      throw new IOException(e.getMessage(), e);
    }
    if (connection instanceof HttpsURLConnection tls) {
      SSLSocketFactory trusted = Authorities.with(environment.get("SSL_CERT_FILE"), trustPem);
      if (trusted != null) {
        tls.setSSLSocketFactory(trusted);
      }
    }
    connection.setConnectTimeout((int) LIMIT.toMillis());
    connection.setReadTimeout((int) LIMIT.toMillis());
    connection.setInstanceFollowRedirects(false);
    connection.setRequestProperty("User-Agent", "sskuba");
    headers.forEach(connection::setRequestProperty);
    try {
      int status = connection.getResponseCode();
      try (InputStream body = body(connection)) {
        byte[] start = body == null ? new byte[0] : body.readNBytes(BYTES_MAX);
        return new Answer(status, new String(start, StandardCharsets.ISO_8859_1));
      }
    } finally {
      connection.disconnect();
    }
  }

  private static @Nullable InputStream body(HttpURLConnection connection) throws IOException {
    return connection.getResponseCode() >= HttpURLConnection.HTTP_BAD_REQUEST
        ? connection.getErrorStream()
        : connection.getInputStream();
  }

  /// What a server says first, for protocols in which it does.
  public String greeting(String host, int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), (int) LIMIT.toMillis());
      socket.setSoTimeout((int) LIMIT.toMillis());
      byte[] start = new byte[BYTES_MAX];
      int length = Math.max(0, socket.getInputStream().read(start));
      return new String(start, 0, length, StandardCharsets.ISO_8859_1);
    }
  }
}
