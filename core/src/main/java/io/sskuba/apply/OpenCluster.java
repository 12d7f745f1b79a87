package io.sskuba.apply;

import io.sskuba.infra.Platform;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore.HeldLease;

/// A cluster whose lease this run holds.
///
/// @param made true when this run made the record
public record OpenCluster(
    LoadedSpec loaded, ClusterRecord record, HeldLease lease, Platform platform, boolean made) {

  public ClusterSpec spec() {
    return loaded.spec();
  }

  public String key() {
    return record.key();
  }

  /// What the platform has to know.
  public Platform.Cluster cluster() {
    return ClusterFacts.of(record, spec());
  }

  OpenCluster with(ClusterRecord newer) {
    return new OpenCluster(loaded, newer, lease, platform, made);
  }
}
