package io.sskuba.clouds.azure;

import io.sskuba.clouds.Questions;
import io.sskuba.infra.azure.AzureFacts.Part;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.util.concurrent.CompletableFuture;

/// Many questions to Azure at once.
/// - Limits: [#AT_ONCE] at a time, [Arm#LIMIT] a question.
final class Asks extends Questions<Part> {
  /// Resource Manager lets 250 reads of a subscription burst, and 25 more come each second.
  /// - Source: https://learn.microsoft.com/azure/azure-resource-manager/management/
  ///   request-limits-and-throttling
  private static final int AT_ONCE = 24;

  private static final Refusals REFUSALS =
      new Refusals() {
        @Override
        public ProblemCode code(Throwable failure) {
          return AzureProblems.code(failure);
        }

        @Override
        public String cause(Throwable failure) {
          return AzureProblems.cause(failure);
        }

        @Override
        public SskubaException of(String what, Throwable failure) {
          return AzureProblems.of(what, failure);
        }
      };

  Asks() {
    super(REFUSALS, Part::words, Arm.LIMIT.plusSeconds(2), AT_ONCE);
  }

  /// The answer of the one question without which the others mean nothing.
  static <T> T needed(String what, CompletableFuture<T> question) {
    return needed(REFUSALS, what, question);
  }
}
