package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.apply.PlanFile;
import io.sskuba.apply.PlanReport;
import io.sskuba.apply.PlanRequest;
import io.sskuba.apply.Planned;
import io.sskuba.apply.Planning;
import io.sskuba.apply.SignedPlan;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.Durations;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "plan",
    description = "What apply would do, and what was changed behind our back. Nothing is touched.",
    footer = {
      "",
      "Examples:",
      "  sskuba-ctl plan -f cluster.yaml",
      "  sskuba-ctl plan -f cluster.yaml --rehearse     with no account and no network",
      "  sskuba-ctl plan -f cluster.yaml -o yaml        a Pulumi YAML program",
      "  sskuba-ctl plan -f cluster.yaml --detailed-exitcode   9: changes pending, or drift",
      "  sskuba-ctl plan -f cluster.yaml --out p.json   signed, for apply --plan"
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

  @Option(
      names = "--detailed-exitcode",
      description = "Exit 9 when changes are pending or there is drift.")
  boolean detailed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write a signed plan for apply --plan (0600).")
  @Nullable String out;

  @Option(
      names = "--valid-for",
      paramLabel = "D",
      defaultValue = "24h",
      description = "How long the signed plan may be applied (24h).")
  String validFor = "24h";

  PlanCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    rehearsal.settle();
    @Nullable Path target = outFile();
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
    Planned planned = Planning.look(session.ports(), request, session.err()::println);
    PlanReport report = planned.report();
    session.out().print(session.json() ? report.json() : report.text());
    if (target != null) {
      write(target, planned);
    }
    return detailed && report.changes() ? CHANGES_PENDING : 0;
  }

  /// Where the signed plan goes, checked before the work begins. Errors: `USAGE`.
  private @Nullable Path outFile() {
    @Nullable String given = out;
    if (given == null) {
      return null;
    }
    if (format.equals("yaml")) {
      throw SskubaException.of(
          ProblemCode.USAGE, "--out writes a signed plan; a program is printed: -o yaml > FILE");
    }
    var _ = valid();
    Path path = session.environment().workingFolder().resolve(given);
    PlanFile.refuseOthers(path);
    return path;
  }

  private Duration valid() {
    return Durations.parse(validFor)
        .filter(d -> !d.isZero())
        .orElseThrow(
            () ->
                SskubaException.of(
                    ProblemCode.USAGE,
                    "--valid-for is a duration such as 90m, 8h or 2d, not " + validFor));
  }

  private void write(Path path, Planned planned) {
    ObjectNode plan =
        SignedPlan.sign(
            planned,
            VersionCommand.VERSION,
            session.ports().time().now(),
            valid(),
            Wiring.signer(session, rehearsal.rehearse).lasting());
    PlanFile.write(path, plan);
    session.err().println("plan " + out + ", " + String.join(", ", SignedPlan.about(plan)));
    session
        .err()
        .println(
            "  next      sskuba-ctl apply "
                + (rehearsal.rehearse ? "--rehearse " : "")
                + "--file "
                + file.file
                + " --plan "
                + out);
  }
}
