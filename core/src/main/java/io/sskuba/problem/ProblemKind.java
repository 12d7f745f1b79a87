package io.sskuba.problem;

/// The class of a failure. It decides the exit code (contract, section 3).
public enum ProblemKind {
  INTERNAL(1),
  USAGE(2),
  SPEC(3),
  DENIED(4),
  CREDENTIAL(5),
  CONFLICT(6),
  REMOTE(7),
  TIMEOUT(8),
  PARKED(10);

  private final int exitCode;

  ProblemKind(int exitCode) {
    this.exitCode = exitCode;
  }

  /// The process exit code of a command that ends with a problem of this kind.
  public int exitCode() {
    return exitCode;
  }
}
