package io.sskuba.rehearsal.plane;

import java.util.List;
import java.util.Map;

/// What a machine's control plane has to know of the cluster around it, told by the host.
///
/// Nothing secret passes here: every control plane issues its own credentials from the CAs in its
/// machine configuration, as on Talos.
public interface PlaneCluster {
  /// All control-plane machines of the cluster, the asking one included, in the plan's order.
  ///
  /// Talos learns them from its discovery service; here the host knows them.
  List<Peer> controlPlanes();

  /// Capacity that differs from [PlaneDeviations#CAPACITY], for example `cpu`, `memory`,
  /// `nvidia.com/gpu`.
  default Map<String, String> capacity(String machine) {
    return Map.of();
  }

  /// Whether the API servers run with the webhook admission plugins; only a fault scenario wants
  /// that.
  default boolean callsWebhooks() {
    return false;
  }

  /// @param name machine name
  /// @param address address in the cluster
  /// @param twin loopback address that its processes bind
  record Peer(String name, String address, String twin) {}
}
