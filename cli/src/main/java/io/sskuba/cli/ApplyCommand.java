package io.sskuba.cli;

import io.sskuba.apply.ApplyPipeline;
import io.sskuba.apply.ApplyRequest;
import io.sskuba.apply.ReadyCluster;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Run;
import io.sskuba.spec.Durations;
import io.sskuba.status.StatusJson;
import io.sskuba.status.StatusProbe;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "apply",
    description = "Make the cluster of a file, or go on where an interrupted run stopped.",
    footer = {
      "",
      "On a ready, unchanged cluster it does nothing. A changed file adds or removes workers and updates",
      "lifetime, owner, labels and sealing; anything else needs --replace.",
      "",
      "Examples:",
      "  sskuba-ctl apply -f cluster.yaml",
      "  sskuba-ctl apply -f cluster.yaml --rehearse    the same file, with no cloud at all",
      "  sskuba-ctl apply -f cluster.yaml --ttl 2h",
      "  sskuba-ctl apply -f cluster.yaml --events events.jsonl -o json"
    })
final class ApplyCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;
  @Mixin FileOption file;
  @Mixin RehearseOption rehearsal;
  @Mixin OutputOption output;

  @Option(
      names = "--ttl",
      paramLabel = "D",
      description = "End the cluster this long from now: 90m, 8h, 2d.")
  @Nullable String ttl;

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  @Option(
      names = "--replace",
      description = "Delete the existing cluster and make it anew where the file needs that.")
  boolean replace;

  @Option(
      names = "--on-failure",
      paramLabel = "WHAT",
      defaultValue = "keep",
      description = "keep (default) what was made, or delete it.")
  String onFailure = "keep";

  @Option(
      names = "--events",
      paramLabel = "FILE",
      description = "Write events as JSON lines; - is standard error.")
  @Nullable String events;

  ApplyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    if (!onFailure.equals("keep") && !onFailure.equals("delete")) {
      throw SskubaException.of(
          ProblemCode.USAGE, "--on-failure is keep or delete, not " + onFailure);
    }
    rehearsal.settle();
    ApplyRequest request =
        new ApplyRequest(
            file.bytes(),
            file.file,
            file.folder(),
            rehearsal.rehearse,
            ttl(),
            replace,
            session.canAsk());
    try (RunConsole console = RunConsole.open(session, events)) {
      if (replace) {
        replaceExisting(console, request);
      }
      Run run = console.run("");
      try {
        ReadyCluster ready = new ApplyPipeline(session.ports()).run(run, request);
        run.finished("ready");
        console.finish();
        report(ready);
        return 0;
      } catch (SskubaException e) {
        run.finished("failed: " + e.problem().code().id());
        console.finish();
        throw failed(console, run, e);
      }
    }
  }

  private void replaceExisting(RunConsole console, ApplyRequest request) throws Exception {
    new Replacement(session).deleteIfDifferent(console, request, file.file, yes);
  }

  private SskubaException failed(RunConsole console, Run run, SskubaException e) throws Exception {
    Problem problem = e.problem().run(run.id());
    @Nullable String key = console.key();
    if (key == null || session.ports().store().find(key).isEmpty()) {
      return new SskubaException(problem, e);
    }
    String name = key.replace("rehearsal.", "rehearsal/");
    if (onFailure.equals("delete") && problem.code() != ProblemCode.INTERRUPTED) {
      Deletion.of(session).delete(console, key, Duration.ofMinutes(30));
      return new SskubaException(
          problem.fact("deleted", "what this run had made, with a receipt"), e);
    }
    if (problem.exists().isEmpty()) {
      problem = problem.exists("cluster " + name + ", as far as it was made; nothing was removed");
    }
    if (problem.next().isEmpty()) {
      problem =
          problem
              .next(
                  "sskuba-ctl apply "
                      + (rehearsal.rehearse ? "--rehearse " : "")
                      + "--file "
                      + file.file
                      + "   (goes on at "
                      + run.currentPhase()
                      + ")")
              .next("sskuba-ctl delete " + name);
    }
    return new SskubaException(problem, e);
  }

  private @Nullable Duration ttl() {
    @Nullable String given = ttl;
    if (given == null) {
      return null;
    }
    return Durations.parse(given)
        .filter(d -> !d.isZero())
        .orElseThrow(
            () ->
                SskubaException.of(
                    ProblemCode.USAGE, "--ttl is a duration such as 90m, 8h or 2d, not " + given));
  }

  private void report(ReadyCluster ready) {
    if (session.json()) {
      session
          .out()
          .print(
              Json.pretty(
                  StatusJson.toJson(new StatusProbe(session.ports()).probe(ready.record()), true)));
      return;
    }
    PrintStream out = session.err();
    String name = ready.record().shown();
    out.println();
    out.println(
        name
            + " is ready: "
            + ready.nodes()
            + (ready.nodes() == 1 ? " node" : " nodes")
            + ", "
            + ready.record().endpoint()
            + (ready.record().expiresAt() == null
                ? ", it never ends by itself"
                : ", it ends at "
                    + ready
                        .record()
                        .expiresAt()
                        .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)));
    for (String warning : ready.warnings()) {
      out.println("  warning   " + warning);
    }
    out.println("  next      sskuba-ctl exec " + name + " -- kubectl get nodes");
    out.println("  next      sskuba-ctl status " + name);
    out.println("  next      sskuba-ctl delete " + name);
    new ExpiredHint(session).print(out);
  }
}
