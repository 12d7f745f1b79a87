package io.sskuba.rehearsal.cloud.aws;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.aws.AwsTarget;
import io.sskuba.problem.ProblemCode;
import io.sskuba.rehearsal.cloud.RehearsedExample;
import io.sskuba.rehearsal.cloud.Scenario;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Simulated AWS.
class AwsRehearsalLongIT extends RehearsedExample {
  AwsRehearsalLongIT() {
    super(new AwsTarget(), new AwsModel(), "aws", "fraud-lab", 489);
  }

  @Override
  protected String machine() {
    return Aws.INSTANCE;
  }

  @Override
  protected void drifted(Infrastructure.Changes changes) {
    // Its three targets (80, 443, its door) are of the instance that is gone.
    assertThat(changes.replace()).isEqualTo(3);
    assertThat(changes.update() + changes.delete()).isZero();
  }

  @Override
  protected List<Map.Entry<Scenario, ProblemCode>> faults() {
    return List.of(
        Map.entry(with(Map.of("elasticIps", 0L)), ProblemCode.CLOUD_QUOTA),
        Map.entry(with(Map.of("vcpus", 16L)), ProblemCode.CLOUD_QUOTA),
        Map.entry(
            with(Map.of(), new Scenario.Fault("create", "*RolePolicy", "*", "denied", 1, 1)),
            ProblemCode.CLOUD_DENIED),
        Map.entry(
            with(Map.of(), new Scenario.Fault("create", "*:Instance", "*", "expired", 2, 0)),
            ProblemCode.CLOUD_CREDENTIALS),
        Map.entry(
            new Scenario(
                1,
                Duration.ZERO,
                0,
                Map.of(),
                List.of(new Scenario.Shortage("g6.2xlarge", "")),
                List.of(),
                List.of(),
                List.of()),
            ProblemCode.CLOUD_CAPACITY));
  }
}
