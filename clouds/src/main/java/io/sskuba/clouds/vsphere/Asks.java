package io.sskuba.clouds.vsphere;

import io.sskuba.clouds.OwnServer;
import io.sskuba.clouds.RemoteCall;
import io.sskuba.infra.vsphere.VsphereFacts.Part;
import io.sskuba.problem.ProblemCode;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;

/// Many questions to a vCenter at once. A question that gets no answer is noted with its cause and
/// costs no other its answer; credentials that are refused end all.
/// - Limits: [#AT_ONCE] at a time, [#LIMIT] a question, which may be several calls.
final class Asks {
  private static final int AT_ONCE = 20;
  private static final Duration LIMIT = OwnServer.LIMIT.plusSeconds(6);

  private final String server;
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final Map<Part, String> unasked = new TreeMap<>();

  Asks(String server) {
    this.server = server;
  }

  /// Starts a question.
  <T> CompletableFuture<T> ask(Callable<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("vsphere ask")
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
      Throwable failure = failure(e);
      if (VsphereProblems.code(failure) == ProblemCode.CLOUD_CREDENTIALS) {
        throw VsphereProblems.of(server, part.words(), failure);
      }
      unasked.putIfAbsent(part, VsphereProblems.cause(failure));
      return otherwise;
    }
  }

  /// The answer of a question without which the others mean nothing.
  <T> T needed(String what, CompletableFuture<T> question) {
    try {
      return question.join();
    } catch (CompletionException e) {
      throw VsphereProblems.of(server, what, failure(e));
    }
  }

  private static Throwable failure(CompletionException e) {
    Throwable failure = e.getCause() == null ? e : e.getCause();
    // A question that waited for another one failed by that one's cause.
    while (failure instanceof CompletionException && failure.getCause() != null) {
      failure = failure.getCause();
    }
    if (failure instanceof Error error) {
      throw error;
    }
    return failure;
  }

  /// Parts without an answer, and why.
  Map<Part, String> unasked() {
    return unasked;
  }
}
