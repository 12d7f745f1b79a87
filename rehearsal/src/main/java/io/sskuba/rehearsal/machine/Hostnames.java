package io.sskuba.rehearsal.machine;

import java.util.Map;

/// What a machine calls itself: what its config says, else its name in the plan.
final class Hostnames {
  private Hostnames() {}

  static String of(MachineIdentity machine, MachineConfigView config) {
    for (Map<?, ?> document : config.documents("HostnameConfig")) {
      Object name = document.get("hostname");
      if (name != null && !name.toString().isEmpty()) {
        return name.toString();
      }
    }
    String name = config.string("machine", "network", "hostname");
    return name == null || name.isEmpty() ? machine.name() : name;
  }
}
