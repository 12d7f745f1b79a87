package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Says which process runs the engine on this stack, better than Pulumi's own lock file does: with
/// boot id, PID namespace and start times.
///
/// The lock names only a pid and a host, so alone it cannot tell a dead holder from a live one in
/// another container. The lease is written before the engine starts, completed with its pid, and
/// renewed while it runs.
/// - Units: 60 s, renewed every 15 s, by the wall clock.
final class EngineLease {
  static final Duration TERM = Duration.ofSeconds(60);
  private static final Duration RENEWAL = Duration.ofSeconds(15);

  private final Path file;
  private final TimeSource time;

  EngineLease(Path workFolder, TimeSource time) {
    this.file = workFolder.resolve("engine.json");
    this.time = time;
  }

  /// @param enginePid 0 when the engine was not known to have started yet
  record Content(
      String bootId,
      String host,
      long ownerPid,
      long ownerStart,
      long enginePid,
      long engineStart,
      Instant since,
      Instant until) {}

  /// The lease as it stands, or null: no engine ran, or the last one ended in good order.
  @Nullable Content read() {
    try {
      JsonNode json = Json.parse(Files.readAllBytes(file));
      return new Content(
          json.path("bootId").asText(),
          json.path("host").asText(),
          json.path("ownerPid").asLong(),
          json.path("ownerStart").asLong(),
          json.path("enginePid").asLong(),
          json.path("engineStart").asLong(),
          Instant.parse(json.path("since").asText()),
          Instant.parse(json.path("until").asText()));
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException | UncheckedIOException | java.time.DateTimeException e) {
      // It is written whole or not at all; one that cannot be read proves nothing.
      return null;
    }
  }

  /// Takes the lease for one command.
  Held hold(List<String> command) throws IOException {
    return new Held(command.size() > 1 ? command.get(1) : "");
  }

  /// A lease being held; closing it removes the file.
  final class Held implements AutoCloseable {
    private final ObjectNode content = Json.object();
    private final Thread renewer;

    private Held(String command) throws IOException {
      long self = ProcessHandle.current().pid();
      content.put("command", command);
      content.put("bootId", ProcessIdentity.bootId());
      content.put("host", ProcessIdentity.host());
      content.put("ownerPid", self);
      content.put("ownerStart", ProcessIdentity.start(self));
      content.put("since", time.now().toString());
      write();
      renewer = Thread.ofVirtual().unstarted(this::renew);
    }

    /// Completes the lease with the engine's own process.
    void started(ProcessHandle engine) throws IOException {
      synchronized (this) {
        content.put("enginePid", engine.pid());
        content.put("engineStart", ProcessIdentity.start(engine.pid()));
        write();
      }
      renewer.start();
    }

    private synchronized void write() throws IOException {
      content.put("until", time.now().plus(TERM).toString());
      AtomicFiles.writeString(file, Json.pretty(content));
    }

    private void renew() {
      try {
        while (true) {
          time.sleep(RENEWAL);
          write();
        }
      } catch (InterruptedException e) {
        // The engine ended.
      } catch (IOException e) {
        // A full disk: the lease runs out, the pids in it stay true.
      }
    }

    @Override
    public void close() throws IOException {
      renewer.interrupt();
      boolean interrupted = false;
      while (renewer.isAlive()) {
        try {
          renewer.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      Files.deleteIfExists(file);
    }
  }

  void remove() throws IOException {
    Files.deleteIfExists(file);
  }
}
