package io.sskuba.rehearsal.plane;

import io.sskuba.io.TimeSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A host process that a test kills: runs one program, prints its pid, and waits.
final class Orphan {
  private Orphan() {}

  @SuppressWarnings("SystemOut") // a main class that talks to its test
  public static void main(String[] arguments) throws InterruptedException {
    Path folder = Path.of(arguments[0]);
    PeerProcess process =
        new PeerProcess(
            "sleeper",
            List.of("/bin/sleep", "60"),
            Map.of(),
            folder.resolve("sleeper.log"),
            new ProcessTable(folder),
            TimeSource.system(),
            new PeerProcess.Listener() {
              @Override
              public void prepare() {}

              @Override
              public void started(long pid) {
                System.out.println(pid);
              }

              @Override
              public void died(String cause) {}
            });
    process.start();
    Thread.sleep(60_000);
  }
}
