package io.sskuba.rehearsal.cloud;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// How long operations of a real cloud take, from `latency/PACKAGE.tsv`: lines of `TYPE OPERATION
/// SECONDS SOURCE`, separated by tabs; SOURCE is a published document or `estimate`.
///
/// Operations are `create`, `update`, `delete`; for machines also `boot` (from running to the Talos
/// API's first answer), for load balancers `healthy` (from a target's first answer to its being
/// passed traffic). What no line names takes one second.
public final class LatencyModel {
  private static final Duration OTHERWISE = Duration.ofSeconds(1);

  private final Map<String, Duration> lines;

  private LatencyModel(Map<String, Duration> lines) {
    this.lines = Map.copyOf(lines);
  }

  /// The published model of a package; one without a file takes a second for everything.
  public static LatencyModel of(String pkg) {
    String file = "/latency/" + pkg + ".tsv";
    try (InputStream in = LatencyModel.class.getResourceAsStream(file)) {
      return new LatencyModel(
          in == null ? Map.of() : parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }

  static Map<String, Duration> parse(String text) {
    Map<String, Duration> lines = new HashMap<>();
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split("\t", -1);
      if (parts.length < 4 || parts[3].isBlank()) {
        throw new IllegalArgumentException(
            "a latency needs type, operation, seconds, source: " + line);
      }
      lines.put(
          parts[0] + " " + parts[1],
          Duration.ofMillis(Math.round(Double.parseDouble(parts[2]) * 1000)));
    }
    return lines;
  }

  public Duration of(String type, String operation) {
    return find(type, operation).orElse(OTHERWISE);
  }

  /// The longest of an operation over all types; zero where no line names it.
  public Duration longest(String operation) {
    return lines.entrySet().stream()
        .filter(line -> line.getKey().endsWith(" " + operation))
        .map(Map.Entry::getValue)
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  public Optional<Duration> find(String type, String operation) {
    return Optional.ofNullable(lines.get(type + " " + operation));
  }
}
