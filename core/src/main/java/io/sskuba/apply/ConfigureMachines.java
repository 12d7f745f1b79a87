package io.sskuba.apply;

import io.sskuba.infra.Topology;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Fan;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import io.sskuba.wait.Observation;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// Pushes each machine its configuration over the maintenance API, all at once, and waits until the
/// control planes answer as members. Workers come back while etcd and the API start;
/// [LabelAndTaint] waits for them. One that was made with its configuration as user data is only
/// waited for.
/// - Idempotent: a machine that already answers with the cluster's certificates is left as it is
///   (clusters are never patched).
/// - Limits: the platform's patience, for a machine's booting and for a control plane's coming
///   back.
/// - Errors: `MACHINE_UNREACHABLE`, `MACHINE_REFUSED`, `MACHINE_IDENTITY`, `HOST_DEAD`.
public final class ConfigureMachines implements Phase<Rendered, Rendered> {
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final Duration INTERVAL = Duration.ofMillis(50);

  /// The connection's failures, not the machine's answers.
  private static final Set<String> BROKEN = Set.of("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED");

  private final Ports ports;

  ConfigureMachines(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Rendered run(Rendered rendered, PhaseContext context) throws InterruptedException {
    OpenCluster opened = rendered.opened();
    Map<String, String> digests = new LinkedHashMap<>();
    rendered.configs().machines().forEach((name, text) -> digests.put(name, sha256(text)));
    opened.platform().announce(opened.cluster(), digests);
    TalosNodes nodes = ports.talos().apply(rendered.topology().addresses());
    Programs programs = new Programs(opened, context);
    var pushed =
        Fan.out(
            rendered.topology().machines(),
            machine -> configure(rendered, nodes, machine, programs, context));
    long n = pushed.stream().filter(Boolean::booleanValue).count();
    context.log(n + " of " + pushed.size() + " machines configured now");
    return rendered;
  }

  private boolean configure(
      Rendered rendered,
      TalosNodes nodes,
      Topology.Machine machine,
      Programs programs,
      PhaseContext context)
      throws InterruptedException {
    boolean pushed =
        !MachinesBack.withUserData(rendered, machine)
            && context.await(
                "machine " + machine.name() + " to take its configuration",
                rendered.opened().platform().patience(),
                INTERVAL,
                ProblemCode.MACHINE_UNREACHABLE,
                programs.watched(() -> pushed(rendered, nodes, machine)));
    if (rendered.topology().controlPlanes().contains(machine)) {
      MachinesBack.await(rendered, nodes, machine, programs, context);
    }
    return pushed;
  }

  /// True when the machine took its configuration now, false when it is a member already.
  ///
  /// A broken connection says nothing about whether the machine took it: one that shows the
  /// cluster's certificate did, and one in maintenance mode is given it again.
  private static Observation<Boolean> pushed(
      Rendered rendered, TalosNodes nodes, Topology.Machine machine) {
    String talosconfig = rendered.configs().talosconfig();
    try (TalosNode node = nodes.maintenance(machine.address(), machine.fingerprint())) {
      TalosNode.Version version = node.version(CALL);
      // A member demands a client certificate and refuses this call.
      if (version.rbac() != null) {
        return Observation.notYet("answers, but not in maintenance mode");
      }
      MachinesBack.refuseOtherVersion(rendered, machine, version.tag());
      return push(rendered, node, machine);
    } catch (TalosCallException e) {
      return MachinesBack.secured(nodes, machine, talosconfig) instanceof Observation.Met<String>
          ? Observation.met(false)
          : Observation.notYet(MachinesBack.firstLine(e));
    } catch (SskubaException e) {
      // A member shows the cluster's certificate and no longer the announced key: what the
      // cluster's own authority signed is who it says it is.
      if (e.problem().code() == ProblemCode.MACHINE_IDENTITY
          && MachinesBack.secured(nodes, machine, talosconfig) instanceof Observation.Met<String>) {
        return Observation.met(false);
      }
      throw e;
    }
  }

  private static Observation<Boolean> push(
      Rendered rendered, TalosNode node, Topology.Machine machine) {
    String config = rendered.configs().machines().get(machine.name());
    if (config == null) {
      throw new IllegalStateException("no configuration for " + machine.name());
    }
    try {
      node.applyConfiguration(config.getBytes(StandardCharsets.UTF_8), false, CALL);
      return Observation.met(true);
    } catch (TalosCallException e) {
      if (BROKEN.contains(e.status())) {
        throw e;
      }
      throw new SskubaException(
          Problem.of(
                  ProblemCode.MACHINE_REFUSED,
                  machine.name() + " refused its configuration: " + e.status())
              .fact("cause", e.text()),
          e);
    }
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
