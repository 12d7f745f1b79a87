package io.sskuba.apply;

import io.sskuba.infra.Topology;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.PhaseContext;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import io.sskuba.wait.Observation;
import java.time.Duration;

/// Waits until a machine that has its configuration answers with the cluster's certificates.
/// - Limits: the platform's patience.
/// - Errors: `MACHINE_UNREACHABLE`; `MACHINE_REFUSED` for one that was started from another image.
final class MachinesBack {
  private static final Duration CALL = Duration.ofSeconds(10);

  /// A machine needs some tenths of a second to come back at least, and each look is a TLS
  /// handshake.
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private MachinesBack() {}

  static void await(
      Rendered rendered,
      TalosNodes nodes,
      Topology.Machine machine,
      Programs programs,
      PhaseContext context)
      throws InterruptedException {
    String talosconfig = rendered.configs().talosconfig();
    boolean userData = withUserData(rendered, machine);
    String version =
        context.await(
            "machine "
                + machine.name()
                + (userData
                    ? " to come up with its user data"
                    : " to come back with its configuration"),
            rendered.opened().platform().patience(),
            INTERVAL,
            ProblemCode.MACHINE_UNREACHABLE,
            programs.watched(
                () ->
                    userData
                        ? cameUp(nodes, machine, talosconfig)
                        : secured(nodes, machine, talosconfig)));
    refuseOtherVersion(rendered, machine, version);
  }

  static boolean withUserData(Rendered rendered, Topology.Machine machine) {
    return rendered.provisioned().prepared().userData().containsKey(machine.name());
  }

  /// A machine that shows the cluster's certificate has its configuration from its user data.
  private static Observation<String> cameUp(
      TalosNodes nodes, Topology.Machine machine, String talosconfig) {
    Observation<String> secured = secured(nodes, machine, talosconfig);
    if (secured instanceof Observation.NotYet<String>) {
      try (TalosNode node = nodes.maintenance(machine.address(), machine.fingerprint())) {
        if (node.version(CALL).rbac() == null) {
          return Observation.notYet("it is in maintenance mode: it has not read its user data");
        }
      } catch (TalosCallException | SskubaException e) {
        return secured;
      }
    }
    return secured;
  }

  /// A machine that was started from another image would take the configuration and run something
  /// that nobody tested with it.
  static void refuseOtherVersion(Rendered rendered, Topology.Machine machine, String found) {
    String wanted = rendered.opened().spec().versions().talos();
    if (!found.equals(wanted)) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.MACHINE_REFUSED,
                  machine.name() + " runs Talos " + found + ", not " + wanted)
              .fact("address", machine.address())
              .fact("cause", "it was started from another image"));
    }
  }

  static Observation<String> secured(
      TalosNodes nodes, Topology.Machine machine, String talosconfig) {
    try (TalosNode node = nodes.secure(machine.address(), talosconfig)) {
      return Observation.met(node.version(CALL).tag());
    } catch (TalosCallException e) {
      return Observation.notYet(firstLine(e));
    }
  }

  /// gRPC adds the channel's pipeline and a trace to some of its texts.
  static String firstLine(TalosCallException e) {
    return e.status() + ": " + e.text().lines().findFirst().orElse("");
  }
}
