package io.sskuba.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/// Servers that stand in for clouds in tests: moto, Azurite, Vault, vcsim, an OpenID Connect
/// provider, BIND, Knot. `dev/test-services` installs them into the folder that
/// `SSKUBA_TEST_SERVICES` names, or `~/.cache/sskuba-test`. A test whose server is missing counts
/// as skipped, loudly, never as passed.
public final class TestServices {
  private static final Duration START = Duration.ofSeconds(60);

  private TestServices() {}

  /// A file of that folder, or a program of the system.
  public static Optional<Path> find(String name) {
    String folder = System.getenv("SSKUBA_TEST_SERVICES");
    Path base =
        folder == null || folder.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache", "sskuba-test")
            : Path.of(folder);
    for (Path at :
        List.of(base.resolve(name), Path.of("/usr/sbin", name), Path.of("/usr/bin", name))) {
      if (Files.isRegularFile(at)) {
        return Optional.of(at);
      }
    }
    return Optional.empty();
  }

  public static Path require(String name) {
    Optional<Path> found = find(name);
    Assumptions.assumeTrue(
        found.isPresent(),
        "SKIPPED: no " + name + " (run dev/test-services, SSKUBA_TEST_SERVICES)");
    return found.orElseThrow();
  }

  /// A running server. Closing it ends its process, by pid.
  public record Running(Process process, String host, int port, Path log) implements AutoCloseable {
    public String address() {
      return host + ":" + port;
    }

    public String url() {
      return "http://" + address();
    }

    @Override
    public void close() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      try {
        process.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// moto's server: S3, KMS, STS, Secrets Manager and more, with nothing checked.
  public static Running moto(String host, Path folder) {
    return moto(host, folder, Map.of());
  }

  /// @param variables settings of moto, such as `MOTO_AMIS_PATH`
  public static Running moto(String host, Path folder, Map<String, String> variables) {
    Path program = require("moto/bin/moto_server");
    int port = freePort(host);
    return start(
        List.of(program.toString(), "-H", host, "-p", String.valueOf(port)),
        variables,
        host,
        port,
        folder);
  }

  public static Running azurite(String host, Path folder) {
    Path program = require("azurite/node_modules/azurite/dist/src/blob/main.js");
    int port = freePort(host);
    return start(
        List.of(
            "node",
            program.toString(),
            "--blobHost",
            host,
            "--blobPort",
            String.valueOf(port),
            "--inMemoryPersistence",
            "--skipApiVersionCheck",
            "--silent",
            "--disableTelemetry"),
        Map.of(),
        host,
        port,
        folder);
  }

  /// Vault's core with transit and key-value engines, in memory, unsealed.
  public static Running vault(String host, String token, Path folder) {
    Path program = require("vault-test");
    int port = freePort(host);
    return start(
        List.of(program.toString(), host + ":" + port, token), Map.of(), host, port, folder);
  }

  /// A vCenter of govmomi's, with the inventory of `examples/vsphere.yaml`. Its certificate is
  /// `vcsim.pem` in the folder.
  public static Running vcsim(String host, String user, String password, Path folder) {
    Path program = require("vcsim");
    int port = freePort(host);
    Path certificate = folder.resolve("vcsim.pem");
    Running running =
        start(
            List.of(program.toString(), host + ":" + port),
            Map.of(
                "VCSIM_USER", user,
                "VCSIM_PASSWORD", password,
                "VCSIM_CERTIFICATE", certificate.toString()),
            host,
            port,
            folder);
    awaitLine(running, "https://");
    return running;
  }

  /// An OpenID Connect provider that signs tokens for a CI job, asked for at `/job?audience=…`.
  ///
  /// @param secret the bearer token of whoever may ask for them
  public static Running issuer(String host, String secret, Path folder) {
    Path program = require("oidc/issuer.mjs");
    int port = freePort(host);
    return start(
        List.of("node", program.toString(), host, String.valueOf(port)),
        Map.of("OIDC_CLIENT_SECRET", secret),
        host,
        port,
        folder);
  }

  /// Waits until the server has printed a line that begins so.
  public static void awaitLine(Running running, String begin) {
    long end = System.nanoTime() + START.toNanos();
    try {
      while (true) {
        String log = Files.readString(running.log());
        if (log.lines().anyMatch(l -> l.startsWith(begin))) {
          return;
        }
        if (!running.process().isAlive() || System.nanoTime() > end) {
          running.close();
          throw new IllegalStateException("the server did not start: " + log);
        }
        Thread.sleep(20);
      }
    } catch (IOException | InterruptedException e) {
      running.close();
      throw new IllegalStateException(e);
    }
  }

  /// Starts a server and waits until it takes connections.
  public static Running start(
      List<String> command, Map<String, String> variables, String host, int port, Path folder) {
    Path log = folder.resolve("server-" + port + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(variables);
    try {
      Running running = new Running(builder.start(), host, port, log);
      awaitConnections(running);
      return running;
    } catch (IOException e) {
      throw new IllegalStateException("cannot start " + command.getFirst(), e);
    }
  }

  private static void awaitConnections(Running running) throws IOException {
    long end = System.nanoTime() + START.toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(running.host(), running.port()), 1_000);
        return;
      } catch (IOException e) {
        if (!running.process().isAlive() || System.nanoTime() > end) {
          String log = Files.readString(running.log());
          running.close();
          throw new IllegalStateException("the server did not start: " + log, e);
        }
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        running.close();
        throw new IllegalStateException(e);
      }
    }
  }

  public static int freePort(String host) {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
