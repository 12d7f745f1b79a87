package io.sskuba.apply;

import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.kube.KubeApi;
import io.sskuba.problem.ProblemCode;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import io.sskuba.wait.Observation;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Waits until every control plane is an etcd member and the API answers `/readyz` through the
/// cluster's endpoint, and keeps the kubeconfig that Talos hands out, sealed. Never skipped.
/// - Limits: [#LIMIT] for etcd, the platform's patience for the API.
/// - Errors: `ETCD_UNHEALTHY`, `KUBE_UNREACHABLE`, `PEER_DIED`, `HOST_DEAD`.
public final class AwaitControlPlane implements Phase<Rendered, ControlPlaneUp> {
  static final String KUBECONFIG = "kubeconfig.age";
  static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Duration CALL = Duration.ofSeconds(5);
  private static final Duration INTERVAL = Duration.ofMillis(50);

  private static final Duration MEMBERS_INTERVAL = Duration.ofMillis(100);

  private final Ports ports;

  AwaitControlPlane(Ports ports) {
    this.ports = ports;
  }

  @Override
  public ControlPlaneUp run(Rendered rendered, PhaseContext context) throws InterruptedException {
    Topology topology = rendered.topology();
    TalosNodes nodes = ports.talos().apply(topology.addresses());
    String talosconfig = rendered.configs().talosconfig();
    Topology.Machine first = topology.controlPlanes().getFirst();
    Programs programs = new Programs(rendered.opened(), context);
    String kubeconfig;
    try (Conversations open = new Conversations(nodes, talosconfig)) {
      context.await(
          "etcd with " + topology.controlPlanes().size() + " members",
          LIMIT,
          MEMBERS_INTERVAL,
          ProblemCode.ETCD_UNHEALTHY,
          programs.watched(() -> members(open, topology)));
      kubeconfig =
          context.await(
              "the kubeconfig of " + first.name(),
              LIMIT,
              INTERVAL,
              ProblemCode.KUBE_UNREACHABLE,
              programs.watched(() -> kubeconfig(open, first)));
    }
    try (KubeApi kube = ports.kube().apply(kubeconfig, topology.addresses())) {
      context.await(
          "the Kubernetes API at " + topology.endpointUrl(),
          rendered.opened().platform().patience(),
          INTERVAL,
          ProblemCode.KUBE_UNREACHABLE,
          programs.watched(() -> ready(kube)));
    }
    Platform platform = rendered.opened().platform();
    Platform.Modelled checks = platform.healthChecks(platform.plan(rendered.opened().cluster()));
    context.modelled(checks.full(), checks.waited());
    ports
        .store()
        .putSealed(
            rendered.opened().key(),
            KUBECONFIG,
            rendered
                .provisioned()
                .secrets()
                .sealer()
                .seal(kubeconfig.getBytes(StandardCharsets.UTF_8)));
    return new ControlPlaneUp(rendered, kubeconfig);
  }

  /// Connections that looks have in common: a look at three control planes ten times a second would
  /// else be as many handshakes, on a machine that is starting three API servers.
  private static final class Conversations implements AutoCloseable {
    private final TalosNodes nodes;
    private final String talosconfig;
    private final Map<String, TalosNode> open = new HashMap<>();

    Conversations(TalosNodes nodes, String talosconfig) {
      this.nodes = nodes;
      this.talosconfig = talosconfig;
    }

    TalosNode with(Topology.Machine machine) {
      return open.computeIfAbsent(
          machine.name(), _ -> nodes.secure(machine.address(), talosconfig));
    }

    /// The next look begins anew: after a failure nothing is known of the connection.
    void end(Topology.Machine machine) {
      TalosNode node = open.remove(machine.name());
      if (node != null) {
        node.close();
      }
    }

    @Override
    public void close() {
      open.values().forEach(TalosNode::close);
    }
  }

  private static Observation<Integer> members(Conversations open, Topology topology) {
    int wanted = topology.controlPlanes().size();
    for (Topology.Machine machine : topology.controlPlanes()) {
      try {
        TalosNode node = open.with(machine);
        List<TalosNode.Service> services = node.services(CALL);
        for (TalosNode.Service service : services) {
          if (service.id().equals("etcd")
              && !(service.state().equals("Running") && service.healthy())) {
            return Observation.notYet(
                machine.name() + ": etcd " + service.state() + note(service.lastMessage()));
          }
        }
        if (machine.equals(topology.controlPlanes().getFirst())) {
          long members = node.etcdMembers(CALL).stream().filter(m -> !m.learner()).count();
          if (members < wanted) {
            return Observation.notYet(members + " of " + wanted + " members");
          }
        }
      } catch (TalosCallException e) {
        open.end(machine);
        return Observation.notYet(machine.name() + ": " + e.status() + ": " + e.text());
      }
    }
    return Observation.met(wanted);
  }

  private static Observation<String> kubeconfig(Conversations open, Topology.Machine machine) {
    try {
      return Observation.met(
          new String(open.with(machine).kubeconfig(CALL), StandardCharsets.UTF_8));
    } catch (TalosCallException e) {
      open.end(machine);
      return Observation.notYet(e.status() + ": " + e.text());
    }
  }

  private static String note(String message) {
    return message.isEmpty() ? "" : " (" + message + ")";
  }

  private static Observation<Boolean> ready(KubeApi kube) {
    try {
      KubeApi.Raw raw = kube.raw("/readyz", CALL);
      return raw.code() == 200
          ? Observation.met(true)
          : Observation.notYet("/readyz answers " + raw.code());
    } catch (UncheckedIOException e) {
      return Observation.notYet(String.valueOf(e.getMessage()));
    }
  }
}
