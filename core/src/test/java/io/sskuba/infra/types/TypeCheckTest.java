package io.sskuba.infra.types;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Concat;
import io.sskuba.infra.InfraPlan.Lookup;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.InfraPlan.Secret;
import io.sskuba.io.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TypeCheckTest {
  private static final String NETWORK = "testcloud:net/network:Network";
  private static final String MACHINE = "testcloud:net/machine:Machine";

  private static List<String> machine(Map<String, Object> more) {
    Map<String, Object> inputs = new HashMap<>(Map.of("network", new Ref("net", "id")));
    inputs.putAll(more);
    return TypeCheck.problems(
        new InfraPlan(
            List.of(
                new Resource(NETWORK, "net", Map.of("cidr", "10.0.0.0/16"), List.of()),
                new Resource(MACHINE, "m", inputs, List.of("net"))),
            Map.of("arn", new Ref("net", "arn"))));
  }

  @Test
  void acceptsWhatFits() {
    TypeCheck.Report report =
        TypeCheck.report(
            new InfraPlan(
                List.of(
                    new Resource(
                        NETWORK,
                        "net",
                        Map.of(
                            "cidr",
                            "10.0.0.0/16",
                            "mode",
                            "flat",
                            "mtu",
                            9001L,
                            "tags",
                            Map.of("a", "b")),
                        List.of()),
                    new Resource(
                        MACHINE,
                        "m",
                        Map.of(
                            "network", new Secret(new Ref("net", "id")),
                            "disk", Map.of("size", 20.0, "kind", "fast"),
                            "image",
                                new Lookup("testcloud:net/image:image", Map.of("owner", "1"), "id"),
                            "public", true,
                            "ports", new Ref("net", "ports")),
                        List.of())),
                Map.of("door", Concat.of(new Ref("m", "address"), ":", 50000))));
    assertThat(report.problems()).isEmpty();
    assertThat(report.resources()).isEqualTo(2);
    assertThat(report.properties()).isGreaterThan(10);
  }

  @Test
  void findsMisspellingsAndNamesTheNearest() {
    assertThat(machine(Map.of("pubilc", true)))
        .containsExactly("m.pubilc: unknown property; did you mean public?");
    assertThat(machine(Map.of("disk", Map.of("size", 1, "knid", "fast"))))
        .containsExactly("m.disk.knid: unknown property; did you mean kind?");
    assertThat(TypeCheck.problems("testcloud:net/netwrok:Network", Map.of()))
        .containsExactly(
            "testcloud:net/netwrok:Network: unknown type testcloud:net/netwrok:Network;"
                + " did you mean "
                + NETWORK
                + "?");
    assertThat(TypeCheck.problems("nocloud:a:B", Map.of()))
        .containsExactly("nocloud:a:B: no published types of package nocloud");
  }

  @Test
  void findsWrongTypes() {
    assertThat(machine(Map.of("public", "true")))
        .containsExactly("m.public: takes boolean, not \"true\"");
    assertThat(machine(Map.of("disk", Map.of("size", 1.5))))
        .containsExactly("m.disk.size: takes integer, not 1.5");
    assertThat(machine(Map.of("image", 7))).containsExactly("m.image: takes string, not 7");
    assertThat(machine(Map.of("ports", List.of(1, "2"))))
        .containsExactly("m.ports[1]: takes integer, not \"2\"");
    assertThat(machine(Map.of("ports", 80)))
        .containsExactly("m.ports: takes array of integer, not 80");
    assertThat(machine(Map.of("disk", List.of())))
        .containsExactly("m.disk: takes object of testcloud:net/Disk, not a list");
    assertThat(machine(Map.of("image", new Secret(3)))).hasSize(1);
  }

  @Test
  void findsWhatIsMissing() {
    assertThat(TypeCheck.problems(MACHINE, Map.of("disk", Map.of("kind", "slow"))))
        .containsExactlyInAnyOrder(
            MACHINE + ".network: required, and not given",
            MACHINE + ".disk.size: required, and not given");
  }

  @Test
  void findsStringsOutsideAnEnumeration() {
    assertThat(machine(Map.of("disk", Map.of("size", 1, "kind", "fats"))))
        .containsExactly("m.disk.kind: \"fats\" is not one of fast, slow; did you mean fast?");
  }

  @Test
  void findsBadReferences() {
    assertThat(machine(Map.of("image", new Ref("nett", "id"))))
        .containsExactly(
            "m.image: refers to nett, which is not an earlier resource; did you mean net?");
    assertThat(machine(Map.of("image", new Ref("net", "arm"))))
        .containsExactly("m.image: net has no output arm; did you mean arn?");
    assertThat(machine(Map.of("image", new Ref("net", "ports"))))
        .containsExactly("m.image: takes string, not net.ports: array of integer");
    assertThat(machine(Map.of("image", new Ref("net", "tags[\"a\"]")))).isEmpty();
    assertThat(machine(Map.of("image", Concat.of("a", new Ref("net", "arm"))))).hasSize(1);
    assertThat(
            TypeCheck.problems(
                new InfraPlan(
                    List.of(new Resource(NETWORK, "net", Map.of("cidr", "a"), List.of("other"))),
                    Map.of("x", Map.of("y", new Ref("net", "adress"))))))
        .containsExactly(
            "net: depends on other, which is not an earlier resource",
            "outputs[\"x\"][\"y\"]: net has no output adress");
  }

  @Test
  void findsBadLookups() {
    assertThat(machine(Map.of("image", new Lookup("testcloud:net/image:image", Map.of(), "size"))))
        .containsExactly(
            "m.image(testcloud:net/image:image).owner: required, and not given",
            "m.image: takes string, not size: integer");
    assertThat(machine(Map.of("image", new Lookup("testcloud:net/imag:image", Map.of(), "id"))))
        .hasSize(1);
  }

  @Test
  void refusesACatalogueWithHoles() {
    assertThatThrownBy(
            () ->
                TypeCatalog.parse(
                    Json.parse(
                        """
                        {"package": "x", "types": {"x:a:B": {"inputs":
                          {"p": {"type": "array", "items": {"type": "object", "ref": "x:C"}}}}}}
                        """)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("x:C");
    assertThatThrownBy(
            () ->
                TypeCatalog.parse(
                    Json.parse(
                        "{\"types\": {\"x:a:B\": {\"inputs\": {\"p\": {\"type\": \"text\"}}}}}")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
