package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.PhaseContext;
import io.sskuba.wait.Observation;
import io.sskuba.wait.Waiter;
import java.time.Duration;
import java.util.Optional;

/// The control plane's programs, as far as a platform sees them, while something waits for what
/// they do.
/// - Errors: `PEER_DIED` with the last words of one that dies at each start.
final class Programs {
  private static final Duration LOOK_AT_PROGRAMS = Duration.ofSeconds(2);

  /// With pauses that double from 200 ms, some seven seconds: long enough for peers to be there.
  private static final int DEATHS = 5;

  private Programs() {}

  /// Looks at the platform's programs too while something is not there yet: one that dies at each
  /// start never gets there, and its last words are the cause.
  static <T> Waiter.Look<T> watched(OpenCluster opened, PhaseContext context, Waiter.Look<T> look) {
    long[] next = {context.time().nanos() + LOOK_AT_PROGRAMS.toNanos()};
    return () -> {
      Observation<T> seen = look.look();
      if (!(seen instanceof Observation.Met) && context.time().nanos() > next[0]) {
        refuseDying(opened);
        next[0] = context.time().nanos() + LOOK_AT_PROGRAMS.toNanos();
      }
      return seen;
    };
  }

  private static void refuseDying(OpenCluster opened) {
    Optional<ObjectNode> host = opened.platform().inspect(opened.cluster());
    if (host.isEmpty()) {
      return;
    }
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
}
