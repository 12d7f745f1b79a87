package io.sskuba.infra.pulumi;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Turns what the engine reported into one problem: which resource, and what its provider said.
final class FailureReport {
  private static final int CAUSES_MAX = 5;
  private static final int TAIL_MAX = 800;
  private static final Pattern CODE = Pattern.compile("SSK-[A-Z]+-[0-9]{3}");

  private FailureReport() {}

  /// @param text the engine's own output, for failures outside any resource
  static Problem of(String what, @Nullable EngineEvents events, String text) {
    List<EngineEvents.Failure> failures = events == null ? List.of() : events.failures();
    EngineEvents.Failure first =
        failures.stream()
            .filter(f -> !f.urn().isEmpty() && !EngineEvents.typeOf(f.urn()).startsWith("pulumi:"))
            .findFirst()
            .orElse(failures.isEmpty() ? null : failures.getFirst());
    if (first == null) {
      return Problem.of(code(text), what + " failed").fact("cause", tail(text));
    }
    boolean resource = !EngineEvents.typeOf(first.urn()).startsWith("pulumi:");
    String subject =
        !first.urn().isEmpty() && resource
            ? " of " + EngineEvents.typeOf(first.urn()) + " " + EngineEvents.name(first.urn())
            : "";
    Problem problem =
        Problem.of(code(first.message()), what + subject + " failed")
            .fact("cause", first.message());
    List<EngineEvents.Failure> others =
        failures.stream()
            .filter(f -> !Objects.equals(f, first))
            .filter(f -> !f.urn().isEmpty() && !EngineEvents.typeOf(f.urn()).startsWith("pulumi:"))
            .distinct()
            .limit(CAUSES_MAX)
            .toList();
    for (EngineEvents.Failure other : others) {
      problem = problem.fact("also", EngineEvents.name(other.urn()) + ": " + other.message());
    }
    return problem;
  }

  /// A provider of ours puts its own code into the message.
  static ProblemCode code(String message) {
    Matcher matcher = CODE.matcher(message);
    if (matcher.find()) {
      for (ProblemCode code : ProblemCode.values()) {
        if (code.id().equals(matcher.group())) {
          return code;
        }
      }
    }
    return CLOUDS.stream()
        .filter(word -> word.pattern().matcher(message).find())
        .map(Word::code)
        .findFirst()
        .orElse(ProblemCode.INFRA_FAILED);
  }

  private static final String BLOB = "blob (?:\\(key \"[^\"]*\"\\) )?\\(code=\\w+\\)";

  private record Word(Pattern pattern, ProblemCode code) {
    static Word of(ProblemCode code, String pattern) {
      return new Word(Pattern.compile(pattern), code);
    }
  }

  /// Error codes of the clouds' own interfaces, as their providers pass them on.
  /// - Source: EC2 API "Error codes"; Azure Resource Manager "Common deployment errors"; vSphere
  ///   API fault types.
  private static final List<Word> CLOUDS =
      List.of(
          // A bucket of the state, in the words of gocloud.dev/blob, which the engine writes it
          // with;
          // first, since its codes are those of the clouds too.
          Word.of(
              ProblemCode.STATE_DENIED,
              BLOB
                  + "(?s:.*)(?:PermissionDenied|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch"
                  + "|ExpiredToken|InvalidToken|AuthenticationFailed|AuthorizationFailure"
                  + "|AuthorizationPermissionMismatch|StatusCode: 403)"),
          Word.of(ProblemCode.STATE_UNREACHABLE, BLOB),
          // Before other words: the record's name stands in the text and may hold any of them.
          Word.of(
              ProblemCode.DNS_NAME_TAKEN,
              "Tried to create resource record set .* but it already exists"
                  + "|already existing resource .*/dns[zZ]ones/"),
          // The engine's own words: pkg/plugin, "could not install", "no resource plugin".
          Word.of(
              ProblemCode.PROVIDER_MISSING,
              "[Cc]ould not (?:automatically )?(?:download|install|find) .*plugin"
                  + "|could not load plugin|no (?:required )?resource plugin"
                  + "|[Mm]issing required plugin|failed to (?:download|load) plugin"
                  + "|could not find latest version for provider|install the plugin using"),
          Word.of(
              ProblemCode.CLOUD_CREDENTIALS,
              "ExpiredToken|InvalidClientTokenId|AuthFailure|RequestExpired|NoCredentialProviders"
                  + "|no valid credential sources|ExpiredAuthenticationToken|InvalidAuthenticationToken"
                  + "|AADSTS[0-9]+|InvalidLogin|NotAuthenticated"),
          Word.of(
              ProblemCode.CLOUD_DENIED,
              "UnauthorizedOperation|AccessDenied|AuthorizationFailed|LinkedAuthorizationFailed"
                  + "|NoPermission|not authorized to perform"),
          Word.of(
              ProblemCode.CLOUD_CAPACITY,
              "InsufficientInstanceCapacity|InsufficientHostCapacity|SkuNotAvailable"
                  + "|ZonalAllocationFailed|OverconstrainedZonalAllocationRequest|AllocationFailed"
                  + "|InsufficientResourcesFault|NoCompatibleHost"),
          Word.of(
              ProblemCode.CLOUD_QUOTA,
              "(?<!Request)LimitExceeded|QuotaExceeded|CountLimitReached|InstanceLimitExceeded"
                  + "|exceeding approved .* quota"),
          Word.of(
              ProblemCode.CLOUD_THROTTLED,
              "RequestLimitExceeded|Throttling|TooManyRequests|SlowDown"));

  private static String tail(String text) {
    String plain = text.strip();
    return plain.length() > TAIL_MAX ? "…" + plain.substring(plain.length() - TAIL_MAX) : plain;
  }
}
