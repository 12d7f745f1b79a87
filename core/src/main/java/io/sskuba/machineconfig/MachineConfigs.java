package io.sskuba.machineconfig;

import java.util.LinkedHashMap;
import java.util.Map;

/// The rendered configurations of one cluster: machine name to multi-document YAML, plus the
/// talosconfig.
///
/// A secret as a whole: never log it, never write it unsealed.
public record MachineConfigs(Map<String, String> machines, String talosconfig) {
  public MachineConfigs {
    machines = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(machines));
  }

  @Override
  public String toString() {
    return "MachineConfigs" + machines.keySet();
  }
}
