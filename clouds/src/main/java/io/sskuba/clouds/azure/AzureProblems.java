package io.sskuba.clouds.azure;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.storage.blob.models.BlobStorageException;
import io.sskuba.clouds.BucketProblems;
import io.sskuba.clouds.RemoteCall;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What Azure's refusals are here. Causes hold the error's code and status; a service's text may
/// repeat what it was sent, and Entra's holds the names of directories and applications.
/// - Source: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/
///   common-deployment-errors, https://learn.microsoft.com/entra/identity-platform/
///   reference-error-codes
final class AzureProblems {
  /// That of Entra's codes which says most is the first.
  private static final Pattern ENTRA = Pattern.compile("AADSTS[0-9]{4,9}");

  /// A subscription that these credentials are not shown; Azure says 404 for it.
  private static final Set<String> UNSEEN =
      Set.of("SubscriptionNotFound", "InvalidSubscriptionId", "InvalidAuthenticationTokenTenant");

  private static final int DEPTH = 8;

  private AzureProblems() {}

  static ProblemCode code(Throwable failure) {
    return switch (failure) {
      case SskubaException known -> known.problem().code();
      case ArmFailure arm -> code(arm);
      case BlobStorageException blob ->
          code(new ArmFailure(blob.getStatusCode(), String.valueOf(blob.getErrorCode())));
      case ClientAuthenticationException _ -> told(failure, ProblemCode.CLOUD_CREDENTIALS);
      default ->
          told(
              failure,
              entra(failure) == null ? ProblemCode.CLOUD_UNASKED : ProblemCode.CLOUD_CREDENTIALS);
    };
  }

  private static ProblemCode told(Throwable failure, ProblemCode otherwise) {
    SskubaException known = known(failure);
    return known == null ? otherwise : known.problem().code();
  }

  /// A problem of ours that a library carried: it asks us for what it shows to Entra.
  private static @Nullable SskubaException known(Throwable failure) {
    Throwable at = failure;
    for (int depth = 0; at != null && depth < DEPTH; depth++) {
      if (at instanceof SskubaException problem) {
        return problem;
      }
      at = at.getCause();
    }
    return null;
  }

  private static ProblemCode code(ArmFailure failure) {
    if (failure.status() == 401 || UNSEEN.contains(failure.code())) {
      return ProblemCode.CLOUD_CREDENTIALS;
    }
    if (failure.status() == 403) {
      return ProblemCode.CLOUD_DENIED;
    }
    if (failure.status() == 429) {
      return ProblemCode.CLOUD_THROTTLED;
    }
    return failure.code().toLowerCase(Locale.ROOT).contains("quota")
        ? ProblemCode.CLOUD_QUOTA
        : ProblemCode.CLOUD_UNASKED;
  }

  static boolean notFound(ArmFailure failure) {
    return failure.status() == 404 && !UNSEEN.contains(failure.code());
  }

  /// Entra's own code in a library's message, or its causes'.
  private static @Nullable String entra(Throwable failure) {
    Throwable at = failure;
    for (int depth = 0; at != null && depth < DEPTH; depth++) {
      Matcher code = ENTRA.matcher(String.valueOf(at.getMessage()));
      if (code.find()) {
        return code.group();
      }
      at = at.getCause();
    }
    return null;
  }

  static String cause(Throwable failure) {
    String entra = entra(failure);
    if (entra != null) {
      return entra;
    }
    return switch (failure) {
      case SskubaException known -> known.problem().summary();
      case ArmFailure arm -> String.valueOf(arm.getMessage());
      case BlobStorageException blob -> (blob.getErrorCode() + " " + blob.getStatusCode()).strip();
      case RemoteCall.Overdue overdue -> String.valueOf(overdue.getMessage());
      case ClientAuthenticationException _ -> "no token was given for them";
      default -> BucketProblems.cause(root(failure));
    };
  }

  private static Throwable root(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof IllegalStateException && cause != null ? cause : failure;
  }

  static SskubaException of(String what, Throwable failure) {
    SskubaException known = known(failure);
    if (known != null) {
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
      case CLOUD_CREDENTIALS -> "Azure does not accept the credentials: " + what;
      case CLOUD_DENIED -> "Azure denies " + what;
      case CLOUD_THROTTLED -> "Azure turned the requests away for being too many: " + what;
      case CLOUD_QUOTA -> "a quota of the subscription is used up: " + what;
      default -> "Azure cannot be asked for " + what;
    };
  }
}
