package io.sskuba.delete;

import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Platform.Remnant;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore.HeldLease;
import io.sskuba.wait.Deadline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// A cluster that is being taken away.
///
/// @param resources what the engine's state held when the delete began
/// @param stack the stack itself, looked at after its destruction
/// @param corrupt files of the state that could not be understood, and where they are kept
/// @param alsoIds other cluster ids under which something of this name lies; not empty only when
///   the record could not be read
public record Doomed(
    ClusterRecord record,
    Platform platform,
    Platform.Cluster cluster,
    HeldLease lease,
    Deadline deadline,
    Instant startedAt,
    List<StateResource> resources,
    List<Remnant> stack,
    List<Corrupt> corrupt,
    List<String> alsoIds) {
  public Doomed {
    resources = List.copyOf(resources);
    stack = List.copyOf(stack);
    corrupt = List.copyOf(corrupt);
    alsoIds = List.copyOf(alsoIds);
  }

  /// @param kept where the copy lies, beside the receipt
  public record Corrupt(String file, String cause, String kept) {}

  Doomed with(
      Platform.Cluster known,
      List<StateResource> found,
      List<Remnant> looked,
      List<Corrupt> alsoCorrupt) {
    List<Corrupt> all = new ArrayList<>(corrupt);
    all.addAll(alsoCorrupt);
    List<Remnant> stacks = new ArrayList<>(stack);
    stacks.addAll(looked);
    return new Doomed(
        record, platform, known, lease, deadline, startedAt, found, stacks, all, alsoIds);
  }

  /// What was swept, each looked at afterwards.
  public record Swept(Doomed doomed, List<Remnant> remnants) {
    public Swept {
      remnants = List.copyOf(remnants);
    }
  }
}
