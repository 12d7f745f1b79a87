package io.sskuba.apply;

import io.sskuba.infra.Platform.Finding;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.ProblemKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Everything that was seen before anything is made, as one problem and as warnings.
final class Findings {
  /// Whoever is not let in has to see to that first; then to the file; the rest may pass.
  private static final List<ProblemKind> ORDER =
      List.of(
          ProblemKind.CREDENTIAL,
          ProblemKind.SPEC,
          ProblemKind.DENIED,
          ProblemKind.CONFLICT,
          ProblemKind.REMOTE,
          ProblemKind.TIMEOUT);

  /// Findings about a section that is left out stop nothing.
  private static final Map<ProblemCode, String> SECTIONS =
      Map.of(
          ProblemCode.GIT_DENIED, "gitops",
          ProblemCode.GIT_UNREACHABLE, "gitops",
          ProblemCode.ACCESS_UNREACHABLE, "access.teleport");

  private final List<Problem> stopping = new ArrayList<>();
  private final List<Problem> warning = new ArrayList<>();

  private Findings() {}

  /// @param leftOut sections of the file that this release does not act on
  static Findings of(List<Finding> all, List<String> leftOut) {
    Findings findings = new Findings();
    for (Finding finding : all) {
      String section = SECTIONS.getOrDefault(finding.problem().code(), "");
      boolean stops = finding.stops() && !leftOut.contains(section);
      (stops ? findings.stopping : findings.warning).add(finding.problem());
    }
    findings.stopping.sort(Comparator.comparingInt(p -> rank(p.code().kind())));
    return findings;
  }

  private static int rank(ProblemKind kind) {
    int rank = ORDER.indexOf(kind);
    return rank < 0 ? ORDER.size() : rank;
  }

  /// The first problem by what a user has to see to first, with all others in it.
  Optional<Problem> stops() {
    if (stopping.isEmpty()) {
      return Optional.empty();
    }
    Problem problem = stopping.getFirst();
    for (Problem other : stopping.subList(1, stopping.size())) {
      problem = problem.fact("also", other.code().id() + ": " + line(other));
    }
    for (Problem other : warning) {
      problem = problem.fact("warning", line(other));
    }
    return Optional.of(problem);
  }

  /// One line each, cause and help in it.
  List<String> warnings() {
    return warning.stream().map(Findings::line).toList();
  }

  static String line(Problem problem) {
    Set<String> told = Set.of("cause", "do", "observed");
    String more =
        problem.facts().stream()
            .filter(f -> told.contains(f.label()))
            .map(f -> f.label().equals("do") ? "to do: " + f.value() : f.value())
            .collect(Collectors.joining("; "));
    return more.isEmpty() ? problem.summary() : problem.summary() + " (" + more + ")";
  }
}
