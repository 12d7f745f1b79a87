package io.sskuba.clouds.vsphere;

import io.sskuba.clouds.BucketProblems;
import io.sskuba.clouds.OwnServer;
import io.sskuba.clouds.RemoteCall;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;

/// What a vCenter's refusals are here. Causes hold the fault's name and status, never what was
/// sent.
final class VsphereProblems {
  private VsphereProblems() {}

  static ProblemCode code(Throwable failure) {
    if (failure instanceof SskubaException known) {
      return known.problem().code();
    }
    if (failure instanceof VsphereFailure e) {
      return switch (e.kind()) {
        case CREDENTIALS -> ProblemCode.CLOUD_CREDENTIALS;
        case DENIED -> ProblemCode.CLOUD_DENIED;
        case BUSY -> ProblemCode.CLOUD_THROTTLED;
        case STRANGER -> ProblemCode.SPEC_INVALID;
        case NOT_FOUND, OTHER -> ProblemCode.CLOUD_UNASKED;
      };
    }
    return ProblemCode.CLOUD_UNASKED;
  }

  static String cause(Throwable failure) {
    return failure instanceof VsphereFailure
            || failure instanceof OwnServer.Unreachable
            || failure instanceof RemoteCall.Overdue
            || failure instanceof SskubaException
        ? String.valueOf(failure.getMessage())
        : BucketProblems.cause(failure);
  }

  /// @param server the file's `target.server`
  /// @param what what was asked, in words
  static SskubaException of(String server, String what, Throwable failure) {
    if (failure instanceof SskubaException known) {
      return known;
    }
    ProblemCode code = code(failure);
    Problem problem =
        Problem.of(code, summary(code, server, what, failure)).fact("cause", cause(failure));
    return new SskubaException(
        untrusted(failure)
            ? problem
                .fact("do", "name the authority of its certificate in trust.bundle")
                .next("sskuba-ctl explain trust.bundle")
            : problem.next("sskuba-ctl explain " + code.id()),
        failure);
  }

  private static boolean untrusted(Throwable failure) {
    return failure instanceof OwnServer.Unreachable e && e.untrusted();
  }

  private static String summary(ProblemCode code, String server, String what, Throwable failure) {
    String vcenter = "vCenter " + server;
    return switch (code) {
      case CLOUD_CREDENTIALS -> vcenter + " does not accept target.credentials: " + what;
      case CLOUD_DENIED -> vcenter + " denies " + what;
      case CLOUD_THROTTLED -> vcenter + " is too busy to be asked for " + what;
      case SPEC_INVALID -> "target.server " + server + " is no vCenter";
      default ->
          untrusted(failure)
              ? vcenter + " shows a certificate that nobody vouches for"
              : vcenter + " cannot be asked for " + what;
    };
  }
}
