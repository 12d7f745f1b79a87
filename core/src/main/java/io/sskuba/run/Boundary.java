package io.sskuba.run;

/// The three instants of a mutation at which a run can die. Every effect of a pipeline passes all
/// of them, in one place.
public enum Boundary {
  BEFORE_EFFECT,
  AFTER_EFFECT,
  AFTER_JOURNAL;

  /// Told each boundary as it is passed. Production does nothing; the crash matrix throws or kills
  /// here.
  @FunctionalInterface
  public interface Probe {
    Probe NONE = (phase, boundary) -> {};

    void passed(String phase, Boundary boundary);
  }
}
