package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.SskubaException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/// Answers [HostClient] on a 0600 Unix socket: one line of JSON each way, one connection a call.
/// - Limits: 64 calls at once, requests of 1 MiB.
/// - Thread: one virtual thread a call.
final class HostServer implements AutoCloseable {
  private static final int CALLS_MAX = 64;
  private static final int REQUEST_MAX = 1 << 20;

  private final HostAccount account;
  private final ServerSocketChannel server;
  private final Semaphore calls = new Semaphore(CALLS_MAX);
  private final Consumer<String> log;
  private final Runnable onShutdown;

  HostServer(Path socket, HostAccount account, Consumer<String> log, Runnable onShutdown)
      throws IOException {
    this.account = account;
    this.log = log;
    this.onShutdown = onShutdown;
    // The folder is 0700, so nobody can connect between bind and chmod.
    Files.deleteIfExists(socket);
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
  }

  /// Serves until it is closed. Blocks.
  void serve() throws InterruptedException {
    while (server.isOpen()) {
      SocketChannel channel;
      try {
        calls.acquire();
        channel = server.accept();
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        calls.release();
        log.accept("accept: " + e.getMessage());
        continue;
      }
      Thread.ofVirtual().start(() -> call(channel));
    }
  }

  private void call(SocketChannel channel) {
    boolean shutdown = false;
    try (channel) {
      JsonNode request = Json.parse(line(channel));
      shutdown = "shutdown".equals(request.path("op").asText());
      ObjectNode reply = answer(request);
      ByteBuffer out =
          ByteBuffer.wrap((Json.compact(reply) + "\n").getBytes(StandardCharsets.UTF_8));
      while (out.hasRemaining()) {
        channel.write(out);
      }
    } catch (IOException | RuntimeException e) {
      log.accept("call: " + e.getMessage());
    } finally {
      calls.release();
    }
    if (shutdown) {
      onShutdown.run();
    }
  }

  private static byte[] line(SocketChannel channel) throws IOException {
    InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b;
    while ((b = in.read()) >= 0 && b != '\n') {
      line.write(b);
      if (line.size() > REQUEST_MAX) {
        throw new IOException("request larger than 1 MiB");
      }
    }
    return line.toByteArray();
  }

  private ObjectNode answer(JsonNode request) {
    try {
      return reply(request).put("ok", true);
    } catch (SskubaException e) {
      return Json.object()
          .put("ok", false)
          .put("code", e.problem().code().id())
          .put("error", e.problem().summary());
    } catch (Exception e) {
      log.accept(request.path("op").asText() + ": " + e);
      String text = e.getMessage();
      return Json.object().put("ok", false).put("error", text == null ? e.toString() : text);
    }
  }

  private ObjectNode reply(JsonNode request) throws Exception {
    String type = request.path("type").asText();
    String id = request.path("id").asText();
    JsonNode inputs = request.path("inputs");
    ObjectNode reply = Json.object();
    switch (request.path("op").asText()) {
      case "ping" -> reply.put("pid", ProcessHandle.current().pid());
      case "create" -> reply.set("outputs", account.create(type, id, inputs));
      case "update" -> reply.set("outputs", account.update(type, id, inputs));
      case "read" -> {
        ObjectNode outputs = account.read(type, id);
        if (outputs == null) {
          reply.put("gone", true);
        } else {
          reply.set("outputs", outputs);
        }
      }
      case "delete" -> account.delete(type, id);
      case "announce" ->
          account.announce(request.path("machine").asText(), request.path("sha256").asText());
      case "inspect" -> reply.set("host", account.inspect());
      case "shutdown" -> account.shutdown();
      default -> throw new IOException("unknown operation " + request.path("op").asText());
    }
    return reply;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
