package io.sskuba.wait;

/// What one look at a condition saw.
public sealed interface Observation<T> {
  record Met<T>(T value) implements Observation<T> {}

  /// @param what what was seen instead, in plain words; it becomes the `observed` line of a timeout
  record NotYet<T>(String what) implements Observation<T> {}

  static <T> Observation<T> met(T value) {
    return new Met<>(value);
  }

  static <T> Observation<T> notYet(String what) {
    return new NotYet<>(what);
  }
}
