package io.sskuba.clouds;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;

/// The problems of a store in a cloud, worded once.
public final class BucketProblems {
  private BucketProblems() {}

  /// @param rights what the user needs there, in the cloud's own words
  public static SskubaException denied(
      String place, String cause, String rights, Throwable exception) {
    return new SskubaException(
        Problem.of(ProblemCode.STATE_DENIED, "the store of the state does not let us in")
            .fact("place", place)
            .fact("cause", cause)
            .fact("needed", rights)
            .exists("the state as it was; nothing was written")
            .next("sskuba-ctl doctor"),
        exception);
  }

  public static SskubaException unreachable(String place, String cause, Throwable exception) {
    return new SskubaException(
        Problem.of(ProblemCode.STATE_UNREACHABLE, "the store of the state cannot be used")
            .fact("place", place)
            .fact("cause", cause)
            .exists("what was written before; the same command goes on")
            .next("sskuba-ctl list"),
        exception);
  }

  /// The first line of a library's message, bounded.
  public static String cause(Throwable e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
    return message.length() > 300 ? message.substring(0, 300) + "…" : message;
  }
}
