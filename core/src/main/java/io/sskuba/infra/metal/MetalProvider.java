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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Takes over machines that exist, and gives them back.
/// - Create: the machine has to answer in maintenance mode, with the file's certificate where the
///   file has a fingerprint. Nothing is changed: its configuration comes later. One that answers as
///   a machine of this very cluster (a run that was killed) is adopted. So a create that was cut
///   off made nothing, and is forgotten.
/// - Delete: the machine's own API wipes its state and data partitions, restarts it, and it has to
///   be seen in maintenance mode again; Talos itself stays on its disk. One that is in maintenance
///   mode already is given back already. Not by Talos's graceful way: a worker that leaves a
///   cluster was drained before, the control planes go together, and the last of them cannot leave
///   etcd, so that waiting for it would only hang.
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

  /// Addresses of machines that were seen in maintenance mode when they were given back.
  private final Set<String> wiped = ConcurrentHashMap.newKeySet();

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
    if (seen.state() != State.MAINTENANCE && seen.state() != State.OURS) {
      throw new SskubaException(refusal(name, address, seen));
    }
    return new Made(address, Map.of("talosVersion", seen.said()));
  }

  /// What keeps a machine from being taken over; looks and changes nothing.
  public Optional<Problem> obstacle(String name, String address, @Nullable String fingerprint) {
    try {
      Seen seen = look(address, fingerprint);
      return seen.state() == State.MAINTENANCE || seen.state() == State.OURS
          ? Optional.empty()
          : Optional.of(refusal(name, address, seen));
    } catch (SskubaException e) {
      return Optional.of(e.problem().fact("machine", name));
    }
  }

  private static Problem refusal(String name, String address, Seen seen) {
    return seen.state() == State.SILENT
        ? Problem.of(
                ProblemCode.MACHINE_UNREACHABLE, "the machine at " + address + " cannot be reached")
            .fact("machine", name)
            .fact("observed", seen.said())
            .next("talosctl --nodes " + address + " version --insecure")
        : Problem.of(
                ProblemCode.MACHINE_TAKEN,
                "the machine at " + address + " is not in maintenance mode")
            .fact("machine", name)
            .fact("observed", seen.said())
            .exists("its configuration as it is: nothing was overwritten")
            .next("talosctl --nodes " + address + " reset --reboot");
  }

  /// How a machine that a cluster had is now.
  ///
  /// @param back whether nothing of the cluster is on it any more
  public record Returned(boolean back, String observed) {}

  /// Looks whether a machine was given back. One that does not answer counts only if this very
  /// provider saw it in maintenance mode after the wipe.
  public Returned returned(String address) {
    Seen seen = look(address, null);
    return switch (seen.state()) {
      case MAINTENANCE -> new Returned(true, "in maintenance mode, Talos " + seen.said());
      case OURS -> new Returned(false, "still a machine of the cluster");
      case FOREIGN -> new Returned(false, "configured: " + seen.said());
      case SILENT ->
          wiped.contains(address)
              ? new Returned(true, "was seen in maintenance mode; unreachable now: " + seen.said())
              : new Returned(false, "unreachable, never seen wiped: " + seen.said());
    };
  }

  /// A machine does not cease to exist; nothing is dialled. Its id is its address: under another
  /// one stands a create that was cut off before it had looked.
  @Override
  public Optional<Map<String, Object>> read(String type, String id, Map<String, Object> inputs) {
    return id.equals(inputs.get("address")) ? Optional.of(Map.of()) : Optional.empty();
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
        wiped.add(address);
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
    wiped.add(address);
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
    try {
      return seen(address, fingerprint);
    } catch (SskubaException another) {
      if (another.problem().code() != ProblemCode.MACHINE_IDENTITY) {
        throw another;
      }
      // A configured machine shows its cluster's certificate in place of the one of its start.
      Seen unpinned = seen(address, null);
      if (unpinned.state() == State.OURS || unpinned.state() == State.FOREIGN) {
        return unpinned;
      }
      throw another;
    }
  }

  private Seen seen(String address, @Nullable String fingerprint) {
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
