package io.sskuba.clouds.aws;

import io.sskuba.clouds.Questions;
import io.sskuba.infra.aws.AwsFacts.Part;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// Many questions to AWS at once.
/// - Limits: [#AT_ONCE] at a time, [#LIMIT] a question.
final class Asks extends Questions<Part> {
  /// EC2 lets some tens of `Describe` calls burst.
  private static final int AT_ONCE = 20;

  private static final Duration LIMIT = AwsClients.LIMIT.plusSeconds(2);

  private static final Refusals REFUSALS =
      new Refusals() {
        @Override
        public ProblemCode code(Throwable failure) {
          return AwsProblems.code(failure);
        }

        @Override
        public String cause(Throwable failure) {
          return AwsProblems.cause(failure);
        }

        @Override
        public SskubaException of(String what, Throwable failure) {
          return AwsProblems.of(what, failure);
        }
      };

  Asks() {
    super(REFUSALS, Part::words, LIMIT, AT_ONCE);
  }

  /// The answer of the one question without which the others mean nothing.
  static <T> T needed(String what, CompletableFuture<T> question) {
    return needed(REFUSALS, what, question);
  }
}
