package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.net.AddressMap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The load balancer and the egress door.
class ProxiesTest {
  private static final String TWIN = "127.205.9.1";

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it before each test
  Path folder;

  @Test
  void passesBytesBothWaysUnchanged() throws Exception {
    byte[] sent = new byte[3 << 20];
    new Random(42).nextBytes(sent);
    try (Echo echo = new Echo("127.205.9.2");
        LoadBalancer balancer = LoadBalancer.open(TWIN, 0, () -> List.of(echo.backend(true)));
        Socket client = dial(balancer)) {
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      client.getOutputStream().write(sent);
                      client.shutdownOutput();
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(sent);
      writer.join();
    }
  }

  @Test
  void skipsABackendThatRefuses() throws Exception {
    try (Echo echo = new Echo("127.205.9.3");
        LoadBalancer balancer =
            LoadBalancer.open(
                TWIN,
                0,
                () ->
                    List.of(
                        new LoadBalancer.Backend("127.205.9.4", 1, true), echo.backend(true)))) {
      for (int i = 0; i < 6; i++) {
        assertThat(roundTrip(balancer)).isEqualTo("ping");
      }
    }
  }

  @Test
  void prefersBackendsThatAreReady() throws Exception {
    try (Echo ready = new Echo("127.205.9.5");
        Echo starting = new Echo("127.205.9.6");
        LoadBalancer balancer =
            LoadBalancer.open(
                TWIN, 0, () -> List.of(starting.backend(false), ready.backend(true)))) {
      for (int i = 0; i < 6; i++) {
        assertThat(roundTrip(balancer)).isEqualTo("ping");
      }
      assertThat(ready.connections).isEqualTo(6);
      assertThat(starting.connections).isZero();
    }
  }

  @Test
  void closesAtOnceWithoutABackend() throws Exception {
    try (LoadBalancer balancer = LoadBalancer.open(TWIN, 0, List::of);
        Socket client = dial(balancer)) {
      client.setSoTimeout(5000);
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void saysWhichAddressIsTaken() throws Exception {
    try (LoadBalancer balancer = LoadBalancer.open(TWIN, 0, List::of)) {
      int port = balancer.address().getPort();
      assertThatThrownBy(() -> LoadBalancer.open(TWIN, port, List::of))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(TWIN + ":" + port);
    }
  }

  @Test
  void theDoorLeadsToNodesOnly() throws Exception {
    Path socket = folder.resolve("door");
    try (Echo node = new Echo("127.205.9.7");
        EgressDoor door =
            EgressDoor.open(socket, () -> new AddressMap(Map.of("10.205.9.7", "127.205.9.7")))) {
      assertThat(Files.getPosixFilePermissions(socket))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      String target = "10.205.9.7:" + node.port();
      assertThat(through(socket, target)).startsWith("HTTP/1.1 200").endsWith("ping");
      assertThat(through(socket, "10.244.0.5:8080"))
          .startsWith("HTTP/1.1 403")
          .contains("10.244.0.5:8080 is a simulated pod or service");
      assertThat(through(socket, "127.0.0.1:22")).startsWith("HTTP/1.1 403");
      assertThat(through(socket, "10.205.9.7:1")).startsWith("HTTP/1.1 502");
    }
    assertThat(socket).doesNotExist();
  }

  private static String through(Path socket, String target) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      String request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\nping";
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      channel.shutdownOutput();
      StringBuilder all = new StringBuilder();
      ByteBuffer buffer = ByteBuffer.allocate(4096);
      try {
        while (channel.read(buffer) >= 0) {
          buffer.flip();
          all.append(StandardCharsets.US_ASCII.decode(buffer));
          buffer.clear();
        }
      } catch (IOException e) {
        // A refused request is closed with bytes unread, which the kernel reports as a reset.
      }
      return all.toString();
    }
  }

  private static Socket dial(LoadBalancer balancer) throws IOException {
    InetSocketAddress address = balancer.address();
    return new Socket(address.getAddress(), address.getPort());
  }

  private static String roundTrip(LoadBalancer balancer) throws IOException {
    try (Socket client = dial(balancer)) {
      client.setSoTimeout(5000);
      client.getOutputStream().write("ping".getBytes(StandardCharsets.US_ASCII));
      client.shutdownOutput();
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  /// Sends back what it reads.
  private static final class Echo implements AutoCloseable {
    private final ServerSocket server;
    volatile int connections;

    Echo(String address) throws IOException {
      server = new ServerSocket(0, 16, InetAddress.getByName(address));
      Thread.ofVirtual().start(this::serve);
    }

    int port() {
      return server.getLocalPort();
    }

    LoadBalancer.Backend backend(boolean ready) {
      return new LoadBalancer.Backend(
          server.getInetAddress().getHostAddress(), server.getLocalPort(), ready);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread counts
    private void serve() {
      while (!server.isClosed()) {
        try {
          Socket socket = server.accept();
          connections++;
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (socket) {
                      socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException e) {
                      // The test went away.
                    }
                  });
        } catch (IOException e) {
          return;
        }
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }
}
