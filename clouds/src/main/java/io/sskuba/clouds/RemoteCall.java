package io.sskuba.clouds;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Runs a library's blocking call on a thread of its own: an interrupt of the caller is kept for
/// later, and a call that ignores its own deadline ends for the caller all the same.
public final class RemoteCall {
  private RemoteCall() {}

  /// A call took longer than its limit.
  public static final class Overdue extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Overdue(Duration limit) {
      super("no answer within " + limit.toSeconds() + "s");
    }
  }

  /// Errors: the runtime exceptions of `call`, [Overdue].
  public static <T> T run(Duration limit, Callable<T> call) {
    FutureTask<T> task = new FutureTask<>(call);
    Thread thread = Thread.ofVirtual().name("cloud call").unstarted(task);
    // Libraries look for their parts through the thread.
    thread.setContextClassLoader(RemoteCall.class.getClassLoader());
    thread.start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          thread.interrupt();
          throw new Overdue(limit);
        } catch (ExecutionException e) {
          throw unwrapped(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException unwrapped(@Nullable Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(cause);
  }
}
