package io.sskuba.net;

import java.util.LinkedHashMap;
import java.util.Map;

/// The one map between a cluster's addresses and what dials them from this machine.
///
/// Configs, certificates and Node objects carry the cluster's addresses; processes on this machine
/// bind their loopback twins. On targets with real machines the map is empty and every address is
/// its own twin.
///
/// @param twins cluster address to loopback twin, for example `10.64.0.2` to `127.64.0.2`
public record AddressMap(Map<String, String> twins) {

  public static final AddressMap IDENTITY = new AddressMap(Map.of());

  public AddressMap {
    twins = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(twins));
  }

  /// What to dial, or bind, for `address`.
  public String twin(String address) {
    return twins.getOrDefault(address, address);
  }

  /// The cluster address behind a twin; the twin itself when it is none.
  public String address(String twin) {
    for (Map.Entry<String, String> entry : twins.entrySet()) {
      if (entry.getValue().equals(twin)) {
        return entry.getKey();
      }
    }
    return twin;
  }
}
