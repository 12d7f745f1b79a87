package io.sskuba.run;

import io.sskuba.infra.Infrastructure.ResourceEvent;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.wait.Waiter;
import java.time.Duration;
import java.util.Locale;

/// What a phase may use besides its input: the clock, the run's events, waiting.
public interface PhaseContext {
  TimeSource time();

  String runId();

  /// A line for people: what is being done now.
  void log(String message);

  /// A step of the infrastructure engine, as an event.
  void resource(ResourceEvent event);

  /// What a simulated cloud's work would have taken in the real one.
  ///
  /// @param full the longest chain of modelled waits
  /// @param waited the part of it that was really waited
  void modelled(Duration full, Duration waited);

  /// Waits for a condition; observations become `waiting` events. A parked run leaves the wait at
  /// its next look.
  <T> T await(String what, Duration limit, Duration interval, ProblemCode code, Waiter.Look<T> look)
      throws InterruptedException;

  /// `machine-3 of 7` and the like, for logs.
  static String ordinal(int index, int of) {
    return String.format(Locale.ROOT, "%d of %d", index, of);
  }
}
