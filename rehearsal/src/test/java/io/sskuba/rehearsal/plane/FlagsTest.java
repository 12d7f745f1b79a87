package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FlagsTest {
  @Test
  void mergesAsTalosDoes() {
    Flags flags = new Flags().set("a", "1,2").set("b", "x");
    flags.merge(
        Map.of("a", "2,3", "b", "y", "c", List.of("1", "2")), Set.of("denied"), Set.of("a"));
    assertThat(flags.arguments()).containsExactly("--a=1,2,3", "--b=y", "--c=1", "--c=2");
  }

  @Test
  void refusesWhatTalosKeeps() {
    assertThatThrownBy(
            () -> new Flags().merge(Map.of("etcd-servers", "x"), Set.of("etcd-servers"), Set.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("etcd-servers");
  }

  @Test
  void taintsAndSubnets() {
    assertThat(NodeAccess.taint("k=v:NoExecute").toString())
        .isEqualTo("{\"key\":\"k\",\"value\":\"v\",\"effect\":\"NoExecute\"}");
    assertThat(NodeAccess.taint("k=:NoSchedule").toString())
        .isEqualTo("{\"key\":\"k\",\"effect\":\"NoSchedule\"}");
    assertThat(PlaneFiles.firstAddress("10.96.0.0/12")).isEqualTo("10.96.0.1");
    assertThat(PlaneFiles.firstAddress("10.99.3.0/12")).isEqualTo("10.96.0.1");
  }
}
