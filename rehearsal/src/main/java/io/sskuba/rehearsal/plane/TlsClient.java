package io.sskuba.rehearsal.plane;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// One HTTPS request a connection, with a client certificate: how the plane asks its own etcd and
/// API server how they are. The JDK's HTTP client would keep threads and pools for every machine.
/// - Limits: replies of 16 MiB; the limit of each call for every read.
/// - Errors: `IOException` when there was no answer.
final class TlsClient {
  private static final int REPLY_MAX = 16 << 20;
  private final SSLContext context;

  TlsClient(SSLContext context) {
    this.context = context;
  }

  record Reply(int code, String body) {}

  Reply get(String host, int port, String path, Duration limit) throws IOException {
    return call("GET", host, port, path, null, null, limit);
  }

  Reply post(String host, int port, String path, String json, Duration limit) throws IOException {
    return call("POST", host, port, path, "application/json", json, limit);
  }

  /// @param host a loopback address; it must be in the server's certificate
  Reply call(
      String method,
      String host,
      int port,
      String path,
      @Nullable String contentType,
      @Nullable String body,
      Duration limit)
      throws IOException {
    int millis = (int) Math.max(1, limit.toMillis());
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(InetAddress.getByName(host), port), millis);
      plain.setSoTimeout(millis);
      plain.setTcpNoDelay(true);
      SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      byte[] content = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
      StringBuilder head = new StringBuilder(256);
      head.append(method).append(' ').append(path).append(" HTTP/1.1\r\n");
      head.append("Host: ").append(host).append(':').append(port).append("\r\n");
      head.append("Accept: application/json, */*\r\nConnection: close\r\n");
      if (contentType != null) {
        head.append("Content-Type: ").append(contentType).append("\r\n");
        head.append("Content-Length: ").append(content.length).append("\r\n");
      }
      head.append("\r\n");
      ByteArrayOutputStream request = new ByteArrayOutputStream();
      request.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
      request.writeBytes(content);
      socket.getOutputStream().write(request.toByteArray());
      socket.getOutputStream().flush();
      byte[] reply = socket.getInputStream().readNBytes(REPLY_MAX + 1);
      if (reply.length > REPLY_MAX) {
        throw new IOException("reply of " + host + ":" + port + path + " is larger than 16 MiB");
      }
      return parse(reply);
    }
  }

  static Reply parse(byte[] reply) throws IOException {
    String text = new String(reply, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0 || !text.startsWith("HTTP/1.")) {
      throw new IOException("no HTTP reply");
    }
    String head = text.substring(0, end).toLowerCase(Locale.ROOT);
    int code;
    try {
      code = Integer.parseInt(text.substring(9, 12));
    } catch (NumberFormatException e) {
      throw new IOException("no HTTP status", e);
    }
    byte[] body = java.util.Arrays.copyOfRange(reply, end + 4, reply.length);
    if (head.contains("transfer-encoding: chunked")) {
      body = unchunk(body);
    }
    return new Reply(code, new String(body, StandardCharsets.UTF_8));
  }

  private static byte[] unchunk(byte[] body) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream(body.length);
    InputStream in = new java.io.ByteArrayInputStream(body);
    while (true) {
      StringBuilder size = new StringBuilder();
      int c = in.read();
      while (c >= 0 && c != '\n') {
        size.append((char) c);
        c = in.read();
      }
      String hex = size.toString().strip().replaceAll(";.*", "");
      if (c < 0 || hex.isEmpty()) {
        throw new IOException("chunked reply cut short");
      }
      int length = Integer.parseInt(hex, 16);
      if (length == 0) {
        return whole.toByteArray();
      }
      byte[] chunk = in.readNBytes(length);
      if (chunk.length < length) {
        throw new IOException("chunked reply cut short");
      }
      whole.writeBytes(chunk);
      in.skipNBytes(2);
    }
  }
}
