package io.sskuba.state;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// A lease as it lies in the store.
///
/// @param lease what everybody may know
/// @param token random, new with each holder: what compare-and-set compares
/// @param renewals counts up, so that a renewal is seen whatever the clocks say
/// @param untilUptime end by the uptime of the holder's machine, for those of the same boot: no
///   clock that is set can move it; empty where there is no such clock
record LeaseFile(Lease lease, String token, long renewals, OptionalLong untilUptime) {
  private static final int FORMAT = 1;
  private static final int LIMIT = 64 * 1024;

  static Optional<LeaseFile> read(Path file) throws IOException {
    try {
      if (Files.size(file) > LIMIT) {
        throw StoreProblems.corrupt(file, "it is larger than any lease");
      }
      return Optional.of(parse(Files.readAllBytes(file), file.toString()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /// Reads the bytes that [#bytes] wrote.
  ///
  /// @param place where they lie, for messages
  static LeaseFile parse(byte[] bytes, String place) {
    if (bytes.length > LIMIT) {
      throw StoreProblems.corruptAt(place, "it is larger than any lease");
    }
    try {
      JsonNode node = Json.parse(bytes);
      int format = node.path("format").asInt();
      if (format > FORMAT) {
        throw new SskubaException(StoreProblems.newerAt(place, format, FORMAT));
      }
      if (format < 1 || text(node, "token").isEmpty()) {
        throw StoreProblems.corruptAt(place, "it is no lease");
      }
      Lease lease =
          new Lease(
              text(node, "holder"),
              text(node, "host"),
              node.path("pid").asLong(),
              node.path("pidStart").asLong(),
              text(node, "bootId"),
              text(node, "run"),
              Instant.parse(text(node, "until")));
      JsonNode uptime = node.path("untilUptimeMillis");
      return new LeaseFile(
          lease,
          text(node, "token"),
          node.path("renewals").asLong(),
          uptime.isIntegralNumber() ? OptionalLong.of(uptime.asLong()) : OptionalLong.empty());
    } catch (UncheckedIOException | DateTimeException e) {
      throw StoreProblems.corruptAt(place, "it is no lease");
    }
  }

  void write(Path file) throws IOException {
    AtomicFiles.write(file, bytes());
  }

  byte[] bytes() {
    ObjectNode node = Json.object();
    node.put("format", FORMAT);
    node.put("holder", lease.holder());
    node.put("host", lease.host());
    node.put("pid", lease.pid());
    node.put("pidStart", lease.pidStart());
    node.put("bootId", lease.bootId());
    node.put("run", lease.run());
    node.put("until", lease.until().toString());
    node.put("token", token);
    node.put("renewals", renewals);
    untilUptime.ifPresent(millis -> node.put("untilUptimeMillis", millis));
    return Json.pretty(node).getBytes(StandardCharsets.UTF_8);
  }

  LeaseFile renewed(Instant until, OptionalLong uptime) {
    return new LeaseFile(withUntil(until), token, renewals + 1, uptime);
  }

  /// The same lease with an earlier end; no renewal.
  LeaseFile clamped(Instant until) {
    return new LeaseFile(withUntil(until), token, renewals, untilUptime);
  }

  boolean sameTermAs(LeaseFile other) {
    return token.equals(other.token) && renewals == other.renewals;
  }

  private Lease withUntil(Instant until) {
    return new Lease(
        lease.holder(),
        lease.host(),
        lease.pid(),
        lease.pidStart(),
        lease.bootId(),
        lease.run(),
        until);
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asText("");
  }
}
