package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Topology;
import io.sskuba.io.Json;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.problem.ProblemCode;
import io.sskuba.run.Fan;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.talos.TalosNodes;
import io.sskuba.wait.Observation;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;

/// Waits until each worker is back with its configuration, and for each Node object, and gives it
/// what a kubelet may not give itself: its pool, its worker role, the pool's labels.
///
/// Taints stand in the machine configuration, so that nothing is scheduled before they are there.
/// - Idempotent: a merge patch of the same labels changes nothing; it is sent only where a label is
///   missing.
/// - Errors: `MACHINE_UNREACHABLE` for a worker that does not come back; `NODES_NOT_READY` naming
///   the first node that is not there.
public final class LabelAndTaint implements Phase<ControlPlaneUp, ControlPlaneUp> {
  static final String POOL = "sskuba.io/pool";
  static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Duration CALL = Duration.ofSeconds(5);
  private static final Duration INTERVAL = Duration.ofMillis(50);

  /// All machines together ask the API server no more than 50 times a second: it has them to admit.
  private static final Duration A_MACHINE = Duration.ofMillis(20);

  private final Ports ports;

  LabelAndTaint(Ports ports) {
    this.ports = ports;
  }

  @Override
  public ControlPlaneUp run(ControlPlaneUp up, PhaseContext context) throws InterruptedException {
    Programs programs = new Programs(up.opened(), context);
    TalosNodes nodes = ports.talos().apply(up.topology().addresses());
    try (KubeApi kube = ports.kube().apply(up.kubeconfig(), up.topology().addresses())) {
      int machines = up.topology().machines().size();
      Duration registering = A_MACHINE.multipliedBy(Math.clamp(machines, 3, Fan.AT_ONCE));
      Fan.out(
          up.topology().machines(),
          machine -> {
            // Control planes are back already; a worker that is not never becomes a node.
            if (!machine.controlPlane()) {
              MachinesBack.await(up.rendered(), nodes, machine, programs, context);
            }
            JsonNode node =
                context.await(
                    "node " + machine.name() + " to register",
                    LIMIT,
                    registering,
                    ProblemCode.NODES_NOT_READY,
                    programs.watched(() -> registered(kube, machine.name())));
            ObjectNode labels = wanted(up.opened().spec(), machine);
            return context.await(
                "node " + machine.name() + " to take its labels",
                LIMIT,
                INTERVAL,
                ProblemCode.NODES_NOT_READY,
                programs.watched(() -> labelled(kube, machine, labels, node)));
          });
    }
    return up;
  }

  private static Observation<JsonNode> registered(KubeApi kube, String name) {
    try {
      Optional<JsonNode> node = kube.get("/api/v1/nodes/" + name, CALL);
      return node.isPresent() ? Observation.met(node.get()) : Observation.notYet("no Node object");
    } catch (UncheckedIOException | KubeStatusException e) {
      return Observation.notYet(String.valueOf(e.getMessage()));
    }
  }

  private static ObjectNode wanted(ClusterSpec spec, Topology.Machine machine) {
    ObjectNode labels = Json.object().put(POOL, machine.pool());
    if (!machine.controlPlane()) {
      labels.put("node-role.kubernetes.io/worker", "");
      for (ClusterSpec.Pool pool : spec.target().workers()) {
        if (pool.name().equals(machine.pool())) {
          pool.labels().forEach(labels::put);
        }
      }
    }
    return labels;
  }

  /// A young API server refuses now and then (its admission plugins are not ready, a kubelet writes
  /// the same node, a connection breaks); the patch says what is to be, so it is sent again.
  private static Observation<String> labelled(
      KubeApi kube, Topology.Machine machine, ObjectNode labels, JsonNode node) {
    JsonNode present = node.path("metadata").path("labels");
    boolean complete =
        labels.properties().stream().allMatch(l -> l.getValue().equals(present.get(l.getKey())));
    if (complete) {
      return Observation.met(machine.name());
    }
    ObjectNode patch = Json.object();
    patch.putObject("metadata").set("labels", labels);
    try {
      kube.patch("/api/v1/nodes/" + machine.name(), "application/merge-patch+json", patch, CALL);
      return Observation.met(machine.name());
    } catch (KubeStatusException e) {
      if (!passing(e)) {
        throw e;
      }
      return Observation.notYet(String.valueOf(e.getMessage()));
    } catch (UncheckedIOException e) {
      return Observation.notYet(String.valueOf(e.getMessage()));
    }
  }

  /// Whether waiting may mend it. A refused label stays refused.
  private static boolean passing(KubeStatusException e) {
    return e.code() == 409
        || e.code() == 429
        || e.code() >= 500
        || String.valueOf(e.getMessage()).contains("not yet ready to handle request");
  }
}
