package io.sskuba.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.InfraPlan;
import io.sskuba.io.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanDifferencesTest {
  private static final String PLAN =
      """
      {"resources": [
         {"op": "same", "type": "a:Net", "name": "net", "inputs": {"cidr": "10.0.0.0/16"}, "diff": []},
         {"op": "create", "type": "a:Vm", "name": "vm-1", "inputs": {"size": 2}, "diff": []},
         {"op": "replace", "type": "a:Vm", "name": "vm-2", "inputs": {"size": 2}, "diff": ["size"]}],
       "drift": [{"kind": "gone", "type": "a:Vm", "name": "vm-1", "happened": "gone"}],
       "record": [],
       "machines": [{"name": "vm-1", "role": "worker", "configDigest": "sha256:aa"}],
       "base": {"clusterId": "c1", "resources": [
         {"type": "a:Net", "name": "net", "id": "n1", "digest": "sha256:01"}]},
       "allotment": {"slot": 0},
       "tools": {"pulumi": "3.259.0"}}
      """;

  private static ObjectNode plan() {
    return (ObjectNode) Json.parse(PLAN);
  }

  private static ObjectNode with(String was, String now) {
    assertThat(PLAN).contains(was);
    return (ObjectNode) Json.parse(PLAN.replace(was, now));
  }

  private static List<String> between(String was, String now) {
    return PlanDifferences.between(plan(), with(was, now));
  }

  @Test
  void theSameIsNoDifferenceWhateverItsOrder() {
    assertThat(PlanDifferences.between(plan(), plan())).isEmpty();
    assertThat(between("{\"size\": 2}, \"diff\": []", "{\"size\": 2 }, \"diff\": [ ]")).isEmpty();
  }

  /// Each part of the world that a plan speaks of, changed alone: none is passed over.
  @Test
  void everyPartCounts() {
    assertThat(between("10.0.0.0/16", "10.9.0.0/16"))
        .containsExactly("a:Net net: inputs.cidr: was \"10.0.0.0/16\", now \"10.9.0.0/16\"");
    assertThat(between("\"op\": \"same\"", "\"op\": \"update\""))
        .containsExactly("a:Net net: planned same, now update");
    assertThat(between("\"name\": \"vm-2\"", "\"name\": \"vm-3\""))
        .containsExactly(
            "a:Vm vm-2: planned replace, now nothing", "a:Vm vm-3: planned nothing, now replace");
    assertThat(between("[\"size\"]", "[\"image\"]")).hasSize(1);
    assertThat(between("\"happened\": \"gone\"}", "\"happened\": \"gone\", \"x\": 1}")).hasSize(2);
    assertThat(between("\"record\": []", "\"record\": [{\"path\": \"metadata.owner\"}]"))
        .hasSize(1);
    assertThat(between("sha256:aa", "sha256:bb")).hasSize(1);
    assertThat(between("\"c1\"", "\"c2\""))
        .containsExactly("base.clusterId: was \"c1\", now \"c2\"");
    assertThat(between("sha256:01", "sha256:02"))
        .containsExactly("a:Net net: digest: was \"sha256:01\", now \"sha256:02\"");
    assertThat(between("\"slot\": 0", "\"slot\": 1"))
        .containsExactly("allotment: slot: was 0, now 1");
    assertThat(between("3.259.0", "3.260.0")).hasSize(1);
  }

  @Test
  void aRunThatBeganMayFinishButDoNoMore() {
    assertThat(PlanDifferences.beyond(plan(), plan())).isEmpty();
    assertThat(PlanDifferences.beyond(plan(), with("\"op\": \"create\"", "\"op\": \"same\"")))
        .isEmpty();
    assertThat(PlanDifferences.beyond(plan(), with("\"op\": \"replace\"", "\"op\": \"create\"")))
        .isEmpty();
    assertThat(PlanDifferences.beyond(plan(), with("\"op\": \"same\"", "\"op\": \"replace\"")))
        .containsExactly("a:Net net: planned same, now replace");
    assertThat(PlanDifferences.beyond(plan(), with("\"op\": \"create\"", "\"op\": \"delete\"")))
        .containsExactly("a:Vm vm-1: planned create, now delete");
    assertThat(PlanDifferences.beyond(plan(), with("\"vm-2\"", "\"vm-9\"")))
        .containsExactly("a:Vm vm-9: planned nothing, now replace of size");
    ObjectNode changed = plan();
    changed
        .withArray("drift")
        .addObject()
        .put("kind", "changed")
        .put("type", "a:Net")
        .put("name", "net")
        .put("happened", "cidr: was 1, now 2");
    assertThat(PlanDifferences.beyond(plan(), changed))
        .containsExactly("a:Net net: cidr: was 1, now 2");
  }

  @Test
  void aPlansInputsHoldReferencesAndNoSecret() {
    Map<String, Object> shown =
        PlanValues.shown(
            Map.of(
                "network", new InfraPlan.Ref("net", "id"),
                "userData", new InfraPlan.Secret("hunter2"),
                "list", List.of(Map.of("deep", new InfraPlan.Secret("hunter2"))),
                "url", InfraPlan.Concat.of("https://", new InfraPlan.Ref("lb", "dns"), ":6443"),
                "joined", InfraPlan.Concat.of("token=", new InfraPlan.Secret("hunter2"))));
    assertThat(shown.toString()).doesNotContain("hunter2");
    assertThat(shown)
        .containsEntry("network", "${net.id}")
        .containsEntry("url", "https://${lb.dns}:6443")
        .containsEntry("userData", "[secret]")
        .containsEntry("joined", "[secret]");
  }
}
