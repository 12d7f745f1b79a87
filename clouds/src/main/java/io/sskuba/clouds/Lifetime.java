package io.sskuba.clouds;

import io.sskuba.cloud.CloudAccount.Identity;
import io.sskuba.infra.Platform;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.spec.Durations;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Whether credentials last for a run.
public final class Lifetime {
  /// Credentials that end sooner than this are as good as ended.
  private static final Duration BREATH = Duration.ofSeconds(60);

  private Lifetime() {}

  /// Stops what would begin with credentials that have ended; warns where they end in its midst.
  public static Optional<Platform.Finding> finding(
      Identity identity, Duration expected, Instant now) {
    if (identity.expires().isEmpty()) {
      return Optional.empty();
    }
    Duration left = Duration.between(now, identity.expires().get());
    if (left.compareTo(expected) >= 0) {
      return Optional.empty();
    }
    boolean over = left.compareTo(BREATH) < 0;
    return Optional.of(
        new Platform.Finding(
            over,
            Problem.of(
                    ProblemCode.CLOUD_CREDENTIALS,
                    over
                        ? "the credentials have ended"
                        : "the credentials end before the run may be over")
                .fact(
                    "cause",
                    identity.subject()
                        + " until "
                        + identity.expires().get()
                        + ", a run may take "
                        + Durations.format(expected))
                .fact(
                    "do",
                    over
                        ? "sign in again"
                        : "sign in again before, or go on with the same command when they ended")));
  }
}
