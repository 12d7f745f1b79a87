package io.sskuba.cli;

import io.sskuba.problem.Problem;
import java.util.Locale;

/// A problem as text on standard error (docs/problems.md): code and summary, aligned facts, what
/// exists, what to type next.
final class ProblemPrinter {
  private ProblemPrinter() {}

  static String text(Problem problem, boolean colored) {
    StringBuilder text = new StringBuilder();
    text.append(colored ? "\u001b[1;31merror:\u001b[0m " : "error: ");
    text.append(problem.code().id()).append(": ").append(problem.summary()).append('\n');
    for (Problem.Fact fact : problem.facts()) {
      line(text, fact.label(), fact.value());
    }
    for (String exists : problem.exists()) {
      line(text, "exists", exists);
    }
    for (String next : problem.next()) {
      line(text, "next", next);
    }
    if (problem.run() != null) {
      line(text, "run", problem.run());
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String label, String value) {
    String[] lines = value.split("\n", -1);
    text.append(String.format(Locale.ROOT, "  %-9s %s%n", label, lines[0]));
    for (int i = 1; i < lines.length; i++) {
      text.append("            ").append(lines[i]).append('\n');
    }
  }
}
