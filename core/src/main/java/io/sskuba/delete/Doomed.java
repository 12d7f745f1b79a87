package io.sskuba.delete;

import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Platform.Remnant;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore.HeldLease;
import io.sskuba.wait.Deadline;
import java.time.Instant;
import java.util.List;

/// A cluster that is being taken away.
///
/// @param resources what the engine's state held when the delete began
/// @param stack the stack itself, looked at after its destruction
public record Doomed(
    ClusterRecord record,
    Platform platform,
    Platform.Cluster cluster,
    HeldLease lease,
    Deadline deadline,
    Instant startedAt,
    List<StateResource> resources,
    List<Remnant> stack) {
  public Doomed {
    resources = List.copyOf(resources);
    stack = List.copyOf(stack);
  }

  Doomed with(List<StateResource> found, Remnant looked) {
    return new Doomed(
        record, platform, cluster, lease, deadline, startedAt, found, List.of(looked));
  }

  /// What was swept, each looked at afterwards.
  public record Swept(Doomed doomed, List<Remnant> remnants) {
    public Swept {
      remnants = List.copyOf(remnants);
    }
  }
}
