package io.sskuba.wait;

import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.time.Duration;
import java.util.function.Consumer;

/// Looks at a condition again and again until it is met, its limit passes, or the thread is
/// interrupted.
/// - Limits: the limit of the call; between two looks at least `interval`; the observer is told at
///   most once a [#TELL_INTERVAL].
/// - Errors: the given code, with `observed` holding the last observation, told or not.
public final class Waiter {
  /// What flips between two states many times a second is told no more often than it can be read.
  static final Duration TELL_INTERVAL = Duration.ofSeconds(1);

  private final TimeSource time;
  private final Consumer<String> observer;

  /// @param observer is told what is seen when that is another thing than what it was told last
  public Waiter(TimeSource time, Consumer<String> observer) {
    this.time = time;
    this.observer = observer;
  }

  /// One look. It must itself end within a few seconds.
  @FunctionalInterface
  public interface Look<T> {
    Observation<T> look() throws InterruptedException;
  }

  public <T> T await(String name, Duration limit, Duration interval, ProblemCode code, Look<T> look)
      throws InterruptedException {
    Deadline deadline = Deadline.after(time, limit);
    String last = "nothing yet";
    String told = last;
    long quietUntil = time.nanos();
    while (true) {
      Observation<T> observation = look.look();
      switch (observation) {
        case Observation.Met<T> met -> {
          return met.value();
        }
        case Observation.NotYet<T> notYet -> {
          last = notYet.what();
          if (!last.equals(told) && time.nanos() - quietUntil >= 0) {
            observer.accept(last);
            told = last;
            quietUntil = time.nanos() + TELL_INTERVAL.toNanos();
          }
        }
      }
      if (deadline.passed()) {
        throw new SskubaException(
            Problem.of(code, name + ": not met within " + io.sskuba.spec.Durations.format(limit))
                .fact("observed", last));
      }
      time.sleep(interval.compareTo(deadline.left()) < 0 ? interval : deadline.left());
    }
  }
}
