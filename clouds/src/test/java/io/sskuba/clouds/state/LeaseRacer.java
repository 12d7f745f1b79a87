package io.sskuba.clouds.state;

import io.sskuba.clouds.Clouds;
import io.sskuba.io.Environment;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ObjectStateStore;
import io.sskuba.state.StateStore;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/// One racer: `URL FOLDER`. Says `ready`, waits for a line, takes the lease, says `won` or the code
/// of why not, and holds it until its input ends.
final class LeaseRacer {
  private LeaseRacer() {}

  public static void main(String[] args) throws Exception {
    StateStore store =
        new ObjectStateStore(
            new Clouds()
                .bucket(
                    URI.create(args[0]),
                    new Environment(Map.of(), Path.of(args[1])),
                    TimeSource.system()),
            Path.of(args[1]),
            TimeSource.system(),
            RandomSource.system());
    store.lease("demo");
    System.out.println("ready");
    System.in.read();
    try {
      store.acquire("demo", "run");
      System.out.println("won");
    } catch (SskubaException e) {
      System.out.println(e.problem().code().id());
    }
    while (System.in.read() >= 0) {
      // until it is closed
    }
  }
}
