package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/// Calls a cluster's host process: one connection a call, one line of JSON each way.
/// - Request `{"op": …, …}`, reply `{"ok": true, …}` or `{"ok": false, "code": "SSK-…", "error":
///   …}`.
/// - Limits: replies of 16 MiB; the deadline given with the call.
public final class HostClient {
  /// Real processes keep real time.
  private static final TimeSource CLOCK = TimeSource.system();

  private static final int REPLY_MAX = 16 << 20;
  private final Path socket;

  public HostClient(Path socket) {
    this.socket = socket;
  }

  public Path socket() {
    return socket;
  }

  /// Errors: `IOException` when there is no host or it does not answer within `limit`.
  public JsonNode call(JsonNode request, Duration limit) throws IOException {
    long end = CLOCK.nanos() + limit.toNanos();
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = Selector.open()) {
      connect(channel);
      channel.configureBlocking(false);
      ByteBuffer out =
          ByteBuffer.wrap((Json.compact(request) + "\n").getBytes(StandardCharsets.UTF_8));
      SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
      while (out.hasRemaining()) {
        await(selector, end);
        channel.write(out);
      }
      key.interestOps(SelectionKey.OP_READ);
      ByteArrayOutputStream reply = new ByteArrayOutputStream();
      ByteBuffer in = ByteBuffer.allocate(64 << 10);
      while (true) {
        await(selector, end);
        int n = channel.read(in);
        if (n < 0) {
          break;
        }
        reply.write(in.array(), 0, in.position());
        in.clear();
        if (reply.size() > REPLY_MAX) {
          throw new IOException("reply of the host process is larger than 16 MiB");
        }
      }
      if (reply.size() == 0) {
        throw new IOException("the host process closed the connection without an answer");
      }
      return Json.parse(reply.toByteArray());
    }
  }

  /// Nobody listens: there is no host process.
  public static final class Absent extends IOException {
    private static final long serialVersionUID = 1L;

    Absent(IOException cause) {
      super("no host process: " + cause.getMessage(), cause);
    }
  }

  private void connect(SocketChannel channel) throws Absent {
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new Absent(e);
    }
  }

  private static void await(Selector selector, long end) throws IOException {
    long left = (end - CLOCK.nanos()) / 1_000_000;
    if (left <= 0) {
      throw new IOException("the host process did not answer in time");
    }
    selector.select(left);
    selector.selectedKeys().clear();
  }
}
