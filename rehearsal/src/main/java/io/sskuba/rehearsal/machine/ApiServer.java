package io.sskuba.rehearsal.machine;

import com.google.protobuf.Message;
import io.grpc.HandlerRegistry;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The listening side of one machine's API: gRPC on port 50000 of its twin.
/// - Limits: requests up to 32 MiB, as Talos; [#CALLS_MAX] calls a connection at once.
final class ApiServer {
  /// Real processes keep real time.
  private static final TimeSource CLOCK = TimeSource.system();

  static final int PORT = 50000;
  private static final int MESSAGE_BYTES_MAX = 32 << 20;
  private static final int CALLS_MAX = 128;

  /// How long calls in flight may take to end when the API restarts.
  private static final Duration DRAIN = Duration.ofMillis(500);

  /// A listener that was just closed may hold its address for a moment.
  private static final int BIND_ATTEMPTS_MAX = 40;

  private final Server server;

  private ApiServer(Server server) {
    this.server = server;
  }

  /// Binds and serves. Errors: `IOException` when the address is in use by somebody else.
  static ApiServer start(SimMachine machine, MachineNetwork network, String twin, SslContext tls)
      throws IOException, InterruptedException {
    ApiRouter router = new ApiRouter(machine);
    for (int attempt = 1; ; attempt++) {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(twin, PORT))
              .bossEventLoopGroup(network.acceptors())
              .workerEventLoopGroup(network.workers())
              .channelType(NioServerSocketChannel.class)
              .sslContext(tls)
              .executor(network.threads())
              .maxInboundMessageSize(MESSAGE_BYTES_MAX)
              .maxConcurrentCallsPerConnection(CALLS_MAX)
              .permitKeepAliveTime(5, TimeUnit.SECONDS)
              .permitKeepAliveWithoutCalls(true)
              .fallbackHandlerRegistry(new Registry(router, network))
              .build();
      try {
        return new ApiServer(server.start());
      } catch (IOException e) {
        server.shutdownNow();
        if (attempt == BIND_ATTEMPTS_MAX) {
          throw e;
        }
        CLOCK.sleep(Duration.ofMillis(25));
      }
    }
  }

  /// Lets calls in flight end, then closes; for a restart of the API, not of the machine.
  void drain() throws InterruptedException {
    server.shutdown();
    if (!server.awaitTermination(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
      abort();
    }
  }

  /// Cuts everything off, as a machine that loses power.
  void abort() throws InterruptedException {
    server.shutdownNow();
    server.awaitTermination(DRAIN.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Finds procedures by name; one table serves all machines.
  private static final class Registry extends HandlerRegistry {
    private final ApiRouter router;
    private final MachineNetwork network;

    Registry(ApiRouter router, MachineNetwork network) {
      this.router = router;
      this.network = network;
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
        String method, @Nullable String authority) {
      Procedure<?, ?> procedure = Procedures.find(method);
      return procedure == null ? null : definition(procedure);
    }

    private <Q extends Message, A extends Message> ServerMethodDefinition<Q, A> definition(
        Procedure<Q, A> procedure) {
      return ServerMethodDefinition.create(
          procedure.method(),
          (call, headers) -> new ApiCall<>(call, headers, procedure, router, network.threads()));
    }
  }
}
