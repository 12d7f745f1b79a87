package io.sskuba.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.infra.Platform.Finding;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import java.util.List;
import org.junit.jupiter.api.Test;

/// All findings become one problem with the exit code of what has to be seen to first.
class FindingsTest {
  private static Finding finding(boolean stops, ProblemCode code, String what) {
    return new Finding(stops, Problem.of(code, what).fact("cause", "because").fact("do", "this"));
  }

  private static final List<Finding> ALL =
      List.of(
          finding(true, ProblemCode.CLOUD_QUOTA, "quota"),
          finding(true, ProblemCode.CLOUD_NAME_TAKEN, "name"),
          finding(true, ProblemCode.SPEC_INVALID, "file"),
          finding(false, ProblemCode.CLOUD_OVERLAP, "overlap"),
          finding(true, ProblemCode.CLOUD_DENIED, "rights"),
          finding(true, ProblemCode.GIT_UNREACHABLE, "git"));

  @Test
  void theGravestIsTheProblemAndAllOthersStandInIt() {
    Problem problem = Findings.of(ALL, List.of()).stops().orElseThrow();
    assertThat(problem.code()).isEqualTo(ProblemCode.CLOUD_DENIED);
    assertThat(problem.code().kind().exitCode()).isEqualTo(5);
    assertThat(problem.facts())
        .contains(
            new Problem.Fact("cause", "because"),
            new Problem.Fact("also", "SSK-SPEC-001: file (because; to do: this)"),
            new Problem.Fact("warning", "overlap (because; to do: this)"));
    assertThat(problem.facts()).filteredOn(f -> f.label().equals("also")).hasSize(4);
  }

  @Test
  void exitCodesFollowTheOrder() {
    assertThat(exit(ProblemCode.CLOUD_QUOTA)).isEqualTo(7);
    assertThat(exit(ProblemCode.CLOUD_QUOTA, ProblemCode.CLOUD_NAME_TAKEN)).isEqualTo(6);
    assertThat(exit(ProblemCode.CLOUD_NAME_TAKEN, ProblemCode.SPEC_INVALID)).isEqualTo(3);
    assertThat(exit(ProblemCode.SPEC_INVALID, ProblemCode.CLOUD_CREDENTIALS)).isEqualTo(5);
  }

  private static int exit(ProblemCode... codes) {
    List<Finding> findings = List.of(codes).stream().map(code -> finding(true, code, "x")).toList();
    return Findings.of(findings, List.of()).stops().orElseThrow().code().kind().exitCode();
  }

  @Test
  void whatIsLeftOutStopsNothing() {
    Findings findings =
        Findings.of(List.of(finding(true, ProblemCode.GIT_UNREACHABLE, "git")), List.of("gitops"));
    assertThat(findings.stops()).isEmpty();
    assertThat(findings.warnings()).containsExactly("git (because; to do: this)");
  }
}
