package io.sskuba.clouds.dns;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import org.jspecify.annotations.Nullable;

/// The problems of DNS updates, worded once.
final class DnsProblems {
  private DnsProblems() {}

  static SskubaException of(
      ProblemCode code,
      String summary,
      String server,
      String zone,
      String cause,
      @Nullable Throwable exception) {
    return new SskubaException(
        Problem.of(code, summary)
            .fact("server", server)
            .fact("zone", zone)
            .fact("cause", cause)
            .exists("the zone as it was")
            .next("sskuba-ctl explain " + code.id()),
        exception);
  }
}
