package io.sskuba.rehearsal.machine;

/// Where a machine tells its host what happens to it. Lines hold no secret.
@FunctionalInterface
public interface MachineLog {
  void line(String machine, String text);

  MachineLog NONE = (machine, text) -> {};
}
