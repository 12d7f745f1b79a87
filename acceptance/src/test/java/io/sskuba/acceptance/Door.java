package io.sskuba.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A way to a server that can be shut in the middle, and opened again at the same address: what is
/// behind it keeps what it has.
final class Door implements AutoCloseable {
  private static final int BLOCK = 16 << 10;
  private final InetSocketAddress address;
  private final InetSocketAddress behind;
  private final List<Socket> sockets = new ArrayList<>();
  private @Nullable ServerSocket listener;
  private int taken;

  Door(String host, int port, InetSocketAddress behind) throws IOException {
    this.address = new InetSocketAddress(InetAddress.getByName(host), port);
    this.behind = behind;
    open();
  }

  /// How many connections it has taken.
  synchronized int taken() {
    return taken;
  }

  String host() {
    return address.getHostString();
  }

  int port() {
    return address.getPort();
  }

  synchronized void open() throws IOException {
    ServerSocket opened = new ServerSocket();
    opened.setReuseAddress(true);
    opened.bind(address, 100);
    listener = opened;
    Thread.ofVirtual().start(() -> accept(opened));
  }

  private void accept(ServerSocket opened) {
    try {
      while (true) {
        Socket from = opened.accept();
        Socket to = new Socket();
        synchronized (this) {
          if (opened.isClosed()) {
            from.close();
            return;
          }
          taken++;
          to.connect(behind, 5_000);
          sockets.add(from);
          sockets.add(to);
        }
        Thread.ofVirtual().start(() -> copy(from, to));
        Thread.ofVirtual().start(() -> copy(to, from));
      }
    } catch (IOException e) {
      // Shut.
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] block = new byte[BLOCK];
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        out.write(block, 0, n);
        out.flush();
      }
    } catch (IOException e) {
      // Shut, or one side left.
    }
  }

  /// From now on connections are refused, and those that were open are broken off.
  synchronized void shut() throws IOException {
    ServerSocket open = listener;
    if (open != null) {
      open.close();
    }
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }

  @Override
  public void close() throws IOException {
    shut();
  }
}
