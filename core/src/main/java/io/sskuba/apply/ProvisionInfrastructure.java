package io.sskuba.apply;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.infra.TopologyJson;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.run.Run;
import io.sskuba.state.ClusterRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// Makes network, endpoint and machines real by one `up` of the whole plan: machines boot while
/// their configurations are rendered.
/// - Idempotent: by the engine's own state; resources are adopted by their key where a killed run
///   made them.
/// - Limits: [#LIMIT].
/// - Errors: `INFRA_FAILED`, `INFRA_LOCKED`.
public final class ProvisionInfrastructure
    implements Phase<ProvisionInfrastructure.Input, Provisioned> {
  static final Duration OPEN_LIMIT = Duration.ofMinutes(2);

  /// A cloud's slowest chain (network, load balancer, machines) takes some 6 min; 20 min is a hung
  /// provider.
  static final Duration LIMIT = Duration.ofMinutes(20);

  private final Ports ports;

  /// @param tools the toolchain, got since the run began
  public record Input(IssuedSecrets secrets, Run.Beside<Map<String, Path>> tools) {}

  ProvisionInfrastructure(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Provisioned run(Input input, PhaseContext context) throws InterruptedException {
    OpenCluster opened = input.secrets().opened();
    Platform.Cluster cluster = opened.cluster();
    Map<String, Path> tools = input.tools().join();
    Map<String, Object> outputs;
    try (Infrastructure infra =
        opened.platform().infrastructure(cluster, input.secrets().passphraseFile(), tools)) {
      infra.open(OPEN_LIMIT);
      infra.adopt(opened.platform().inventory(cluster), OPEN_LIMIT);
      InfraPlan plan = opened.platform().plan(cluster);
      outputs = infra.up(plan, context::resource, LIMIT);
      Platform.Modelled modelled = opened.platform().modelled(plan, "create");
      context.modelled(modelled.full(), modelled.waited());
    }
    Topology topology = opened.platform().topology(cluster, outputs);
    ClusterRecord record = ports.store().find(opened.key()).orElseThrow();
    record.details().set(ClusterFacts.TOPOLOGY, TopologyJson.toJson(topology));
    ports.store().update(record.withEndpoint(topology.endpointUrl()));
    context.log(topology.machines().size() + " machines, endpoint " + topology.endpointUrl());
    return new Provisioned(input.secrets(), topology);
  }
}
