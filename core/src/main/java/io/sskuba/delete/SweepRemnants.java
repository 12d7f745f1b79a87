package io.sskuba.delete;

import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.infra.Platform.Remnant;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Ends and removes what lives outside the stack, then looks at everything: processes, addresses,
/// sockets, files.
/// - Idempotent: yes; needs no live host.
/// - Limits: the delete's deadline; it looks again until everything is gone or the deadline passes.
///   Where the stack could not be destroyed, nothing goes away by waiting: it looks until nothing
///   changes any more.
public final class SweepRemnants implements Phase<Doomed, Doomed.Swept> {
  private static final Duration INTERVAL = Duration.ofMillis(100);

  @Override
  public Doomed.Swept run(Doomed doomed, PhaseContext context) throws InterruptedException {
    List<Remnant> before = List.of();
    while (true) {
      List<Remnant> seen =
          new ArrayList<>(
              doomed.platform().sweep(doomed.record().key(), doomed.record().clusterId()));
      for (String id : doomed.alsoIds()) {
        seen.addAll(doomed.platform().sweep(doomed.record().key(), id));
      }
      seen.addAll(doomed.stack());
      for (StateResource resource : doomed.resources()) {
        seen.add(doomed.platform().confirm(doomed.cluster(), resource));
      }
      seen.addAll(doomed.platform().strays(doomed.cluster()));
      List<Remnant> left = seen.stream().filter(r -> !r.gone()).toList();
      boolean stuck = doomed.stack().stream().anyMatch(r -> !r.gone()) && left.equals(before);
      before = left;
      if (left.isEmpty() || stuck || doomed.deadline().passed()) {
        context.log(
            left.isEmpty() ? seen.size() + " things confirmed gone" : left.size() + " still there");
        return new Doomed.Swept(doomed, seen);
      }
      context.log("still there: " + left.getFirst().name() + ", " + left.getFirst().observed());
      context.time().sleep(INTERVAL);
    }
  }
}
