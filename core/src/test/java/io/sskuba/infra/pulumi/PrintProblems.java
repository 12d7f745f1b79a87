package io.sskuba.infra.pulumi;

import io.sskuba.problem.SskubaException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/// Shows a failed test's problem with its facts, which the exception's message leaves out.
final class PrintProblems implements TestExecutionExceptionHandler {
  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    if (failure instanceof SskubaException e) {
      throw new AssertionError(e.problem().toString(), e);
    }
    throw failure;
  }
}
