package io.sskuba.toolchain;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// A web server that does exactly what a test tells it to, byte by byte: cut short, hang, lie.
///
/// Fault policy: one connection serves one request, the handler writes the raw reply, and the
/// connection is closed when the handler returns. Nothing of HTTP is checked.
final class RawServer implements AutoCloseable {
  /// Writes the whole reply, status line included.
  @FunctionalInterface
  interface Handler {
    void reply(Request request, OutputStream out) throws IOException, InterruptedException;
  }

  record Request(String path, Map<String, String> headers) {
    /// The first byte asked for, or 0.
    int rangeStart() {
      String range = headers.get("range");
      return range == null
          ? 0
          : Integer.parseInt(range.substring("bytes=".length(), range.indexOf('-')));
    }
  }

  private final ServerSocket socket;
  private final Handler handler;
  final List<Request> requests = new CopyOnWriteArrayList<>();

  RawServer(String address, Handler handler) throws IOException {
    this.handler = handler;
    socket = new ServerSocket();
    socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
    Thread.ofVirtual().start(this::accept);
  }

  URI url(String path) {
    return URI.create(
        "http://" + socket.getInetAddress().getHostAddress() + ":" + socket.getLocalPort() + path);
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection;
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
        OutputStream out = connection.getOutputStream()) {
      String[] first = String.valueOf(in.readLine()).split(" ");
      Map<String, String> headers = new TreeMap<>();
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(java.util.Locale.ROOT),
            line.substring(colon + 1).strip());
      }
      Request request = new Request(first[1], headers);
      requests.add(request);
      handler.reply(request, out);
      out.flush();
    } catch (IOException e) {
      // The client went away; the test looks at what the client says.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// A whole and honest reply.
  static void ok(OutputStream out, byte[] body, String... headers) throws IOException {
    head(out, "200 OK", body.length, headers);
    out.write(body);
  }

  /// The rest of `body` from `start`.
  static void partial(OutputStream out, byte[] body, int start, String... headers)
      throws IOException {
    String[] more = java.util.Arrays.copyOf(headers, headers.length + 1);
    more[headers.length] =
        "Content-Range: bytes " + start + "-" + (body.length - 1) + "/" + body.length;
    head(out, "206 Partial Content", body.length - start, more);
    out.write(body, start, body.length - start);
  }

  static void head(OutputStream out, String status, long length, String... headers)
      throws IOException {
    StringBuilder text = new StringBuilder("HTTP/1.1 " + status + "\r\n");
    if (length >= 0) {
      text.append("Content-Length: ").append(length).append("\r\n");
    }
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    text.append("Connection: close\r\n\r\n");
    out.write(text.toString().getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
