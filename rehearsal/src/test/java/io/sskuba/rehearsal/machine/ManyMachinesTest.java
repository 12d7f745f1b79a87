package io.sskuba.rehearsal.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.net.AddressMap;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One host process must be able to hold a thousand machines.
class ManyMachinesTest {
  private static final int MACHINES = 1000;

  /// What a machine may cost, so that a thousand leave most of 512 MB to the rest of the host.
  private static final long BYTES_A_MACHINE_MAX = 120_000;

  @Test
  void aThousandMachinesWaitForTheirConfigs(@TempDir Path root) throws Exception {
    List<SimMachine> machines = new ArrayList<>();
    InMemoryNodeServices.Etcd etcd = new InMemoryNodeServices.Etcd();
    long before = used();
    try (MachineNetwork network = new MachineNetwork(AddressMap.IDENTITY)) {
      try {
        for (int i = 0; i < MACHINES; i++) {
          String name = "m" + i;
          String twin = "127.204." + (8 + i / 250) + "." + (1 + i % 250);
          MachineIdentity identity =
              new MachineIdentity(
                  name,
                  twin,
                  twin,
                  UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString(),
                  "nocloud",
                  "amd64",
                  "v1.13.9",
                  root.resolve("disk-" + i),
                  root.resolve("memory-" + i));
          SimMachine machine =
              new SimMachine(
                  identity,
                  new InMemoryNodeServices(identity, etcd),
                  network,
                  SimMachine.Options.quick());
          machines.add(machine);
          machine.powerOn();
        }
        TestCluster.await(
            "all to be in maintenance",
            () -> machines.stream().allMatch(machine -> machine.stage() == Stage.MAINTENANCE));
        assertThat((used() - before) / MACHINES).isLessThan(BYTES_A_MACHINE_MAX);
      } finally {
        machines.forEach(SimMachine::close);
      }
    }
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    System.gc();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
