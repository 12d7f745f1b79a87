package io.sskuba.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AddressMapTest {
  private final AddressMap map =
      new AddressMap(
          Map.of("10.1.0.9", "127.9.9.9"),
          List.of(new AddressMap.Block("10.64.16.0/20", "127.64.16.0/20")));

  @Test
  void namedTwinsComeBeforeBlocks() {
    assertThat(map.twin("10.1.0.9")).isEqualTo("127.9.9.9");
    assertThat(map.address("127.9.9.9")).isEqualTo("10.1.0.9");
  }

  @Test
  void aHostHasTheSameNumberInBothNetworks() {
    assertThat(map.twin("10.64.17.3")).isEqualTo("127.64.17.3");
    assertThat(map.address("127.64.17.3")).isEqualTo("10.64.17.3");
    assertThat(map.twin("10.64.31.255")).isEqualTo("127.64.31.255");
  }

  @Test
  void whatIsOutsideIsItsOwnTwin() {
    assertThat(map.twin("10.64.32.0")).isEqualTo("10.64.32.0");
    assertThat(map.twin("10.64.15.255")).isEqualTo("10.64.15.255");
    assertThat(map.twin("host.example.org")).isEqualTo("host.example.org");
    assertThat(AddressMap.IDENTITY.twin("10.64.17.3")).isEqualTo("10.64.17.3");
  }
}
