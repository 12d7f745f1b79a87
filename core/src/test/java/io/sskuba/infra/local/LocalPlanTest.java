package io.sskuba.infra.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Topology;
import io.sskuba.infra.pulumi.PulumiYaml;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.testkit.Golden;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LocalPlanTest {
  private static final ResourceTags TAGS =
      new ResourceTags(
          "demo.sskuba.test",
          "c-7f3a",
          "ada",
          "01JB4Z",
          Instant.parse("2026-01-02T03:04:05Z"),
          false,
          Map.of("team", "blue"));

  private static ClusterSpec example() {
    return LocalSpecs.spec(
        1,
        LocalSpecs.pool("general", 2, null),
        LocalSpecs.pool("gpu", 1, new ClusterSpec.Gpu("nvidia", 1)));
  }

  @Test
  void addressesFollowTheSlot() {
    assertThat(LocalNetwork.of(0).cidr()).isEqualTo("10.64.0.0/20");
    assertThat(LocalNetwork.of(0).twinCidr()).isEqualTo("127.64.0.0/20");
    assertThat(LocalNetwork.of(0).endpoint()).isEqualTo("10.64.0.1");
    assertThat(LocalNetwork.of(17).cidr()).isEqualTo("10.65.16.0/20");
    assertThat(LocalNetwork.of(17).endpointTwin()).isEqualTo("127.65.16.1");
    assertThat(LocalNetwork.of(511).cidr()).isEqualTo("10.95.240.0/20");
    assertThat(LocalNetwork.of(511).address(4094)).isEqualTo("10.95.255.254");
    assertThat(LocalNetwork.of(3).address(300)).isEqualTo("10.64.49.44");
    assertThatThrownBy(() -> LocalNetwork.of(512)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LocalNetwork.of(0).address(4095))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNetworkOfTheFileKeepsTheSlotsTwins() {
    LocalNetwork network = LocalNetwork.of(5, "192.168.7.0/24");
    assertThat(network.endpoint()).isEqualTo("192.168.7.1");
    assertThat(network.endpointTwin()).isEqualTo("127.64.80.1");
    assertThat(network.hostMax()).isEqualTo(254);
    assertThatThrownBy(() -> LocalNetwork.of(5, "192.168.7.1/24"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void addressesStayWhenOthersComeAndGo() {
    LocalNetwork network = LocalNetwork.of(0);
    Map<String, Integer> first = LocalPlan.indexes(example(), network, Map.of());
    assertThat(first)
        .containsExactly(
            Map.entry("demo-control-plane-1", 0),
            Map.entry("demo-general-1", 1),
            Map.entry("demo-general-2", 2),
            Map.entry("demo-gpu-1", 3));
    ClusterSpec fewer =
        LocalSpecs.spec(
            1,
            LocalSpecs.pool("general", 1, null),
            LocalSpecs.pool("extra", 1, null),
            LocalSpecs.pool("gpu", 1, null));
    Map<String, Integer> second = LocalPlan.indexes(fewer, network, first);
    assertThat(second)
        .containsEntry("demo-general-1", 1)
        .containsEntry("demo-gpu-1", 3)
        .doesNotContainKey("demo-general-2");
    // The address of the machine that is leaving is not given away yet.
    assertThat(second).containsEntry("demo-extra-1", 4);
    Map<String, Integer> third = LocalPlan.indexes(example(), network, second);
    assertThat(third).containsEntry("demo-general-2", 2).containsEntry("demo-gpu-1", 3);
  }

  @Test
  void refusesMoreMachinesThanAddresses() {
    LocalNetwork small = LocalNetwork.of(0, "10.0.0.0/29");
    Map<String, Integer> known = new HashMap<>();
    assertThatThrownBy(
            () ->
                LocalPlan.indexes(
                    LocalSpecs.spec(1, LocalSpecs.pool("general", 6, null)), small, known))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("demo-general-5");
  }

  @Test
  void topologySaysWhatThePlanMakes() {
    LocalNetwork network = LocalNetwork.of(1);
    Map<String, Integer> indexes = LocalPlan.indexes(example(), network, Map.of());
    Topology topology = LocalPlan.topology(example(), network, indexes);
    assertThat(topology.endpointUrl()).isEqualTo("https://10.64.16.1:6443");
    assertThat(topology.machines().getFirst().name()).isEqualTo("demo-control-plane-1");
    assertThat(topology.addresses().twin("10.64.16.3")).isEqualTo("127.64.16.3");
    InfraPlan plan = LocalPlan.of(example(), TAGS, network, indexes);
    List<Object> made =
        plan.resources().stream()
            .filter(r -> r.type().equals(LocalPlan.MACHINE))
            .map(r -> r.inputs().get("address"))
            .toList();
    assertThat(made)
        .isEqualTo(topology.machines().stream().map(m -> (Object) m.address()).toList());
    assertThat(plan.resources().getFirst().type()).isEqualTo(LocalPlan.HOST);
  }

  @Test
  void printsAsPulumiYaml() {
    LocalNetwork network = LocalNetwork.of(0);
    InfraPlan plan =
        LocalPlan.of(example(), TAGS, network, LocalPlan.indexes(example(), network, Map.of()));
    Golden.assertMatches(
        "pulumi/local.yaml", PulumiYaml.print(plan, "sskuba", Map.of("sskuba", "1.0.0"), Map.of()));
  }
}
