package io.sskuba.rehearsal.plane;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// The cluster's endpoint: passes TCP connections on to an API server, round robin over those that
/// are ready.
///
/// A backend that refuses is skipped at once, within the same connection; one that is not ready is
/// only tried when no other takes the connection.
/// - Limits: [#CONNECTIONS_MAX] connections, further ones are closed at once; 1 s to connect.
/// - Errors: `IOException` when the address cannot be bound.
public final class LoadBalancer implements AutoCloseable {
  public static final int CONNECTIONS_MAX = 4096;
  private static final int CONNECT_MILLIS = 1000;
  private static final int BACKLOG = 512;
  private final ServerSocketChannel server;
  private final Relay relay;
  private final Supplier<List<Backend>> backends;
  private final Semaphore connections = new Semaphore(CONNECTIONS_MAX);
  private final AtomicInteger next = new AtomicInteger();

  /// @param twin loopback address of the API server's machine
  /// @param ready what its machine says of it, see [PlaneServices#apiReady]
  public record Backend(String twin, int port, boolean ready) {}

  private LoadBalancer(ServerSocketChannel server, Relay relay, Supplier<List<Backend>> backends) {
    this.server = server;
    this.relay = relay;
    this.backends = backends;
  }

  /// Binds `twin:port` and starts to serve.
  ///
  /// @param backends asked for each connection; must be quick
  public static LoadBalancer open(String twin, int port, Supplier<List<Backend>> backends)
      throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    try {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(new InetSocketAddress(InetAddress.getByName(twin), port), BACKLOG);
      LoadBalancer balancer = new LoadBalancer(server, new Relay("load-balancer"), backends);
      Thread.ofVirtual().name("load-balancer-accept").start(balancer::accept);
      return balancer;
    } catch (IOException e) {
      server.close();
      throw new IOException(twin + ":" + port + ": " + e.getMessage(), e);
    }
  }

  public InetSocketAddress address() throws IOException {
    return (InetSocketAddress) server.getLocalAddress();
  }

  /// Connections that are open now.
  public int connections() {
    return relay.open();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        if (!connections.tryAcquire()) {
          Relay.quietly(client);
          continue;
        }
        Thread.ofVirtual().name("load-balancer-connect").start(() -> connect(client));
      } catch (IOException e) {
        if (!server.isOpen()) {
          return;
        }
      }
    }
  }

  private void connect(SocketChannel client) {
    for (Backend backend : order()) {
      SocketChannel channel = null;
      try {
        channel = SocketChannel.open();
        channel
            .socket()
            .connect(
                new InetSocketAddress(InetAddress.getByName(backend.twin()), backend.port()),
                CONNECT_MILLIS);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        client.setOption(StandardSocketOptions.TCP_NODELAY, true);
        relay.join(client, channel, connections::release);
        return;
      } catch (IOException e) {
        Relay.quietly(channel);
      }
    }
    Relay.quietly(client);
    connections.release();
  }

  private List<Backend> order() {
    List<Backend> all = new ArrayList<>(backends.get());
    if (!all.isEmpty()) {
      java.util.Collections.rotate(all, Math.floorMod(next.getAndIncrement(), all.size()));
    }
    all.sort(Comparator.comparing(backend -> !backend.ready()));
    return all;
  }

  @Override
  public void close() {
    Relay.quietly(server);
    relay.close();
  }
}
