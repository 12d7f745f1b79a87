package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Topology;
import io.sskuba.io.Json;
import io.sskuba.problem.ProblemCode;
import io.sskuba.run.Mutation;
import io.sskuba.run.PhaseContext;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import io.sskuba.wait.Observation;
import java.time.Duration;

/// Bootstraps etcd on the first control plane, exactly once in a cluster's life.
/// - Idempotent: it probes the member list first; `etcd data directory is not empty` means that it
///   was done. The machine is always the same one, so that a rerun can never make a second cluster.
/// - Limits: [#LIMIT].
/// - Errors: `ETCD_UNHEALTHY` with the machine's last answer.
/// - Source: Talos v1.13 machine API, rpc Bootstrap.
public final class BootstrapEtcd implements Mutation<Rendered, Rendered> {
  static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration PROBE = Duration.ofSeconds(2);
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final Duration INTERVAL = Duration.ofMillis(50);
  private final Ports ports;

  BootstrapEtcd(Ports ports) {
    this.ports = ports;
  }

  @Override
  public String digest(Rendered input) {
    return input.opened().record().clusterId();
  }

  @Override
  public JsonNode encode(Rendered output) {
    return Json.object().put("machine", output.topology().controlPlanes().getFirst().name());
  }

  @Override
  public Rendered decode(JsonNode journalled, Rendered input) {
    return input;
  }

  /// The data is the proof: a machine that has none would have to be bootstrapped, and [#run]
  /// probes for it.
  @Override
  public boolean stillThere(Rendered output, Rendered input, PhaseContext context) {
    return false;
  }

  @Override
  public Rendered run(Rendered rendered, PhaseContext context) throws InterruptedException {
    TalosNodes nodes = ports.talos().apply(rendered.topology().addresses());
    Topology.Machine first = rendered.topology().controlPlanes().getFirst();
    String how =
        context.await(
            "etcd to be bootstrapped on " + first.name(),
            LIMIT,
            INTERVAL,
            ProblemCode.ETCD_UNHEALTHY,
            () -> bootstrapped(nodes, first, rendered.configs().talosconfig()));
    context.log(how);
    return rendered;
  }

  private static Observation<String> bootstrapped(
      TalosNodes nodes, Topology.Machine machine, String talosconfig) {
    try (TalosNode node = nodes.secure(machine.address(), talosconfig)) {
      if (isMember(node)) {
        return Observation.met("etcd was bootstrapped already");
      }
      node.bootstrap(CALL);
      return Observation.met("etcd bootstrapped on " + machine.name());
    } catch (TalosCallException e) {
      if (e.status().equals("ALREADY_EXISTS")) {
        return Observation.met("etcd was bootstrapped already");
      }
      return Observation.notYet(e.status() + ": " + e.text());
    }
  }

  /// Talos answers a member list only when etcd runs, and hangs otherwise: so the services are
  /// asked first.
  private static boolean isMember(TalosNode node) {
    boolean runs =
        node.services(CALL).stream()
            .anyMatch(s -> s.id().equals("etcd") && s.state().equals("Running"));
    if (!runs) {
      return false;
    }
    try {
      return !node.etcdMembers(PROBE).isEmpty();
    } catch (TalosCallException e) {
      return false;
    }
  }
}
