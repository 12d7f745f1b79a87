package io.sskuba.apply;

import io.sskuba.spec.SpecDiff;
import io.sskuba.state.ClusterRecord;
import java.util.List;
import java.util.Optional;

/// A cluster file beside what exists.
///
/// @param existing the record of the cluster, when there is one
/// @param differences what differs between the record's file and this one; empty for a new cluster
public record Change(
    LoadedSpec loaded, Optional<ClusterRecord> existing, List<SpecDiff.Change> differences) {
  public Change {
    differences = List.copyOf(differences);
  }
}
