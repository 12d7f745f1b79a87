package io.sskuba.infra.metal;

import io.sskuba.infra.pulumi.ResourceHandler;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import io.sskuba.wait.Observation;
import io.sskuba.wait.Waiter;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Takes over machines that exist, and gives them back.
/// - Create: the machine has to answer in maintenance mode, with the file's certificate where the
///   file has a fingerprint. Nothing is changed: its configuration comes later. One that answers as
///   a machine of this very cluster (a run that was killed) is adopted.
/// - Delete: the machine's own API wipes its state and data partitions, restarts it, and it has to
///   be seen in maintenance mode again; Talos itself stays on its disk. One that is in maintenance
///   mode already is given back already.
/// - A machine that cannot be reached is not given back: it still holds keys and data of the
///   cluster. Delete then fails, names it, and says how it is wiped by hand; run again, it goes on.
/// - Limits: [#CALL] a call; [#BACK] until a machine is in maintenance mode again.
/// - Errors: `MACHINE_UNREACHABLE`, `MACHINE_IDENTITY`, `MACHINE_TAKEN`.
public final class MetalProvider implements ResourceHandler {
  static final Duration CALL = Duration.ofSeconds(10);
  static final Duration BACK = Duration.ofMinutes(10);
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final TalosNodes nodes;
  private final Supplier<Optional<String>> talosconfig;
  private final TimeSource time;
  private final Duration back;

  /// @param talosconfig the cluster's; empty while none was issued, or where it cannot be opened
  public MetalProvider(TalosNodes nodes, Supplier<Optional<String>> talosconfig, TimeSource time) {
    this(nodes, talosconfig, time, BACK);
  }

  MetalProvider(
      TalosNodes nodes, Supplier<Optional<String>> talosconfig, TimeSource time, Duration back) {
    this.nodes = nodes;
    this.talosconfig = talosconfig;
    this.time = time;
    this.back = back;
  }

  @Override
  public String pkg() {
    return MetalTarget.PACKAGE;
  }

  @Override
  public Made create(String type, String name, Map<String, Object> inputs) {
    String address = String.valueOf(inputs.get("address"));
    Seen seen = look(address, text(inputs, "fingerprint"));
    return switch (seen.state()) {
      case MAINTENANCE, OURS -> new Made(address, Map.of("talosVersion", seen.said()));
      case FOREIGN ->
          throw new SskubaException(
              Problem.of(
                      ProblemCode.MACHINE_TAKEN,
                      "the machine at " + address + " is not in maintenance mode")
                  .fact("machine", name)
                  .fact("observed", seen.said())
                  .next("talosctl --nodes " + address + " reset --reboot"));
      case SILENT -> throw unreachable(name, address, seen.said());
    };
  }

  /// A machine does not cease to exist; nothing is dialled.
  @Override
  public Optional<Map<String, Object>> read(String type, String id, Map<String, Object> inputs) {
    return Optional.of(Map.of());
  }

  @Override
  public Map<String, Object> update(String type, String id, Map<String, Object> inputs) {
    return Map.of();
  }

  @Override
  public void delete(String type, String id, Map<String, Object> state)
      throws InterruptedException {
    String address = String.valueOf(state.get("address"));
    String name = String.valueOf(state.get("name"));
    Seen seen = look(address, null);
    switch (seen.state()) {
      case MAINTENANCE -> {
        return;
      }
      case OURS -> wipe(name, address);
      case FOREIGN ->
          throw new SskubaException(
              wiping(
                  Problem.of(
                          ProblemCode.MACHINE_TAKEN,
                          "the machine at " + address + " does not take this cluster's credentials")
                      .fact("machine", name)
                      .fact("observed", seen.said()),
                  address));
      case SILENT -> throw unreachable(name, address, seen.said());
    }
    new Waiter(time, _ -> {})
        .await(
            "machine " + name + " in maintenance mode again",
            back,
            INTERVAL,
            ProblemCode.MACHINE_UNREACHABLE,
            () -> {
              Seen now = look(address, null);
              return now.state() == State.MAINTENANCE
                  ? Observation.met(true)
                  : Observation.notYet(now.said());
            });
  }

  private void wipe(String name, String address) {
    try (TalosNode node = nodes.secure(address, talosconfig.get().orElseThrow())) {
      node.wipe(CALL);
    } catch (TalosCallException e) {
      // Its answer may be lost to the restart that it asked for; what counts is what is seen next.
      if (!e.status().equals("UNAVAILABLE")) {
        throw unreachable(name, address, e.getMessage());
      }
    }
  }

  private enum State {
    MAINTENANCE,
    OURS,
    FOREIGN,
    SILENT
  }

  /// @param said the Talos version, or what else it said
  private record Seen(State state, String said) {}

  private Seen look(String address, @Nullable String fingerprint) {
    String said;
    boolean answers;
    try (TalosNode node = nodes.maintenance(address, fingerprint)) {
      TalosNode.Version version = node.version(CALL);
      if (version.rbac() == null) {
        return new Seen(State.MAINTENANCE, version.tag());
      }
      said = "it is configured";
      answers = true;
    } catch (TalosCallException e) {
      said = String.valueOf(e.getMessage());
      // A configured machine asks for a client certificate, and closes when there is none.
      answers = said.contains("certificate") || said.contains("TLS") || said.contains("SSL");
    }
    Optional<String> credentials = talosconfig.get();
    if (credentials.isPresent()) {
      try (TalosNode node = nodes.secure(address, credentials.get())) {
        return new Seen(State.OURS, node.version(CALL).tag());
      } catch (TalosCallException e) {
        said = String.valueOf(e.getMessage());
        answers = answers || said.contains("certificate");
      }
    }
    return new Seen(answers ? State.FOREIGN : State.SILENT, said);
  }

  private static SskubaException unreachable(
      String name, String address, @Nullable String observed) {
    return new SskubaException(
        wiping(
            Problem.of(
                    ProblemCode.MACHINE_UNREACHABLE,
                    "the machine at " + address + " cannot be reached")
                .fact("machine", name)
                .fact("observed", String.valueOf(observed)),
            address));
  }

  private static Problem wiping(Problem problem, String address) {
    return problem
        .fact(
            "remedy",
            "start it with the kernel argument talos.experimental.wipe=system, or reinstall it")
        .next("talosctl --nodes " + address + " version --insecure");
  }

  private static @Nullable String text(Map<String, Object> inputs, String name) {
    Object value = inputs.get(name);
    return value == null ? null : String.valueOf(value);
  }
}
