package io.sskuba.cli;

import io.sskuba.spec.Nearest;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.SpecDocs;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "explain",
    description = "Documentation of a key of the cluster file, or of a problem code.",
    footer = {"", "Examples:", "  sskuba-ctl explain target.workers", "  sskuba-ctl explain SSK-TALOS-004"})
final class ExplainCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;

  @Parameters(paramLabel = "KEY|CODE", description = "For example target.workers.gpu, or SSK-SPEC-001.")
  String word = "";

  ExplainCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    for (ProblemCode code : ProblemCode.values()) {
      if (code.id().equalsIgnoreCase(word)) {
        session
            .out()
            .println(
                code.id() + " " + code.name().toLowerCase(Locale.ROOT).replace('_', '-') + ", exit "
                    + code.kind().exitCode() + "\n\n" + code.explanation());
        return 0;
      }
    }
    session.out().println(SpecDocs.explain(word).orElseThrow(this::unknown));
    return 0;
  }

  private SskubaException unknown() {
    List<String> words = new ArrayList<>(SpecDocs.keys());
    for (ProblemCode code : ProblemCode.values()) {
      words.add(code.id());
    }
    Problem problem = Problem.of(ProblemCode.USAGE, "no key and no problem code is called " + word);
    String nearest = Nearest.of(word, words);
    return new SskubaException(nearest == null ? problem : problem.fact("nearest", nearest));
  }
}
