package io.sskuba.rehearsal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class GoDurationsTest {
  @Test
  void readsWhatGoWrites() {
    assertThat(GoDurations.parse("8h0m0s")).isEqualTo(Duration.ofHours(8));
    assertThat(GoDurations.parse("1m30s")).isEqualTo(Duration.ofSeconds(90));
    assertThat(GoDurations.parse("1.5s")).isEqualTo(Duration.ofMillis(1500));
    assertThatThrownBy(() -> GoDurations.parse("8x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GoDurations.parse("h1s")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void writesAsGoDoes() {
    assertThat(GoDurations.text(Duration.ofMinutes(1))).isEqualTo("1m0s");
    assertThat(GoDurations.text(Duration.ofHours(2))).isEqualTo("2h0m0s");
    assertThat(GoDurations.text(Duration.ofMillis(1500))).isEqualTo("1.5s");
    assertThat(GoDurations.text(Duration.ofMillis(20))).isEqualTo("20ms");
  }
}
