package io.sskuba.infra.aws;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.types.TypeCatalog;
import io.sskuba.infra.types.TypeCheck;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/// Every plan that the options of the file can make, against the published types.
class AwsTypesTest {
  private static final AwsTarget TARGET = new AwsTarget();

  @Test
  void everyPlanFitsThePublishedTypes(TestReporter reporter) {
    TreeSet<String> used = new TreeSet<>();
    int resources = 0;
    int properties = 0;
    for (Map.Entry<String, String> file : AwsFiles.all().entrySet()) {
      InfraPlan plan = TARGET.plan(AwsFiles.cluster(file.getValue()));
      TypeCheck.Report report = TypeCheck.report(plan);
      assertThat(report.problems()).as(file.getKey()).isEmpty();
      resources += report.resources();
      properties += report.properties();
      plan.resources().forEach(r -> used.add(r.type()));
    }
    TypeCatalog catalog = TypeCatalog.of("aws");
    assertThat(used).as("types in use").isEqualTo(new TreeSet<>(catalog.types().keySet()));
    assertThat(catalog.version()).isEqualTo(AwsTarget.VERSION);
    // Counted 2026-11: so many that a check that checks nothing would be seen.
    assertThat(resources).as("resources checked").isGreaterThan(1500);
    assertThat(properties).as("properties checked").isGreaterThan(20_000);
    reporter.publishEntry(
        Map.of(
            "plans", String.valueOf(AwsFiles.all().size()),
            "types", String.valueOf(used.size()),
            "resources", String.valueOf(resources),
            "properties", String.valueOf(properties)));
  }

  @Test
  void plantedMistakesAreFound() {
    InfraPlan plan = TARGET.plan(AwsFiles.cluster(AwsFiles.all().get("3 control planes")));
    String machine = "demo-control-plane-1";
    assertThat(with(plan, machine, "instanceTpye", "m7i.xlarge"))
        .containsExactly(machine + ".instanceTpye: unknown property; did you mean instanceType?");
    assertThat(with(plan, machine, "associatePublicIpAddress", "yes"))
        .containsExactly(machine + ".associatePublicIpAddress: takes boolean, not \"yes\"");
    assertThat(with(plan, "public-ap-southeast-2a", "vpcId", null))
        .containsExactly("public-ap-southeast-2a.vpcId: required, and not given");
    assertThat(with(plan, machine, "tenancy", "dedicate"))
        .hasSize(1)
        .allMatch(p -> p.contains("did you mean dedicated?"));
    assertThat(with(plan, machine, "subnetId", new InfraPlan.Ref("vpc", "subnetId"))).hasSize(1);
  }

  private static List<String> with(
      InfraPlan plan,
      String name,
      String property,
      @org.jspecify.annotations.Nullable Object value) {
    List<Resource> resources = new ArrayList<>();
    for (Resource resource : plan.resources()) {
      Map<String, Object> inputs = new HashMap<>(resource.inputs());
      if (resource.name().equals(name)) {
        if (value == null) {
          inputs.remove(property);
        } else {
          inputs.put(property, value);
        }
      }
      resources.add(new Resource(resource.type(), resource.name(), inputs, resource.dependsOn()));
    }
    return TypeCheck.problems(new InfraPlan(resources, plan.outputs()));
  }
}
