package io.sskuba.problem;

import org.jspecify.annotations.Nullable;

/// The one exception that carries a [Problem] to the boundary that prints it.
public final class SskubaException extends RuntimeException {
  private final Problem problem;

  public SskubaException(Problem problem) {
    this(problem, null);
  }

  public SskubaException(Problem problem, @Nullable Throwable cause) {
    super(problem.code().id() + ": " + problem.summary(), cause);
    this.problem = problem;
  }

  public static SskubaException of(ProblemCode code, String summary) {
    return new SskubaException(Problem.of(code, summary));
  }

  public Problem problem() {
    return problem;
  }
}
