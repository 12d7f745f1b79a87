package io.sskuba.clouds;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import org.jspecify.annotations.Nullable;

/// The problems of key services and secret stores, worded once. Causes never hold what a service
/// answered beside its error code.
public final class SecretProblems {
  private SecretProblems() {}

  public static SskubaException denied(
      String what, String cause, String needed, @Nullable Throwable exception) {
    return new SskubaException(
        Problem.of(ProblemCode.KEY_SERVICE_DENIED, "no access to " + what)
            .fact("cause", cause)
            .fact("needed", needed)
            .next("sskuba-ctl doctor"),
        exception);
  }

  public static SskubaException unreachable(
      String what, String cause, @Nullable Throwable exception) {
    return new SskubaException(
        Problem.of(ProblemCode.KEY_SERVICE_UNREACHABLE, what + " cannot be used")
            .fact("cause", cause)
            .next("sskuba-ctl explain " + ProblemCode.KEY_SERVICE_UNREACHABLE.id()),
        exception);
  }

  /// A value that is not there.
  public static SskubaException missing(String reference, String cause) {
    return new SskubaException(
        Problem.of(
                ProblemCode.SECRET_UNRESOLVED,
                "the secret reference " + reference + " cannot be resolved")
            .fact("cause", cause)
            .next("sskuba-ctl explain " + ProblemCode.SECRET_UNRESOLVED.id()));
  }
}
