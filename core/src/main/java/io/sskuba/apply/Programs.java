package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.PhaseContext;
import io.sskuba.wait.Observation;
import io.sskuba.wait.Waiter;
import java.time.Duration;
import java.util.Optional;

/// What a cluster runs on, as far as its platform sees it, while a phase waits for what it does: a
/// program that dies at each start, or machines whose host process is gone, never get there.
///
/// One a phase: however many waits are watched by it, the platform is asked every two seconds.
/// - Errors: `PEER_DIED` with the last words of a program; `HOST_DEAD`.
final class Programs {
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /// With pauses that double from 200 ms, some seven seconds: long enough for peers to be there.
  private static final int DEATHS = 5;

  /// A host process that answers late once is not dead.
  private static final int SILENCES = 2;

  private final OpenCluster opened;
  private final TimeSource time;
  private long next;
  private int silent;

  Programs(OpenCluster opened, PhaseContext context) {
    this.opened = opened;
    this.time = context.time();
    this.next = time.nanos() + INTERVAL.toNanos();
  }

  <T> Waiter.Look<T> watched(Waiter.Look<T> look) {
    return () -> {
      Observation<T> seen = look.look();
      if (!(seen instanceof Observation.Met) && due()) {
        refuseDying();
      }
      return seen;
    };
  }

  private synchronized boolean due() {
    if (time.nanos() < next) {
      return false;
    }
    next = time.nanos() + INTERVAL.toNanos();
    return true;
  }

  private void refuseDying() {
    Optional<ObjectNode> host = opened.platform().inspect(opened.cluster());
    if (host.isEmpty()) {
      refuseSilence();
      return;
    }
    silence(0);
    for (JsonNode machine : host.get().path("machines")) {
      JsonNode dying = machine.path("dying");
      if (dying.path("deaths").asInt() >= DEATHS) {
        String program = dying.path("program").asText();
        throw new SskubaException(
            Problem.of(
                    ProblemCode.PEER_DIED,
                    program + " of " + machine.path("name").asText() + " dies at each start")
                .fact("cause", dying.path("cause").asText())
                .fact("starts", String.valueOf(dying.path("deaths").asInt()))
                .next("sskuba-ctl logs " + opened.record().shown()));
      }
    }
  }

  private void refuseSilence() {
    if (opened.platform().hosted() && silence(1) >= SILENCES) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.HOST_DEAD,
                  "the machines of " + opened.record().shown() + " do not run any more")
              .fact("observed", "no host process answers")
              .exists("the machines' disks, the cluster's secrets and its stack"));
    }
  }

  /// Looks without an answer so far.
  private synchronized int silence(int more) {
    silent = more == 0 ? 0 : silent + more;
    return silent;
  }
}
