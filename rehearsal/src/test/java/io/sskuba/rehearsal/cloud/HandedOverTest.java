package io.sskuba.rehearsal.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HandedOverTest {
  /// Of what is handed to a machine, the account has a digest; the engine gets its own text back,
  /// and another digest shows.
  @Test
  void theAccountHoldsNoConfiguration() {
    String base64 =
        Base64.getEncoder().encodeToString("machine: {token: x}".getBytes(StandardCharsets.UTF_8));
    HandedOver data = HandedOver.of(base64).orElseThrow();
    Map<String, Object> inputs = Map.of("envs", List.of("A=b", "USERDATA=" + base64));
    Map<String, Object> held = data.masked(inputs);
    assertThat(held.toString()).doesNotContain(base64).contains("sha256:");
    assertThat(data.unmasked(held)).isEqualTo(inputs);
    HandedOver other = HandedOver.of("bWFjaGluZToge30=").orElseThrow();
    assertThat(other.unmasked(held)).isEqualTo(held);
    assertThat(HandedOver.of("sskuba:user-data:demo-1")).isEmpty();
    assertThat(data.toString()).isEqualTo("HandedOver[hidden]");
  }
}
