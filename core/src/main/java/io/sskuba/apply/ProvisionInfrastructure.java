package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.infra.TopologyJson;
import io.sskuba.infra.UserData;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.run.Run;
import io.sskuba.state.ClusterRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
  public record Input(Prepared prepared, Run.Beside<Map<String, Path>> tools) {}

  ProvisionInfrastructure(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Provisioned run(Input input, PhaseContext context) throws InterruptedException {
    IssuedSecrets secrets = input.prepared().secrets();
    OpenCluster opened = secrets.opened();
    Platform.Cluster cluster = opened.cluster();
    Map<String, Path> tools = input.tools().join();
    Map<String, Object> outputs;
    try (Infrastructure infra =
        opened.platform().infrastructure(cluster, secrets.passphraseFile(), tools)) {
      infra.open(OPEN_LIMIT);
      infra.adopt(opened.platform().inventory(cluster), OPEN_LIMIT);
      Up made = up(infra, input.prepared(), cluster, context);
      outputs = made.outputs();
      cluster = made.cluster();
    }
    Topology topology = opened.platform().topology(cluster, outputs);
    ClusterRecord record = ports.store().find(opened.key()).orElseThrow();
    record.details().set(ClusterFacts.TOPOLOGY, TopologyJson.toJson(topology));
    ports.store().update(record.withEndpoint(topology.endpointUrl()));
    context.log(topology.machines().size() + " machines, endpoint " + topology.endpointUrl());
    String balancer = outputs.get("endpoint") instanceof String text ? text : "";
    return new Provisioned(input.prepared(), topology, balancer);
  }

  private record Up(Platform.Cluster cluster, Map<String, Object> outputs) {}

  /// `up`, and again with the next step of the [Ladder] for machines that the cloud has no capacity
  /// for. Each decision is kept in the record before it is acted on.
  private Up up(
      Infrastructure infra, Prepared prepared, Platform.Cluster first, PhaseContext context)
      throws InterruptedException {
    OpenCluster opened = prepared.secrets().opened();
    Ladder ladder = new Ladder(opened.spec());
    Platform.Cluster cluster = first;
    while (true) {
      InfraPlan plan = opened.platform().plan(cluster);
      try {
        Map<String, Object> outputs =
            infra.up(filled(plan, prepared.userData()), context::resource, LIMIT);
        Platform.Modelled modelled = opened.platform().modelled(plan, "create");
        context.modelled(modelled.full(), modelled.waited());
        return new Up(cluster, outputs);
      } catch (SskubaException e) {
        if (e.problem().code() != ProblemCode.CLOUD_CAPACITY) {
          throw Offers.rehearsal(e, opened.loaded());
        }
        Choices now = Choices.of(cluster.allotment());
        if (opened.loaded().plan() != null) {
          throw new SskubaException(
              e.problem().fact("plan", "a signed plan names one type and zone; no other was tried"),
              e);
        }
        Set<String> without = named(opened, e.problem());
        Choices next = without.isEmpty() ? null : ladder.next(now, without).orElse(null);
        if (next == null) {
          throw new SskubaException(
              e.problem().fact("tried", "every type and zone that the file allows"), e);
        }
        for (String machine : without) {
          context.log(
              "no capacity for "
                  + machine
                  + ": now "
                  + next.types().getOrDefault(machine, "the same type")
                  + " in "
                  + next.zones().getOrDefault(machine, "the same zone"));
        }
        cluster = decided(opened, cluster, next);
      }
    }
  }

  /// The engine has the configurations for as long as it runs.
  private static InfraPlan filled(InfraPlan plan, Map<String, String> userData) {
    return userData.isEmpty() ? plan : UserData.fill(plan, UserData.bytes(userData));
  }

  /// The machines that a failure speaks of.
  private static Set<String> named(OpenCluster opened, Problem problem) {
    Set<String> words = new HashSet<>(List.of(problem.summary().split("[ :]+", -1)));
    problem.facts().forEach(f -> words.addAll(List.of(f.value().split("[ :]+", -1))));
    Set<String> machines = new LinkedHashSet<>(opened.platform().machineNames(opened.cluster()));
    machines.retainAll(words);
    return machines;
  }

  private Platform.Cluster decided(OpenCluster opened, Platform.Cluster cluster, Choices next) {
    ObjectNode allotment = cluster.allotment().deepCopy();
    allotment.set(Choices.KEY, next.toJson());
    ClusterRecord record = ports.store().find(opened.key()).orElseThrow();
    record.details().set(ClusterFacts.ALLOTMENT, allotment);
    ports.store().update(record);
    return new Platform.Cluster(
        cluster.spec(), cluster.key(), cluster.clusterId(), allotment, cluster.tags());
  }
}
