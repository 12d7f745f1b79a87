package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One lock of a self-managed backend, and whether its holder still lives.
/// - Source: the engine's `backend/diy/lock.go`.
record StackLock(long pid, String user, String host, Instant at) {
  static final int LOCKS_MAX = 100;

  /// The pid of a lock file that a full disk cut short: it names nobody.
  private static final long TORN = -1;

  private static final Pattern MESSAGE =
      Pattern.compile("created by (\\S+?)@(\\S+) \\(pid (\\d+)\\) at (\\S+)");

  /// What is known of a lock's holder.
  enum Verdict {
    /// A run that goes on: hands off.
    LIVE,
    /// An engine of ours whose JVM is dead: it cannot make progress, and may be stopped.
    ORPHAN,
    /// No process holds it.
    DEAD
  }

  /// The locks in a `file://` backend.
  static List<StackLock> in(Path folder) {
    List<StackLock> locks = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
      for (Path file : files) {
        if (locks.size() < LOCKS_MAX) {
          locks.add(of(Files.readAllBytes(file)));
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return locks;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return locks;
  }

  /// A lock as the engine wrote it; a torn one names nobody.
  static StackLock of(byte[] bytes) {
    JsonNode json = json(bytes);
    return json.isObject()
        ? new StackLock(
            json.path("pid").asLong(),
            json.path("username").asText(),
            json.path("hostname").asText(),
            instant(json.path("timestamp").asText()))
        : new StackLock(TORN, "", "", Instant.MAX);
  }

  private static JsonNode json(byte[] bytes) {
    try {
      return Json.parse(bytes);
    } catch (UncheckedIOException e) {
      return MissingNode.getInstance();
    }
  }

  /// The locks that the engine names in an error message.
  static List<StackLock> in(String message) {
    List<StackLock> locks = new ArrayList<>();
    Matcher matcher = MESSAGE.matcher(message);
    while (matcher.find() && locks.size() < LOCKS_MAX) {
      locks.add(
          new StackLock(
              Long.parseLong(matcher.group(3)),
              matcher.group(1),
              matcher.group(2),
              instant(matcher.group(4))));
    }
    return locks;
  }

  private static Instant instant(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (java.time.DateTimeException e) {
      // Unknown: as if just taken, which is the careful reading.
      return Instant.MAX;
    }
  }

  /// Judges the holder by the runs of the engine that are known. A lock that none of them explains
  /// is taken for live: another program, or another machine, holds it.
  Verdict verdict(List<EngineLease.Entry> runs, Instant now) {
    if (pid == TORN) {
      boolean working =
          runs.stream().anyMatch(r -> EngineLease.alive(r.enginePid(), r.engineStart()));
      return working ? Verdict.LIVE : Verdict.DEAD;
    }
    EngineLease.Entry run = null;
    for (EngineLease.Entry candidate : runs) {
      boolean fits = candidate.enginePid() == pid || candidate.enginePid() == 0;
      // The engine writes the lock after its start, by the same clock.
      if (fits
          && candidate.host().equals(host)
          && !at.isBefore(candidate.since().minusSeconds(1))) {
        run = candidate;
      }
    }
    if (run == null) {
      return Verdict.LIVE;
    }
    if (run.bootId().isEmpty() || !run.bootId().equals(EngineLease.machine())) {
      return run.until().isBefore(now) ? Verdict.DEAD : Verdict.LIVE;
    }
    boolean engineAlive =
        run.enginePid() == pid
            ? EngineLease.alive(pid, run.engineStart())
            : EngineLease.startOf(pid) != -1 && startedBefore(pid, at);
    if (!engineAlive) {
      return Verdict.DEAD;
    }
    boolean ownerAlive = EngineLease.alive(run.ownerPid(), run.ownerStart());
    return ownerAlive ? Verdict.LIVE : Verdict.ORPHAN;
  }

  /// Whether the process that has `pid` now can have written a lock at `moment`.
  private static boolean startedBefore(long pid, Instant moment) {
    return ProcessHandle.of(pid)
        .flatMap(h -> h.info().startInstant())
        .map(start -> start.minus(Duration.ofSeconds(1)).isBefore(moment))
        .orElse(false);
  }
}
