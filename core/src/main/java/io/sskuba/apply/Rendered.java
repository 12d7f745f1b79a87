package io.sskuba.apply;

import io.sskuba.infra.Topology;
import io.sskuba.machineconfig.MachineConfigs;

/// A cluster whose configurations are rendered, and sealed beside its record.
public record Rendered(Provisioned provisioned, MachineConfigs configs) {
  OpenCluster opened() {
    return provisioned.opened();
  }

  Topology topology() {
    return provisioned.topology();
  }
}
