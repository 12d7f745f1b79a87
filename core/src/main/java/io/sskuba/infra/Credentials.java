package io.sskuba.infra;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.spec.Durations;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/// The credentials that a platform works with, as they are now: renewed where they renew
/// themselves.
///
/// @param subject the user, role or service, as the cloud names it
/// @param account the account, subscription or server that they open
/// @param until when they end; empty where they do not, or nobody says
public record Credentials(String subject, String account, Optional<Instant> until) {

  /// Whether they last so long from `now` on.
  public boolean last(Duration needed, Instant now) {
    return until.isEmpty() || !until.get().isBefore(now.plus(needed));
  }

  /// Why a run stops before `next`: they end too soon. The run goes on later, with these renewed or
  /// with others of the same account.
  public Problem ending(String next, Duration needed, Instant now) {
    Instant end = until.orElse(now).truncatedTo(ChronoUnit.SECONDS);
    Duration left = Duration.between(now, end);
    return Problem.of(
            ProblemCode.CREDENTIALS_ENDING,
            "stopped at a safe point before " + next + ": the credentials last until " + end)
        .fact("credentials", subject + (account.isEmpty() ? "" : " in " + account))
        .fact(
            "left",
            left.isNegative() ? "none" : Durations.format(left.truncatedTo(ChronoUnit.SECONDS)))
        .fact("needed", Durations.format(needed))
        .fact("do", "sign in again, as anybody who may work in this account");
  }

  /// Refuses credentials of another account than the one that a cluster is in: there it would be
  /// made a second time, and all of it would seem gone.
  ///
  /// @param known the account that the cluster is in; empty where that is not known
  public Optional<Problem> elsewhere(String known, String cluster) {
    if (known.isEmpty() || account.isEmpty() || known.equals(account)) {
      return Optional.empty();
    }
    return Optional.of(
        Problem.of(
                ProblemCode.CLOUD_OTHER_ACCOUNT,
                cluster + " is in account " + known + ", the credentials are of " + account)
            .fact("credentials", subject)
            .fact("do", "sign in to " + known)
            .exists("cluster " + cluster + ", untouched"));
  }
}
