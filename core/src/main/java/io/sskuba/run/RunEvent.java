package io.sskuba.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/// One line of `events` (contract, section 4).
///
/// @param modelledMs what the work would have taken in a real cloud, by a latency model; 0 where
///   none spoke
/// @param waitedMs the part of it that was really waited, and so is in the times of the events
public record RunEvent(
    Instant time,
    String run,
    String cluster,
    String phase,
    Kind kind,
    String message,
    @Nullable String observation,
    long elapsedMs,
    @Nullable String resource,
    long modelledMs,
    long waitedMs) {

  /// An event that no latency model had a part in.
  public RunEvent(
      Instant time,
      String run,
      String cluster,
      String phase,
      Kind kind,
      String message,
      @Nullable String observation,
      long elapsedMs,
      @Nullable String resource,
      long modelledMs) {
    this(time, run, cluster, phase, kind, message, observation, elapsedMs, resource, modelledMs, 0);
  }

  public enum Kind {
    PHASE_STARTED("phaseStarted"),
    WAITING("waiting"),
    PHASE_FINISHED("phaseFinished"),
    PHASE_FAILED("phaseFailed"),
    RESOURCE("resource"),
    LOG("log"),
    RUN_FINISHED("runFinished");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }

    static Kind of(String word) {
      for (Kind kind : values()) {
        if (kind.word.equals(word)) {
          return kind;
        }
      }
      return LOG;
    }
  }

  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  /// RFC 3339 with milliseconds, UTC.
  public static String rfc3339(Instant instant) {
    return MILLIS.format(instant);
  }

  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("apiVersion", "sskuba.io/v1alpha1").put("kind", kind.word());
    json.put("time", rfc3339(time)).put("run", run).put("cluster", cluster).put("phase", phase);
    json.put("message", message);
    if (observation != null) {
      json.put("observation", observation);
    }
    json.put("elapsedMs", elapsedMs);
    if (resource != null) {
      json.put("resource", resource);
    }
    if (modelledMs > 0) {
      json.put("modelledMs", modelledMs).put("waitedMs", waitedMs);
    }
    return json;
  }

  public static RunEvent fromJson(com.fasterxml.jackson.databind.JsonNode json) {
    return new RunEvent(
        Instant.parse(json.path("time").asText("1970-01-01T00:00:00Z")),
        json.path("run").asText(),
        json.path("cluster").asText(),
        json.path("phase").asText(),
        Kind.of(json.path("kind").asText()),
        json.path("message").asText(),
        json.hasNonNull("observation") ? json.get("observation").asText() : null,
        json.path("elapsedMs").asLong(),
        json.hasNonNull("resource") ? json.get("resource").asText() : null,
        json.path("modelledMs").asLong(),
        json.path("waitedMs").asLong());
  }
}
