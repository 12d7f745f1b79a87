package io.sskuba.apply;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.util.Set;

/// What to do where a real target cannot be asked or used: rehearse it.
final class Offers {
  private static final Set<ProblemCode> OUTSIDE =
      Set.of(
          ProblemCode.CLOUD_CREDENTIALS,
          ProblemCode.CLOUD_DENIED,
          ProblemCode.CLOUD_UNASKED,
          ProblemCode.CLOUD_THROTTLED,
          ProblemCode.PROVIDER_MISSING,
          ProblemCode.SECRET_UNRESOLVED,
          ProblemCode.KEY_SERVICE_DENIED,
          ProblemCode.KEY_SERVICE_UNREACHABLE);

  private Offers() {}

  /// The problem with a rehearsal among what to do next, where it lies outside this machine.
  ///
  /// @param command `apply` or `plan`
  static Problem rehearsal(Problem problem, String command, String file) {
    return OUTSIDE.contains(problem.code())
        ? problem.next("sskuba-ctl " + command + " --rehearse --file " + file)
        : problem;
  }

  static SskubaException rehearsal(SskubaException e, LoadedSpec loaded) {
    boolean real =
        !loaded.rehearsal() && loaded.spec().target().provider() != ClusterSpec.Provider.LOCAL;
    return real && OUTSIDE.contains(e.problem().code())
        ? new SskubaException(rehearsal(e.problem(), "apply", loaded.fileName()), e)
        : e;
  }
}
