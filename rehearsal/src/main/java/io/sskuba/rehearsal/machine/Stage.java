package io.sskuba.rehearsal.machine;

import io.sskuba.talos.api.machine.MachineStatusEvent.MachineStage;
import io.sskuba.talos.api.machine.MachineStatusEvent.MachineStatus.UnmetCondition;
import java.util.List;

/// Where a machine is in its life, as the MachineStatus resource words it.
public enum Stage {
  OFF("unknown", MachineStage.UNKNOWN),
  BOOTING("booting", MachineStage.BOOTING),
  INSTALLING("installing", MachineStage.INSTALLING),
  MAINTENANCE("maintenance", MachineStage.MAINTENANCE),
  RUNNING("running", MachineStage.RUNNING),
  REBOOTING("rebooting", MachineStage.REBOOTING),
  SHUTTING_DOWN("shutting down", MachineStage.SHUTTING_DOWN),
  RESETTING("resetting", MachineStage.RESETTING);

  private final String word;
  private final MachineStage wire;

  Stage(String word, MachineStage wire) {
    this.word = word;
    this.wire = wire;
  }

  public String word() {
    return word;
  }

  MachineStage wire() {
    return wire;
  }

  /// A stage with what keeps the machine from being ready.
  record Status(Stage stage, List<UnmetCondition> unmet) {
    boolean ready() {
      return unmet.isEmpty();
    }
  }
}
