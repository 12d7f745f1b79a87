package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Credentials;
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
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Makes network, endpoint and machines real by one `up` of the whole plan: machines boot while
/// their configurations are rendered.
/// - Idempotent: by the engine's own state; resources are adopted by their key where a killed run
///   made them.
/// - Limits: [#LIMIT].
/// - Errors: `INFRA_FAILED`, `INFRA_LOCKED`; `CLOUD_OTHER_ACCOUNT`; `CREDENTIALS_ENDING` when the
///   engine was stopped before credentials ended that nobody renewed.
public final class ProvisionInfrastructure
    implements Phase<ProvisionInfrastructure.Input, Provisioned> {
  static final Duration OPEN_LIMIT = Duration.ofMinutes(2);

  /// A cloud's slowest chain (network, load balancer, machines) takes some 6 min; 20 min is a hung
  /// provider.
  static final Duration LIMIT = Duration.ofMinutes(20);

  /// What credentials have to last for when the engine begins: most clouds' slowest chain.
  static final Duration CREDENTIALS_LEAST = Duration.ofMinutes(10);

  /// So long before credentials end the engine is stopped: what it asked of the cloud must end
  /// first.
  static final Duration CREDENTIALS_MARGIN = Duration.ofMinutes(3);

  private static final int RENEWALS_MAX = 100;

  private final Ports ports;

  /// @param tools the toolchain, got since the run began
  public record Input(Prepared prepared, Run.Beside<Map<String, Path>> tools) {}

  ProvisionInfrastructure(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Duration credentialsFor() {
    return CREDENTIALS_LEAST;
  }

  @Override
  public Provisioned run(Input input, PhaseContext context) throws InterruptedException {
    IssuedSecrets secrets = input.prepared().secrets();
    OpenCluster opened = secrets.opened();
    Map<String, Path> tools = input.tools().join();
    Up made = made(input.prepared(), secrets.passphraseFile(), tools, context);
    Platform.Cluster cluster = made.cluster();
    Map<String, Object> outputs = made.outputs();
    Topology topology = opened.platform().topology(cluster, outputs);
    ClusterRecord record = ports.store().find(opened.key()).orElseThrow();
    record.details().set(ClusterFacts.TOPOLOGY, TopologyJson.toJson(topology));
    ports.store().update(record.withEndpoint(topology.endpointUrl()));
    context.log(topology.machines().size() + " machines, endpoint " + topology.endpointUrl());
    String balancer = outputs.get("endpoint") instanceof String text ? text : "";
    return new Provisioned(input.prepared(), topology, balancer);
  }

  /// One `up`, or several where credentials had to be renewed in the middle: the engine has those
  /// that were there when it began.
  private Up made(Prepared prepared, Path passphrase, Map<String, Path> tools, PhaseContext context)
      throws InterruptedException {
    OpenCluster opened = prepared.secrets().opened();
    Platform platform = opened.platform();
    for (int round = 0; ; round++) {
      Platform.Cluster cluster = round == 0 ? opened.cluster() : recorded(opened);
      Optional<Credentials> held = platform.credentials(opened.spec());
      inItsAccount(opened, held);
      Duration limit = limit(held, context.time().now());
      try (Infrastructure infra = platform.infrastructure(cluster, passphrase, tools)) {
        infra.open(OPEN_LIMIT);
        infra.adopt(platform.inventory(cluster), OPEN_LIMIT);
        return up(infra, prepared, cluster, limit, context);
      } catch (SskubaException e) {
        if (round >= RENEWALS_MAX || !renewed(opened, held, e, limit, context)) {
          throw e;
        }
      }
    }
  }

  /// With what the ladder decided meanwhile.
  private Platform.Cluster recorded(OpenCluster opened) {
    return ClusterFacts.of(ports.store().find(opened.key()).orElseThrow(), opened.spec());
  }

  /// Remembers the account that the cluster is in, or refuses another.
  private void inItsAccount(OpenCluster opened, Optional<Credentials> held) {
    ClusterRecord record = ports.store().find(opened.key()).orElseThrow();
    ClusterFacts.requireItsAccount(record, held);
    String account = held.map(Credentials::account).orElse("");
    if (!account.isEmpty() && !record.details().has(ClusterFacts.ACCOUNT)) {
      record.details().put(ClusterFacts.ACCOUNT, account);
      ports.store().update(record);
    }
  }

  private static Duration limit(Optional<Credentials> held, Instant now) {
    return held.flatMap(Credentials::until)
        .map(until -> Duration.between(now, until).minus(CREDENTIALS_MARGIN))
        .filter(left -> left.compareTo(LIMIT) < 0)
        .map(left -> left.isNegative() ? Duration.ZERO : left)
        .orElse(LIMIT);
  }

  /// Whether a failure was of credentials that ended, and there are newer ones by now.
  /// - Errors: `CREDENTIALS_ENDING` where the engine was stopped in time and there are none.
  private static boolean renewed(
      OpenCluster opened,
      Optional<Credentials> before,
      SskubaException failure,
      Duration limit,
      PhaseContext context) {
    Optional<Instant> end = before.flatMap(Credentials::until);
    ProblemCode code = failure.problem().code();
    boolean stopped = code == ProblemCode.INFRA_TIMED_OUT && limit.compareTo(LIMIT) < 0;
    if (end.isEmpty() || !stopped && code != ProblemCode.CLOUD_CREDENTIALS) {
      return false;
    }
    Optional<Credentials> now = opened.platform().credentials(opened.spec());
    if (now.isPresent() && now.get().until().filter(u -> !u.isAfter(end.get())).isEmpty()) {
      context.log(
          "the credentials were renewed"
              + now.get().until().map(u -> " until " + u).orElse("")
              + ": going on");
      return true;
    }
    if (!stopped) {
      return false;
    }
    Problem ending =
        before
            .get()
            .ending("the infrastructure was whole", CREDENTIALS_MARGIN, context.time().now());
    for (String exists : failure.problem().exists()) {
      ending = ending.exists(exists);
    }
    throw new SskubaException(ending, failure);
  }

  private record Up(Platform.Cluster cluster, Map<String, Object> outputs) {}

  /// `up`, and again with the next step of the [Ladder] for machines that the cloud has no capacity
  /// for. Each decision is kept in the record before it is acted on.
  private Up up(
      Infrastructure infra,
      Prepared prepared,
      Platform.Cluster first,
      Duration limit,
      PhaseContext context)
      throws InterruptedException {
    OpenCluster opened = prepared.secrets().opened();
    Ladder ladder = new Ladder(opened.spec());
    Platform.Cluster cluster = first;
    while (true) {
      InfraPlan plan = opened.platform().plan(cluster);
      try {
        Map<String, Object> outputs =
            infra.up(filled(plan, prepared.userData()), context::resource, limit);
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
