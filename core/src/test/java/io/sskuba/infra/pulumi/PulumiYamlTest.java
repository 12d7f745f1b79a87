package io.sskuba.infra.pulumi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.InfraPlan.Secret;
import io.sskuba.io.Yaml;
import io.sskuba.testkit.Golden;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PulumiYamlTest {
  private static InfraPlan plan() {
    return new InfraPlan(
        List.of(
            new Resource("aws:ec2/vpc:Vpc", "vpc", Map.of("cidrBlock", "10.0.0.0/16"), List.of()),
            new Resource(
                "aws:ec2/instance:Instance",
                "1.strange name",
                Map.of(
                    "userData",
                    new Secret("the-secret-value"),
                    "price",
                    "costs $5",
                    "script",
                    "echo ${HOME} and $$ and $1",
                    "nested",
                    Map.of(
                        "vpc",
                        new Ref("vpc", "id"),
                        "first",
                        List.of(new Ref("vpc", "tags[\"a.b\"]"), 3, true))),
                List.of("vpc"))),
        Map.of("ip", new Ref("1.strange name", "addresses[0].public"), "a", "b"));
  }

  @Test
  void printsReferencesEscapesAndOptions() {
    String text = PulumiYaml.print(plan(), "sskuba", Map.of("aws", "6.83.0"), Map.of());
    assertThat(text).doesNotContain("the-secret-value");
    Golden.assertMatches("pulumi/references.yaml", text);
  }

  @Test
  void printsTextsOfPartsAndLookups() {
    InfraPlan plan =
        new InfraPlan(
            List.of(
                new Resource("a:b:C", "one", Map.of(), List.of()),
                new Resource(
                    "a:b:C",
                    "two",
                    Map.of(
                        "door",
                        InfraPlan.Concat.of("$", new Ref("one", "ip"), ":", 50000),
                        "image",
                        new InfraPlan.Lookup("a:b:image", Map.of("owner", "$$1"), "id")),
                    List.of())),
            Map.of());
    assertThat(PulumiYaml.print(plan, "sskuba", Map.of("a", "1.2.3"), Map.of()))
        .contains("$$${one.ip}:50000")
        .containsPattern("fn::invoke[^:]*:")
        .contains("function: a:b:image", "return: id", "version: \"1.2.3\"", "$$$$1");
    assertThat(Lookups.paths(plan.resources().getLast().inputs())).containsExactly("image");
  }

  @Test
  void isDeterministic() {
    assertThat(PulumiYaml.print(plan(), "sskuba", Map.of(), Map.of()))
        .isEqualTo(PulumiYaml.print(plan(), "sskuba", Map.of(), Map.of()));
  }

  @Test
  void quotesWhatReadersDisagreeOn() {
    Map<String, Object> tricky =
        Map.of(
            "a", "2026-01-02T03:04:05Z",
            "b", "yes",
            "c", "0x1f",
            "d", "line\nbreak: \"x\"",
            "e", List.of(List.of(1, 2), Map.of("k", List.of()), Map.of()),
            "f", "# no comment",
            "g", "1_000",
            "h", "");
    InfraPlan plan =
        new InfraPlan(List.of(new Resource("a:b:C", "one", tricky, List.of())), Map.of());
    String text = PulumiYaml.print(plan, "p", Map.of(), Map.of());
    assertThat(text).contains("a: \"2026-01-02T03:04:05Z\"").contains("b: \"yes\"");
    Object read = Yaml.load(text);
    assertThat(read)
        .extracting("resources")
        .extracting("one")
        .extracting("properties")
        .isEqualTo(tricky);
  }

  @Test
  void refusesAReferenceToNothing() {
    InfraPlan broken =
        new InfraPlan(
            List.of(new Resource("a:b:C", "one", Map.of("x", new Ref("two", "id")), List.of())),
            Map.of());
    assertThatThrownBy(() -> PulumiYaml.print(broken, "p", Map.of(), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two");
  }
}
