package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Topology;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Mutation;
import io.sskuba.run.PhaseContext;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import io.sskuba.wait.Deadline;
import io.sskuba.wait.Observation;
import java.time.Duration;
import java.util.List;

/// Bootstraps etcd on the first control plane, exactly once in a cluster's life.
/// - Idempotent: it asks every control plane first whether it is a member, so that a machine which
///   was wiped and joins again is never made the beginning of a second cluster; `etcd data
///   directory is not empty` means that it was done. A cluster whose kubeconfig was handed out once
///   had its etcd, and is never bootstrapped again.
/// - Limits: [#LIMIT]; [#LOST_AFTER] for the data of a cluster that had some to show itself.
/// - Errors: `ETCD_UNHEALTHY` with the machine's last answer; `ETCD_LOST`; `PEER_DIED` where etcd
///   dies at each start; `HOST_DEAD`.
/// - Source: Talos v1.13 machine API, rpc Bootstrap.
public final class BootstrapEtcd implements Mutation<Rendered, Rendered> {
  static final Duration LIMIT = Duration.ofMinutes(5);

  /// Etcd of a machine that restarts runs within seconds.
  static final Duration LOST_AFTER = Duration.ofSeconds(30);

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
    List<Topology.Machine> planes = rendered.topology().controlPlanes();
    String talosconfig = rendered.configs().talosconfig();
    OpenCluster opened = rendered.opened();
    boolean hadData = ports.store().sealed(opened.key(), AwaitControlPlane.KUBECONFIG).isPresent();
    Deadline lost = Deadline.after(context.time(), LOST_AFTER);
    String how =
        context.await(
            "etcd to be bootstrapped on " + planes.getFirst().name(),
            LIMIT,
            INTERVAL,
            ProblemCode.ETCD_UNHEALTHY,
            new Programs(opened, context)
                .watched(
                    () ->
                        hadData
                            ? found(nodes, planes, talosconfig, lost, opened)
                            : bootstrapped(nodes, planes, talosconfig)));
    context.log(how);
    return rendered;
  }

  /// The etcd of a cluster that was up before, wherever it is.
  private static Observation<String> found(
      TalosNodes nodes,
      List<Topology.Machine> planes,
      String talosconfig,
      Deadline lost,
      OpenCluster opened) {
    Observation<Boolean> member = member(nodes, planes, talosconfig);
    return switch (member) {
      case Observation.NotYet<Boolean> notYet -> Observation.notYet(notYet.what());
      case Observation.Met<Boolean> met when met.value() ->
          Observation.met("etcd was bootstrapped already");
      case Observation.Met<Boolean> _ when lost.passed() && waits(nodes, planes, talosconfig) ->
          throw new SskubaException(
              Problem.of(
                      ProblemCode.ETCD_LOST,
                      "no control plane of " + opened.record().shown() + " has its data any more")
                  .fact("observed", "etcd waits to be bootstrapped on each of them")
                  .next("sskuba-ctl delete " + opened.record().shown()));
      case Observation.Met<Boolean> _ ->
          Observation.notYet("etcd runs on no control plane; it was bootstrapped before");
    };
  }

  /// Whether etcd waits for a bootstrap on every control plane. One that fails to start has its
  /// data, and is not to be called lost.
  private static boolean waits(
      TalosNodes nodes, List<Topology.Machine> planes, String talosconfig) {
    for (Topology.Machine plane : planes) {
      try (TalosNode node = nodes.secure(plane.address(), talosconfig)) {
        if (node.services(CALL).stream()
            .noneMatch(s -> s.id().equals("etcd") && s.state().equals("Preparing"))) {
          return false;
        }
      } catch (TalosCallException e) {
        return false;
      }
    }
    return true;
  }

  private static Observation<String> bootstrapped(
      TalosNodes nodes, List<Topology.Machine> planes, String talosconfig) {
    Observation<Boolean> member = member(nodes, planes, talosconfig);
    if (member instanceof Observation.NotYet<Boolean> notYet) {
      return Observation.notYet(notYet.what());
    }
    if (member instanceof Observation.Met<Boolean> met && met.value()) {
      return Observation.met("etcd was bootstrapped already");
    }
    Topology.Machine first = planes.getFirst();
    try (TalosNode node = nodes.secure(first.address(), talosconfig)) {
      node.bootstrap(CALL);
      return Observation.met("etcd bootstrapped on " + first.name());
    } catch (TalosCallException e) {
      if (e.status().equals("ALREADY_EXISTS")) {
        return Observation.met("etcd was bootstrapped already");
      }
      return Observation.notYet(e.status() + ": " + e.text());
    }
  }

  /// Whether any control plane is a member; not yet known while one does not answer, since it may
  /// be the one with the data.
  private static Observation<Boolean> member(
      TalosNodes nodes, List<Topology.Machine> planes, String talosconfig) {
    String silent = "";
    for (Topology.Machine plane : planes) {
      try (TalosNode node = nodes.secure(plane.address(), talosconfig)) {
        if (isMember(node)) {
          return Observation.met(true);
        }
      } catch (TalosCallException e) {
        silent = plane.name() + ": " + e.status() + ": " + e.text();
      }
    }
    return silent.isEmpty() ? Observation.met(false) : Observation.notYet(silent);
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
