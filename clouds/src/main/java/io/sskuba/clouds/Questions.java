package io.sskuba.clouds;

import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/// Many questions to a cloud at once, each with a limit of its own. A question that gets no answer
/// is noted with its cause and costs no other its answer; credentials that are refused end all.
///
/// @param <P> the parts that are asked apart
public class Questions<P extends Enum<P>> {
  /// How a cloud's refusals are told.
  public interface Refusals {
    ProblemCode code(Throwable failure);

    String cause(Throwable failure);

    SskubaException of(String what, Throwable failure);
  }

  private final Refusals refusals;
  private final Function<P, String> words;
  private final Duration limit;
  private final Semaphore places;
  private final Map<P, String> unasked = new TreeMap<>();

  /// @param words what a part is called
  /// @param limit of one question
  /// @param atOnce questions at a time
  protected Questions(Refusals refusals, Function<P, String> words, Duration limit, int atOnce) {
    this.refusals = refusals;
    this.words = words;
    this.limit = limit;
    this.places = new Semaphore(atOnce);
  }

  /// Starts a question.
  public <T> CompletableFuture<T> ask(Callable<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("cloud question")
        .start(
            () -> {
              places.acquireUninterruptibly();
              try {
                answer.complete(RemoteCall.run(limit, question));
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
  public <T> T answer(P part, CompletableFuture<T> question, T otherwise) {
    try {
      return question.join();
    } catch (CompletionException e) {
      Throwable failure = failure(e);
      if (refusals.code(failure) == ProblemCode.CLOUD_CREDENTIALS) {
        throw refusals.of(words.apply(part), failure);
      }
      unasked.putIfAbsent(part, refusals.cause(failure));
      return otherwise;
    }
  }

  /// The answer of the one question without which the others mean nothing.
  public static <T> T needed(Refusals refusals, String what, CompletableFuture<T> question) {
    try {
      return question.join();
    } catch (CompletionException e) {
      throw refusals.of(what, failure(e));
    }
  }

  private static Throwable failure(CompletionException e) {
    Throwable failure = e.getCause() == null ? e : e.getCause();
    if (failure instanceof Error error) {
      throw error;
    }
    return failure;
  }

  /// Parts without an answer, and why.
  public Map<P, String> unasked() {
    return unasked;
  }
}
