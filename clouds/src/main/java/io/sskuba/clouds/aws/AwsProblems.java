package io.sskuba.clouds.aws;

import io.sskuba.clouds.BucketProblems;
import io.sskuba.clouds.RemoteCall;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.util.Locale;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;

/// What AWS's refusals are here. Causes hold the error's code and status, and of the library's own
/// messages the first line; a service's text may repeat what it was sent.
final class AwsProblems {
  private static final Set<String> CREDENTIALS =
      Set.of(
          "AuthFailure",
          "ExpiredToken",
          "ExpiredTokenException",
          "IncompleteSignature",
          "InvalidAccessKeyId",
          "InvalidClientTokenId",
          "InvalidIdentityToken",
          "InvalidSignatureException",
          "MissingAuthenticationToken",
          "OptInRequired",
          "RequestExpired",
          "SignatureDoesNotMatch",
          "UnrecognizedClientException");

  private static final Set<String> DENIED =
      Set.of("AccessDenied", "AccessDeniedException", "Forbidden", "UnauthorizedOperation");

  private static final Set<String> THROTTLED =
      Set.of(
          "RequestLimitExceeded",
          "RequestThrottled",
          "Throttling",
          "ThrottlingException",
          "TooManyRequestsException");

  private AwsProblems() {}

  static ProblemCode code(Throwable failure) {
    if (failure instanceof AwsServiceException e) {
      String code = errorCode(e);
      if (CREDENTIALS.contains(code)) {
        return ProblemCode.CLOUD_CREDENTIALS;
      }
      if (DENIED.contains(code)) {
        return ProblemCode.CLOUD_DENIED;
      }
      if (THROTTLED.contains(code) || e.isThrottlingException()) {
        return ProblemCode.CLOUD_THROTTLED;
      }
      return ProblemCode.CLOUD_UNASKED;
    }
    if (failure instanceof SdkClientException e) {
      String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
      return message.contains("credentials")
              || message.contains("profile")
              || message.contains("token")
          ? ProblemCode.CLOUD_CREDENTIALS
          : ProblemCode.CLOUD_UNASKED;
    }
    return ProblemCode.CLOUD_UNASKED;
  }

  static String errorCode(AwsServiceException e) {
    return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
        ? ""
        : e.awsErrorDetails().errorCode();
  }

  /// Whether AWS says that there is no such thing: `InvalidVpcID.NotFound`, `NoSuchEntity`,
  /// `LoadBalancerNotFound`.
  static boolean notFound(AwsServiceException e) {
    String code = errorCode(e);
    return code.contains("NotFound") || code.startsWith("NoSuch");
  }

  static String cause(Throwable failure) {
    if (failure instanceof AwsServiceException e) {
      return (errorCode(e) + " " + e.statusCode()).strip();
    }
    return failure instanceof RemoteCall.Overdue
        ? String.valueOf(failure.getMessage())
        : BucketProblems.cause(failure);
  }

  static SskubaException of(String what, Throwable failure) {
    if (failure instanceof SskubaException known) {
      return known;
    }
    ProblemCode code = code(failure);
    return new SskubaException(
        Problem.of(code, summary(code, what))
            .fact("cause", cause(failure))
            .next("sskuba-ctl explain " + code.id()),
        failure);
  }

  private static String summary(ProblemCode code, String what) {
    return switch (code) {
      case CLOUD_CREDENTIALS -> "AWS does not accept the credentials: " + what;
      case CLOUD_DENIED -> "AWS denies " + what;
      case CLOUD_THROTTLED -> "AWS turned the requests away for being too many: " + what;
      default -> "AWS cannot be asked for " + what;
    };
  }
}
