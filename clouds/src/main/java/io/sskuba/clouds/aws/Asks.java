package io.sskuba.clouds.aws;

import io.sskuba.clouds.RemoteCall;
import io.sskuba.infra.aws.AwsFacts.Part;
import io.sskuba.problem.ProblemCode;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;

/// Many questions to AWS at once, each with a limit of its own. A question that gets no answer is
/// noted with its cause and costs no other its answer; credentials that are refused end all.
/// - Limits: [#AT_ONCE] at a time, [#LIMIT] a question.
final class Asks {
  /// EC2 lets some tens of `Describe` calls burst.
  private static final int AT_ONCE = 20;

  private static final Duration LIMIT = AwsClients.LIMIT.plusSeconds(2);

  private final Semaphore places = new Semaphore(AT_ONCE);
  private final Map<Part, String> unasked = new TreeMap<>();

  /// Starts a question.
  <T> CompletableFuture<T> ask(Callable<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("aws ask")
        .start(
            () -> {
              places.acquireUninterruptibly();
              try {
                answer.complete(RemoteCall.run(LIMIT, question));
              } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e);
              } finally {
                places.release();
              }
            });
    return answer;
  }

  /// The answer, or `otherwise` where there was none.
  ///
  /// Errors: `CLOUD_CREDENTIALS`.
  <T> T answer(Part part, CompletableFuture<T> question, T otherwise) {
    try {
      return question.join();
    } catch (CompletionException e) {
      Throwable failure = e.getCause() == null ? e : e.getCause();
      if (failure instanceof Error error) {
        throw error;
      }
      if (AwsProblems.code(failure) == ProblemCode.CLOUD_CREDENTIALS) {
        throw AwsProblems.of(part.words(), failure);
      }
      unasked.putIfAbsent(part, AwsProblems.cause(failure));
      return otherwise;
    }
  }

  /// The answer of the one question without which the others mean nothing.
  static <T> T needed(String what, CompletableFuture<T> question) {
    try {
      return question.join();
    } catch (CompletionException e) {
      Throwable failure = e.getCause() == null ? e : e.getCause();
      if (failure instanceof Error error) {
        throw error;
      }
      throw AwsProblems.of(what, failure);
    }
  }

  /// Parts without an answer, and why.
  Map<Part, String> unasked() {
    return unasked;
  }
}
