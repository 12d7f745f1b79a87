package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.InfraPlan;
import io.sskuba.spec.Durations;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How long a plan takes, and what there is after it.
///
/// @param duration the longest chain of modelled waits; null where no model knows
/// @param resources how many of each type
/// @param endpoint of the Kubernetes API; null where only the provider will know it
/// @param lifetime as in the file: `8h`, `none`
/// @param expiresAt null where it never ends, or begins to count when it is applied
record Outlook(
    @Nullable Duration duration,
    Map<String, Integer> resources,
    int machines,
    @Nullable String endpoint,
    String lifetime,
    @Nullable Instant expiresAt) {
  static final String MODELLED = "modelled";
  static final String UNKNOWN = "unknown";

  /// What a model's duration is made of, and what it leaves out.
  private static final String COVERS =
      "the provider's calls, boot and health checks; not what Talos and Kubernetes take";

  Outlook {
    resources = java.util.Collections.unmodifiableMap(new TreeMap<>(resources));
  }

  static Map<String, Integer> byType(InfraPlan plan) {
    Map<String, Integer> types = new TreeMap<>();
    plan.resources().forEach(r -> types.merge(r.type(), 1, Integer::sum));
    return types;
  }

  private int total() {
    return resources.values().stream().mapToInt(Integer::intValue).sum();
  }

  /// Writes `expected` and `afterwards`.
  void into(ObjectNode json) {
    ObjectNode expected = json.putObject("expected");
    Duration known = duration;
    expected.put("durationMs", known == null ? null : known.toMillis());
    expected.put("basis", known == null ? UNKNOWN : MODELLED);
    if (known != null) {
      expected.put("covers", COVERS);
    }
    ObjectNode after = json.putObject("afterwards");
    after.put("total", total());
    ObjectNode types = after.putObject("resources");
    resources.forEach(types::put);
    after.put("machines", machines);
    after.put("endpoint", endpoint);
    after.put("lifetime", lifetime);
    after.put("expiresAt", expiresAt == null ? null : expiresAt.toString());
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append("  after     ").append(total()).append(" resources:");
    String comma = " ";
    for (Map.Entry<String, Integer> type : resources.entrySet()) {
      text.append(comma).append(type.getValue()).append(' ').append(type.getKey());
      comma = ", ";
    }
    text.append("\n            ").append(machines).append(machines == 1 ? " machine" : " machines");
    text.append(", endpoint ").append(endpoint == null ? "known after apply" : endpoint);
    text.append(", ").append(end()).append('\n');
    return text.append("  duration  ").append(takes()).append('\n').toString();
  }

  private String takes() {
    Duration known = duration;
    if (known == null) {
      return "unknown: nothing models this target";
    }
    return known.isZero()
        ? "nothing to wait for"
        : Durations.format(rounded(known)) + " modelled: " + COVERS;
  }

  private String end() {
    Instant end = expiresAt;
    if (end != null) {
      return "ends at " + end.truncatedTo(ChronoUnit.SECONDS);
    }
    return lifetime.equals("none")
        ? "never ends by itself"
        : "ends " + lifetime + " after it is begun";
  }

  /// A model is not good to the millisecond.
  private static Duration rounded(Duration known) {
    return known.toSeconds() == 0 ? known : Duration.ofSeconds(known.toSeconds());
  }
}
