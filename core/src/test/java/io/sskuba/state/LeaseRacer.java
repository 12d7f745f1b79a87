package io.sskuba.state;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import java.nio.file.Path;

/// A process that tries to take a lease, says how it went, and holds it until its input ends.
final class LeaseRacer {
  private LeaseRacer() {}

  public static void main(String[] arguments) throws Exception {
    FileStateStore store =
        new FileStateStore(Path.of(arguments[0]), TimeSource.system(), RandomSource.system());
    store.list(); // classes are loaded before the race
    System.out.println("READY");
    System.in.read();
    try {
      StateStore.HeldLease lease = store.acquire("demo", "run-" + ProcessHandle.current().pid());
      System.out.println(lease.alive() ? "WON" : "DEAD");
    } catch (SskubaException e) {
      System.out.println(e.problem().code());
    }
    while (System.in.read() >= 0) {
      // Holds on; the test ends this process.
    }
    Runtime.getRuntime().halt(0); // as a crash: nothing is freed
  }
}
