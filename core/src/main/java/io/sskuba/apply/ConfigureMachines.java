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

/// Pushes each machine its configuration over the maintenance API, all at once, and waits until it
/// answers as a member.
/// - Idempotent: a machine that already answers with the cluster's certificates is left as it is
///   (clusters are never patched).
/// - Limits: the platform's patience, for a machine's booting and for its coming back.
/// - Errors: `MACHINE_UNREACHABLE`, `MACHINE_REFUSED`, `MACHINE_IDENTITY`.
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
    var pushed =
        Fan.out(
            rendered.topology().machines(),
            machine -> configure(rendered, nodes, machine, context));
    long n = pushed.stream().filter(Boolean::booleanValue).count();
    context.log(n + " of " + pushed.size() + " machines configured now");
    return rendered;
  }

  private boolean configure(
      Rendered rendered, TalosNodes nodes, Topology.Machine machine, PhaseContext context)
      throws InterruptedException {
    String talosconfig = rendered.configs().talosconfig();
    Duration limit = rendered.opened().platform().patience();
    boolean member =
        context.await(
            "machine " + machine.name() + " to answer on the Talos API",
            limit,
            INTERVAL,
            ProblemCode.MACHINE_UNREACHABLE,
            () -> mode(nodes, machine, talosconfig));
    if (member) {
      return false;
    }
    refuseOtherVersion(rendered, nodes, machine);
    context.await(
        "machine " + machine.name() + " to take its configuration",
        limit,
        INTERVAL,
        ProblemCode.MACHINE_UNREACHABLE,
        () -> pushed(rendered, nodes, machine));
    context.await(
        "machine " + machine.name() + " to come back with its configuration",
        limit,
        INTERVAL,
        ProblemCode.MACHINE_UNREACHABLE,
        () -> secured(nodes, machine, talosconfig));
    return true;
  }

  /// A machine that was started from another image would take the configuration and run something
  /// that nobody tested with it.
  private static void refuseOtherVersion(
      Rendered rendered, TalosNodes nodes, Topology.Machine machine) {
    String wanted = rendered.opened().spec().versions().talos();
    String found;
    try (TalosNode node = nodes.maintenance(machine.address(), machine.fingerprint())) {
      found = node.version(CALL).tag();
    } catch (TalosCallException e) {
      // The push says what is wrong.
      return;
    }
    if (!found.equals(wanted)) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.MACHINE_REFUSED,
                  machine.name() + " runs Talos " + found + ", not " + wanted)
              .fact("address", machine.address())
              .fact("cause", "it was started from another image"));
    }
  }

  /// True when the machine is a member already, false when it is in maintenance mode.
  private static Observation<Boolean> mode(
      TalosNodes nodes, Topology.Machine machine, String talosconfig) {
    try (TalosNode node = nodes.maintenance(machine.address(), machine.fingerprint())) {
      // A member demands a client certificate and refuses this.
      return node.version(CALL).rbac() == null
          ? Observation.met(false)
          : Observation.notYet("answers, but not in maintenance mode");
    } catch (TalosCallException maintenance) {
      Observation<String> secured = secured(nodes, machine, talosconfig);
      return secured instanceof Observation.Met<String>
          ? Observation.met(true)
          : Observation.notYet(firstLine(maintenance));
    } catch (SskubaException other) {
      // A member shows the cluster's certificate and no longer the announced key: what the
      // cluster's
      // own authority signed is who it says it is.
      if (secured(nodes, machine, talosconfig) instanceof Observation.Met<String>) {
        return Observation.met(true);
      }
      throw other;
    }
  }

  private static Observation<String> secured(
      TalosNodes nodes, Topology.Machine machine, String talosconfig) {
    try (TalosNode node = nodes.secure(machine.address(), talosconfig)) {
      return Observation.met(node.version(CALL).tag());
    } catch (TalosCallException e) {
      return Observation.notYet(firstLine(e));
    }
  }

  /// A broken connection says nothing about whether the machine took it: one that shows the
  /// cluster's certificate did, and one in maintenance mode is given it again.
  private static Observation<Boolean> pushed(
      Rendered rendered, TalosNodes nodes, Topology.Machine machine) {
    String config = rendered.configs().machines().get(machine.name());
    if (config == null) {
      throw new IllegalStateException("no configuration for " + machine.name());
    }
    try (TalosNode node = nodes.maintenance(machine.address(), machine.fingerprint())) {
      node.applyConfiguration(config.getBytes(StandardCharsets.UTF_8), false, CALL);
      return Observation.met(true);
    } catch (TalosCallException e) {
      if (BROKEN.contains(e.status())) {
        return secured(nodes, machine, rendered.configs().talosconfig())
                instanceof Observation.Met<String>
            ? Observation.met(true)
            : Observation.notYet(firstLine(e));
      }
      throw new SskubaException(
          Problem.of(
                  ProblemCode.MACHINE_REFUSED,
                  machine.name() + " refused its configuration: " + e.status())
              .fact("cause", e.text()),
          e);
    }
  }

  /// gRPC adds the channel's pipeline and a trace to some of its texts.
  private static String firstLine(TalosCallException e) {
    return e.status() + ": " + e.text().lines().findFirst().orElse("");
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
