package io.sskuba.rehearsal.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LongestChainTest {
  private static final String PROGRAM =
      """
      resources:
        net: {type: "x:a:Net"}
        lb: {type: "x:a:Balancer", properties: {subnets: ["${net.id}"]}}
        vm:
          type: x:a:Machine
          properties: {nested: {list: ["in ${net.id}, not $${lb.id}"]}}
        name: {type: "x:a:Name", properties: {alias: "${lb.dnsName}"}, options: {dependsOn: ["${vm}"]}}
      """;

  private static LongestChain with(double machine, double balancer) {
    return new LongestChain(
        PROGRAM,
        Map.of(
            "x:a:Net create", 10.0,
            "x:a:Machine create", machine,
            "x:a:Machine boot", 5.0,
            "x:a:Balancer create", balancer,
            "x:a:Balancer healthy", 4.0,
            "x:a:Name create", 2.0,
            "x:a:Machine delete", 30.0,
            "x:a:Name delete", 3.0));
  }

  @Test
  void whatAMachineIsNeededForWaitsForItsBoot() {
    var chain = with(20, 1).create();
    assertThat(chain.seconds()).isEqualTo(10 + 20 + 5 + 4);
    assertThat(chain.names()).containsExactly("net", "vm", "vm boots", "lb healthy");
  }

  @Test
  void aSlowBalancerIsWaitedForInstead() {
    assertThat(with(20, 50).create().seconds()).isEqualTo(10 + 50 + 4);
  }

  @Test
  void deletionGoesTheOtherWayAndWhatNoLineNamesTakesASecond() {
    var chain = with(20, 1).delete();
    assertThat(chain.seconds()).isEqualTo(3 + 30 + 1);
    assertThat(chain.names()).containsExactly("name", "vm", "net");
  }
}
