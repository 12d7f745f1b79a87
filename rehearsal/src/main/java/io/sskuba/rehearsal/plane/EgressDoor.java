package io.sskuba.rehearsal.plane;

import io.sskuba.net.AddressMap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/// The API server's only way to nodes, services and pods: an HTTP CONNECT proxy on a Unix socket.
///
/// A node's address is passed on to its twin. Everything else is a service or pod of this cluster;
/// those are simulated, nothing listens there, and the door says so at once, where a dial would
/// hang or, worse, reach somebody else's network.
/// - Limits: [#CONNECTIONS_MAX] connections; a request head of 4 KiB.
/// - Errors: `IOException` when the socket cannot be bound.
public final class EgressDoor implements AutoCloseable {
  public static final int CONNECTIONS_MAX = 1024;

  /// A Unix socket's address holds no longer path.
  public static final int PATH_MAX = 107;

  private static final int HEAD_MAX = 4 << 10;
  private static final int CONNECT_MILLIS = 1000;
  private final ServerSocketChannel server;
  private final Path socket;
  private final Supplier<AddressMap> addresses;
  private final Relay relay;
  private final Semaphore connections = new Semaphore(CONNECTIONS_MAX);

  private EgressDoor(
      ServerSocketChannel server, Path socket, Supplier<AddressMap> addresses, Relay relay) {
    this.server = server;
    this.socket = socket;
    this.addresses = addresses;
    this.relay = relay;
  }

  /// Binds the socket (mode 0600), replacing what an earlier process left.
  public static EgressDoor open(Path socket, Supplier<AddressMap> addresses) throws IOException {
    if (socket.toString().getBytes(StandardCharsets.UTF_8).length > PATH_MAX) {
      throw new IOException("path of a socket is longer than " + PATH_MAX + " bytes: " + socket);
    }
    Files.deleteIfExists(socket);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      EgressDoor door = new EgressDoor(server, socket, addresses, new Relay("egress-door"));
      Thread.ofVirtual().name("egress-door-accept").start(door::accept);
      return door;
    } catch (IOException e) {
      server.close();
      throw e;
    }
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        if (!connections.tryAcquire()) {
          Relay.quietly(client);
          continue;
        }
        Thread.ofVirtual().name("egress-door-connect").start(() -> admit(client));
      } catch (IOException e) {
        if (!server.isOpen()) {
          return;
        }
      }
    }
  }

  private void admit(SocketChannel client) {
    boolean joined = false;
    SocketChannel target = null;
    try {
      String authority = authority(head(client));
      String host = host(authority);
      String twin = addresses.get().twin(host);
      if (twin.equals(host)) {
        refuse(client, "403 Forbidden", authority + " is a simulated pod or service");
        return;
      }
      int port = port(authority);
      target = SocketChannel.open();
      try {
        target
            .socket()
            .connect(new InetSocketAddress(InetAddress.getByName(twin), port), CONNECT_MILLIS);
      } catch (IOException e) {
        refuse(client, "502 Bad Gateway", "node " + authority + ": " + e.getMessage());
        return;
      }
      send(client, "HTTP/1.1 200 Connection established\r\n\r\n");
      relay.join(client, target, connections::release);
      joined = true;
    } catch (IOException e) {
      // The API server went away in the middle of a request.
    } finally {
      if (!joined) {
        Relay.quietly(client);
        Relay.quietly(target);
        connections.release();
      }
    }
  }

  private static void refuse(SocketChannel client, String status, String reason)
      throws IOException {
    String text = "sskuba: " + reason + "\n";
    send(
        client,
        "HTTP/1.1 "
            + status
            + "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
            + text.length()
            + "\r\n\r\n"
            + text);
  }

  private static void send(SocketChannel client, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  /// Reads byte by byte up to the empty line: what follows belongs to the tunnel.
  private static String head(SocketChannel client) throws IOException {
    StringBuilder head = new StringBuilder(256);
    ByteBuffer one = ByteBuffer.allocate(1);
    while (head.length() < HEAD_MAX) {
      one.clear();
      if (client.read(one) < 0) {
        throw new IOException("closed");
      }
      head.append((char) one.get(0));
      if (head.charAt(head.length() - 1) == '\n' && head.toString().endsWith("\r\n\r\n")) {
        return head.toString();
      }
    }
    throw new IOException("request head is longer than " + HEAD_MAX + " bytes");
  }

  static String authority(String head) throws IOException {
    String[] words = head.lines().findFirst().orElse("").split(" ");
    if (words.length != 3 || !words[0].equals("CONNECT")) {
      throw new IOException("not a CONNECT request");
    }
    return words[1];
  }

  static String host(String authority) {
    int colon = authority.lastIndexOf(':');
    String host = colon < 0 ? authority : authority.substring(0, colon);
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  private static int port(String authority) throws IOException {
    try {
      return Integer.parseInt(authority.substring(authority.lastIndexOf(':') + 1));
    } catch (NumberFormatException e) {
      throw new IOException("no port in " + authority, e);
    }
  }

  @Override
  public void close() {
    Relay.quietly(server);
    relay.close();
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      // A socket file that stays is replaced by the next door.
    }
  }
}
