package io.sskuba.rehearsal.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.rehearsal.host.HostLauncher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A host process's account, in this JVM, behind a real Unix socket. Fault policy: ids in
/// `refusing` are refused with a code; [#die] loses everything, as a killed host does.
final class FakeHost implements HostLauncher, AutoCloseable {
  final Map<String, JsonNode> account = new ConcurrentSkipListMap<>();
  final List<String> requests = new CopyOnWriteArrayList<>();
  final List<String> refusing = new CopyOnWriteArrayList<>();
  final AtomicInteger starts = new AtomicInteger();
  private final Path socket;
  private @Nullable ServerSocketChannel server;

  FakeHost(Path socket) {
    this.socket = socket;
  }

  @Override
  public synchronized String ensureRunning(Map<String, Object> inputs) throws IOException {
    if (server == null) {
      starts.incrementAndGet();
      Files.deleteIfExists(socket);
      ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      channel.bind(UnixDomainSocketAddress.of(socket));
      server = channel;
      Thread.ofVirtual().start(() -> serve(channel));
    }
    return "instance-" + starts.get();
  }

  @Override
  public synchronized Optional<String> running() {
    return server == null ? Optional.empty() : Optional.of("instance-" + starts.get());
  }

  @Override
  public synchronized void stop() throws IOException {
    if (server != null) {
      server.close();
      server = null;
    }
    Files.deleteIfExists(socket);
  }

  void die() throws IOException {
    stop();
    account.clear();
  }

  @Override
  public void close() throws IOException {
    stop();
  }

  private void serve(ServerSocketChannel channel) {
    while (channel.isOpen()) {
      try {
        SocketChannel client = channel.accept();
        Thread.ofVirtual().start(() -> answer(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void answer(SocketChannel client) {
    try (client;
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8))) {
      String line = in.readLine();
      if (line != null) {
        String reply = Json.compact(reply(Json.parse(line))) + "\n";
        Channels.newOutputStream(client).write(reply.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      // The client sees the closed connection.
    }
  }

  private ObjectNode reply(JsonNode request) {
    String op = request.path("op").asText();
    String id = request.path("id").asText();
    requests.add(op + " " + request.path("type").asText() + " " + id);
    ObjectNode reply = Json.object().put("ok", true);
    if (refusing.stream().anyMatch(id::endsWith)) {
      return Json.object()
          .put("ok", false)
          .put("code", "SSK-INFRA-003")
          .put("error", "127.64.0.4:50000 is taken by pid 4711");
    }
    switch (op) {
      case "create", "update" -> {
        account.put(id, request.path("inputs"));
        reply.putObject("outputs").put("state", "running");
      }
      case "read" -> {
        if (account.containsKey(id)) {
          reply.putObject("outputs").put("state", "running");
        } else {
          reply.put("gone", true);
        }
      }
      case "delete" -> account.remove(id);
      default -> reply.put("ok", false).put("error", "unknown operation " + op);
    }
    return reply;
  }
}
