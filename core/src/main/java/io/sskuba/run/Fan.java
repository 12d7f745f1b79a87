package io.sskuba.run;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// The same work for many things at once: all succeed, or the first failure is thrown and the rest
/// are interrupted.
///
/// The shape of structured concurrency (JEP 505) without its preview API.
/// - Limits: at most [#AT_ONCE] at a time, so that 1,000 machines do not open 1,000 connections.
public final class Fan {
  public static final int AT_ONCE = 64;

  private Fan() {}

  /// Work for one element.
  @FunctionalInterface
  public interface Work<I, O> {
    O apply(I input) throws InterruptedException;
  }

  /// Results in the order of `inputs`.
  public static <I, O> List<O> out(List<I> inputs, Work<? super I, ? extends O> work)
      throws InterruptedException {
    Semaphore places = new Semaphore(AT_ONCE);
    List<Future<O>> running = new ArrayList<>(inputs.size());
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (I input : inputs) {
        running.add(
            executor.submit(
                () -> {
                  places.acquire();
                  try {
                    return work.apply(input);
                  } finally {
                    places.release();
                  }
                }));
      }
      List<O> results = new ArrayList<>(inputs.size());
      try {
        for (Future<O> future : running) {
          results.add(future.get());
        }
        return results;
      } catch (ExecutionException e) {
        running.forEach(f -> f.cancel(true));
        throw unwrapped(e);
      } catch (InterruptedException e) {
        running.forEach(f -> f.cancel(true));
        throw e;
      }
    }
  }

  private static RuntimeException unwrapped(ExecutionException e) throws InterruptedException {
    @Nullable Throwable cause = e.getCause();
    if (cause instanceof InterruptedException interrupted) {
      throw interrupted;
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
  }
}
