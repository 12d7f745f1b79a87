package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Infrastructure.Changes;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.state.ClusterRecord;
import java.util.Map;
import java.util.Optional;

/// A look at what `apply` would do, with what it was made from.
///
/// @param record as it was when this was looked at; empty where there is no cluster yet
/// @param allotment what the platform would give the cluster
/// @param tools what makes it, by name: version
public record Planned(
    PlanReport report,
    ClusterSpec spec,
    boolean rehearsal,
    Optional<ClusterRecord> record,
    ObjectNode allotment,
    Changes changes,
    Map<String, String> tools) {
  public Planned {
    tools = Map.copyOf(tools);
  }
}
