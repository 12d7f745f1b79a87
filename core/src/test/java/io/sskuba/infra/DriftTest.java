package io.sskuba.infra;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DriftTest {
  private static List<String> told(Map<String, ?> was, Map<String, ?> now) {
    return Drift.changed("t:i:T", "name", was, now).stream().map(Drift::happened).toList();
  }

  @Test
  void aPropertyIsNamedByItsPath() {
    assertThat(
            told(
                Map.of("rules", List.of(Map.of("port", 443), Map.of("port", 80)), "a.b", "x"),
                Map.of("rules", List.of(Map.of("port", 22), Map.of("port", 80)), "a.b", "y")))
        .containsExactlyInAnyOrder(
            "rules[0].port: was 443, now 22", "[\"a.b\"]: was \"x\", now \"y\"");
  }

  @Test
  void whatCameAndWhatWentIsNothingOnOneSide() {
    assertThat(
            told(
                Map.of("cidrs", List.of("10.0.0.0/8")),
                Map.of("cidrs", List.of("10.0.0.0/8", "0.0.0.0/0"), "open", true)))
        .containsExactlyInAnyOrder(
            "cidrs[1]: was nothing, now \"0.0.0.0/0\"", "open: was nothing, now true");
    assertThat(told(Map.of("tags", Map.of("owner", "ada")), Map.of("tags", Map.of())))
        .containsExactly("tags.owner: was \"ada\", now nothing");
  }

  @Test
  void theSameWrittenOtherwiseIsNoDrift() {
    assertThat(
            told(
                Map.of("n", 1, "empty", List.of(), "__defaults", List.of("x")),
                Map.of("n", 1.0, "__defaults", List.of())))
        .isEmpty();
  }

  @Test
  void aThousandChangedPropertiesAreCutShort() {
    List<Integer> was = new ArrayList<>();
    List<Integer> now = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      was.add(i);
      now.add(i + 1);
    }
    assertThat(told(Map.of("list", was), Map.of("list", now))).hasSize(50);
    assertThat(told(Map.of("text", "a".repeat(5000)), Map.of("text", "b")).getFirst())
        .hasSizeLessThan(200);
  }
}
