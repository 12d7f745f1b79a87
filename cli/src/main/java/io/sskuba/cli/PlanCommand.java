package io.sskuba.cli;

import io.sskuba.apply.PlanReport;
import io.sskuba.apply.PlanRequest;
import io.sskuba.apply.Planning;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "plan",
    description = "What apply would do. Nothing is touched.",
    footer = {
      "",
      "Examples:",
      "  sskuba-ctl plan -f cluster.yaml",
      "  sskuba-ctl plan -f cluster.yaml --rehearse     with no account and no network",
      "  sskuba-ctl plan -f cluster.yaml -o yaml        a Pulumi YAML program",
      "  sskuba-ctl plan -f cluster.yaml --detailed-exitcode   9 when changes are pending"
    })
final class PlanCommand implements Callable<Integer> {
  /// Contract, section 3.
  private static final int CHANGES_PENDING = 9;

  private final Session session;
  @Mixin Common common;
  @Mixin FileOption file;
  @Mixin RehearseOption rehearsal;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text, json or yaml (a Pulumi YAML program).")
  String format = "text";

  @Option(names = "--detailed-exitcode", description = "Exit 9 when changes are pending.")
  boolean detailed;

  PlanCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    rehearsal.settle();
    PlanRequest request =
        new PlanRequest(file.bytes(), file.file, file.folder(), rehearsal.rehearse);
    switch (format) {
      case "yaml" -> {
        session.out().print(Planning.yaml(session.ports(), request));
        return 0;
      }
      case "json" -> session.jsonProblems();
      case "text" -> {}
      default ->
          throw SskubaException.of(
              ProblemCode.USAGE, "--output is text, json or yaml, not " + format);
    }
    PlanReport report =
        Planning.plan(session.ports(), request, line -> session.err().println(line));
    session.out().print(session.json() ? report.json() : report.text());
    return detailed && report.changes() ? CHANGES_PENDING : 0;
  }
}
