package io.sskuba.apply;

import io.sskuba.state.ClusterRecord;
import java.util.List;

/// What `apply` ends with.
public record ReadyCluster(ClusterRecord record, int nodes, List<String> warnings) {
  public ReadyCluster {
    warnings = List.copyOf(warnings);
  }
}
