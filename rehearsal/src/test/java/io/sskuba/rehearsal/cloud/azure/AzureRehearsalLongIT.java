package io.sskuba.rehearsal.cloud.azure;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.azure.AzureTarget;
import io.sskuba.problem.ProblemCode;
import io.sskuba.rehearsal.cloud.RehearsedExample;
import io.sskuba.rehearsal.cloud.Scenario;
import java.util.List;
import java.util.Map;

/// Simulated Azure.
class AzureRehearsalLongIT extends RehearsedExample {
  AzureRehearsalLongIT() {
    super(new AzureTarget(), new AzureModel(), "azure", "claims-lab", 487);
  }

  @Override
  protected String machine() {
    return Arm.MACHINE;
  }

  @Override
  protected void drifted(Infrastructure.Changes changes) {
    assertThat(changes.update() + changes.replace() + changes.delete()).isZero();
  }

  @Override
  protected List<Map.Entry<Scenario, ProblemCode>> faults() {
    return List.of(
        Map.entry(with(Map.of("publicIPAddresses", 3L)), ProblemCode.CLOUD_QUOTA),
        Map.entry(with(Map.of("vcpus", 16L)), ProblemCode.CLOUD_QUOTA),
        Map.entry(
            with(Map.of(), new Scenario.Fault("create", "*RoleAssignment", "*", "denied", 1, 1)),
            ProblemCode.CLOUD_DENIED),
        Map.entry(
            with(Map.of(), new Scenario.Fault("create", "*VirtualMachine", "*", "expired", 2, 0)),
            ProblemCode.CLOUD_CREDENTIALS));
  }
}
