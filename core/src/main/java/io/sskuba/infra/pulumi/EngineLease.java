package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.ProcessIdentity;
import io.sskuba.io.Processes;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ObjectBucket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Says which processes ran the engine on this stack, better than Pulumi's own lock file does: with
/// boot id, PID namespace and start times.
///
/// The lock names only a pid and a host, so alone it cannot tell a dead holder from a live one in
/// another container. An entry is written before the engine starts, completed with its pid, and
/// renewed while it runs. Entries stay after the end: a lock may outlive its engine.
///
/// They lie where the state does: beside a stack in a bucket, for other machines to see; else in
/// the work folder.
/// - Units: 60 s, renewed every 15 s, by the store's clock.
/// - Limits: the last 16 runs are kept.
final class EngineLease {
  private static final Processes PROCESSES = Processes.system();

  static final Duration TERM = Duration.ofSeconds(60);
  private static final Duration RENEWAL = Duration.ofSeconds(15);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final int ENTRIES_MAX = 16;
  static final String FILE = "engines.json";

  private final Place place;
  private final TimeSource time;

  EngineLease(Path workFolder, TimeSource time) {
    this(new InFolder(workFolder.resolve(FILE), time), time);
  }

  EngineLease(StackBucket stack, TimeSource time) {
    this(new InBucket(stack), time);
  }

  private EngineLease(Place place, TimeSource time) {
    this.place = place;
    this.time = time;
  }

  /// How late a renewal may come: whoever waits for the lease counts its whole term.
  private static final Duration MARGIN = Duration.ofSeconds(10);

  /// Where the entries lie.
  private sealed interface Place {
    byte[] read() throws IOException;

    void write(String text) throws IOException;

    /// The clock by which the end of an entry counts.
    Instant now();
  }

  private record InFolder(Path file, TimeSource time) implements Place {
    @Override
    public byte[] read() throws IOException {
      return Files.readAllBytes(file);
    }

    @Override
    public void write(String text) throws IOException {
      AtomicFiles.writeString(file, text);
    }

    @Override
    public Instant now() {
      return time.now();
    }
  }

  private record InBucket(StackBucket stack) implements Place {
    @Override
    public byte[] read() {
      return stack
          .bucket()
          .read(stack.engines())
          .map(ObjectBucket.Stored::bytes)
          .orElse(new byte[0]);
    }

    @Override
    public void write(String text) {
      stack.bucket().put(stack.engines(), text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Instant now() {
      return stack.bucket().clock();
    }
  }

  /// The clock of [Entry#until].
  Instant now() {
    return place.now();
  }

  /// One run of the engine.
  ///
  /// @param enginePid 0 when the engine was not known to have started yet
  record Entry(
      String bootId,
      String host,
      long ownerPid,
      long ownerStart,
      long enginePid,
      long engineStart,
      Instant since,
      Instant until) {

    private static Entry of(JsonNode json) {
      return new Entry(
          json.path("bootId").asText(),
          json.path("host").asText(),
          json.path("ownerPid").asLong(),
          json.path("ownerStart").asLong(),
          json.path("enginePid").asLong(),
          json.path("engineStart").asLong(),
          Instant.parse(json.path("since").asText()),
          Instant.parse(json.path("until").asText()));
    }

    private ObjectNode json() {
      return Json.object()
          .put("bootId", bootId)
          .put("host", host)
          .put("ownerPid", ownerPid)
          .put("ownerStart", ownerStart)
          .put("enginePid", enginePid)
          .put("engineStart", engineStart)
          .put("since", since.toString())
          .put("until", until.toString());
    }

    private Entry withEngine(long pid, long start) {
      return new Entry(bootId, host, ownerPid, ownerStart, pid, start, since, until);
    }

    private Entry until(Instant end) {
      return new Entry(bootId, host, ownerPid, ownerStart, enginePid, engineStart, since, end);
    }
  }

  /// The runs that are known, oldest first. A file that cannot be read proves nothing: empty.
  List<Entry> entries() {
    try {
      List<Entry> entries = new ArrayList<>();
      for (JsonNode entry : Json.parse(place.read())) {
        entries.add(Entry.of(entry));
      }
      return entries;
    } catch (IOException | UncheckedIOException | java.time.DateTimeException e) {
      return List.of();
    }
  }

  /// Takes the lease for one run of the engine.
  Held hold() throws IOException {
    return new Held(entries());
  }

  /// A lease being held.
  final class Held implements AutoCloseable {
    private final List<Entry> earlier;
    private final Thread renewer = Thread.ofVirtual().unstarted(this::renew);
    private Entry mine;
    private volatile long renewedAt = time.nanos();
    private volatile @Nullable SskubaException fault;

    private Held(List<Entry> known) throws IOException {
      int from = Math.max(0, known.size() - (ENTRIES_MAX - 1));
      earlier = List.copyOf(known.subList(from, known.size()));
      long self = ProcessHandle.current().pid();
      Instant now = time.now();
      mine =
          new Entry(
              PROCESSES.machine(),
              PROCESSES.host(),
              self,
              startOf(self),
              0,
              0,
              now,
              place.now().plus(TERM));
      write();
    }

    /// Completes the lease with the engine's own process. A store that went away since is no
    /// failure here: the engine will meet it, and says so.
    void started(ProcessHandle engine) throws IOException {
      try {
        synchronized (this) {
          mine = mine.withEngine(engine.pid(), startOf(engine.pid()));
          write();
        }
      } catch (SskubaException e) {
        // See above.
      }
      renewer.start();
    }

    private void write() throws IOException {
      ArrayNode all = Json.MAPPER.createArrayNode();
      earlier.forEach(entry -> all.add(entry.json()));
      all.add(mine.json());
      place.write(Json.pretty(all));
    }

    private void renew() {
      try {
        while (true) {
          time.sleep(fault == null ? RENEWAL : RETRY);
          renewOnce();
        }
      } catch (InterruptedException e) {
        // The engine ended.
      } catch (IOException e) {
        // A full disk: the lease runs out, the pids in it stay true.
      }
    }

    /// Why the engine must stop: nobody was told for so long that it runs, that others may begin.
    Optional<SskubaException> over() {
      boolean late = time.nanos() - renewedAt > TERM.minus(MARGIN).toNanos();
      return late ? Optional.ofNullable(fault) : Optional.empty();
    }

    private void renewOnce() throws IOException {
      long before = time.nanos();
      try {
        synchronized (this) {
          mine = mine.until(place.now().plus(TERM));
          write();
        }
        renewedAt = before;
        fault = null;
      } catch (SskubaException e) {
        // A store that is away: the next turn tries again, until the lease runs out.
        fault = e;
      }
    }

    @Override
    public void close() {
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
    }
  }

  /// Boot id and PID namespace of this machine; empty where the system has neither.
  static String machine() {
    return PROCESSES.machine();
  }

  /// Start time of a process as [ProcessIdentity#start], or -1 when there is no such process.
  static long startOf(long pid) {
    return PROCESSES.find(pid).map(ProcessIdentity::start).orElse(-1L);
  }

  static boolean alive(long pid, long start) {
    return pid > 0 && start != -1 && startOf(pid) == start;
  }
}
