package io.sskuba.rehearsal.cloud;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One request to a simulated cloud.
///
/// @param type Pulumi type token
/// @param name logical name in the plan
/// @param inputs plain values; empty on delete
/// @param asker the cluster that asks, and what it can run on this machine; null in a sweep
/// @param scenario quotas and capacity that a rehearsal is given
public record CloudRequest(
    String type,
    String name,
    Map<String, Object> inputs,
    @Nullable Site asker,
    Scenario scenario,
    Instant now) {

  /// The cluster that asks; there is none when a sweep deletes.
  public Site site() {
    return Objects.requireNonNull(asker, "a sweep has no site");
  }

  /// The input's text, empty when it is not there.
  public String text(String input) {
    Object value = inputs.get(input);
    return value == null ? "" : String.valueOf(value);
  }

  /// The input's number, or `otherwise`.
  public long number(String input, long otherwise) {
    return inputs.get(input) instanceof Number number ? number.longValue() : otherwise;
  }

  public boolean flag(String input) {
    return Boolean.TRUE.equals(inputs.get(input));
  }

  /// A list input; empty when it is not there.
  public List<?> list(String input) {
    return inputs.get(input) instanceof List<?> list ? list : List.of();
  }

  /// A map input as text to text; empty when it is not there.
  public Map<String, String> map(String input) {
    Map<String, String> out = new java.util.LinkedHashMap<>();
    if (inputs.get(input) instanceof Map<?, ?> map) {
      map.forEach((k, v) -> out.put(String.valueOf(k), String.valueOf(v)));
    }
    return out;
  }
}
