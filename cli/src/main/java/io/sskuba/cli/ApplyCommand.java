package io.sskuba.cli;

import io.sskuba.apply.ApplyPipeline;
import io.sskuba.apply.ApplyRequest;
import io.sskuba.apply.PlanDemand;
import io.sskuba.apply.PlanFile;
import io.sskuba.apply.ReadyCluster;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.ProblemKind;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Run;
import io.sskuba.secret.Receipts;
import io.sskuba.spec.Durations;
import io.sskuba.status.StatusJson;
import io.sskuba.status.StatusProbe;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
      "On a ready, unchanged cluster it does nothing. A changed file adds or removes workers and"
          + " updates",
      "lifetime, owner, labels and sealing; anything else needs --replace.",
      "",
      "Examples:",
      "  sskuba-ctl apply -f cluster.yaml",
      "  sskuba-ctl apply -f cluster.yaml --rehearse    the same file, with no cloud at all",
      "  sskuba-ctl apply -f cluster.yaml --ttl 2h",
      "  sskuba-ctl apply -f cluster.yaml --plan p.json    exactly what was planned, or exit 4",
      "  sskuba-ctl apply -f cluster.yaml --events events.jsonl -o json"
    })
final class ApplyCommand implements Callable<Integer> {
  private static final long PLAN_KEY_MAX = 64 << 10;

  /// Failures of the making. A refusal (a plan that does not fit, a change that needs --replace,
  /// another run's lease) must not cost a cluster that was there before.
  private static final Set<ProblemKind> MADE =
      EnumSet.of(
          ProblemKind.INTERNAL, ProblemKind.CREDENTIAL, ProblemKind.REMOTE, ProblemKind.TIMEOUT);

  /// The store of the state does not answer: it cannot be asked what exists.
  private static final Set<ProblemCode> AWAY =
      EnumSet.of(ProblemCode.STATE_UNREACHABLE, ProblemCode.STATE_DENIED);

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
      names = "--plan",
      paramLabel = "FILE",
      description = "Do exactly this signed plan of plan --out, or exit 4.")
  @Nullable String plan;

  @Option(
      names = "--plan-key",
      paramLabel = "KEY",
      description = "Whose plans count besides yours: a PEM file, or the key in base64.")
  List<String> planKeys = new ArrayList<>();

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
            session.canAsk(),
            demand());
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

  private @Nullable PlanDemand demand() {
    @Nullable String given = plan;
    if (given == null) {
      if (!planKeys.isEmpty()) {
        throw SskubaException.of(ProblemCode.USAGE, "--plan-key needs --plan");
      }
      return null;
    }
    if (replace || ttl != null) {
      throw SskubaException.of(
          ProblemCode.USAGE,
          "--plan does exactly what the plan says; "
              + (replace ? "--replace" : "--ttl")
              + " would change it");
    }
    return new PlanDemand(
        PlanFile.read(session.environment().workingFolder().resolve(given), given),
        given,
        Wiring.signer(session, rehearsal.rehearse).publicKey(),
        planKeys.stream().map(this::planKey).toList(),
        VersionCommand.VERSION);
  }

  private String planKey(String given) {
    String text = given;
    try {
      Path file = session.environment().workingFolder().resolve(given);
      if (Files.isRegularFile(file) && Files.size(file) <= PLAN_KEY_MAX) {
        text = Files.readString(file);
      }
    } catch (IOException | InvalidPathException e) {
      // It is the key itself, or nothing that can be used.
      text = given;
    }
    return Receipts.readPublicKey(text)
        .orElseThrow(
            () ->
                SskubaException.of(
                    ProblemCode.USAGE,
                    "--plan-key is a file with an Ed25519 public key (PEM), or its base64"));
  }

  private void replaceExisting(RunConsole console, ApplyRequest request) throws Exception {
    new Replacement(session).deleteIfDifferent(console, request, file.file, yes);
  }

  private SskubaException failed(RunConsole console, Run run, SskubaException e) throws Exception {
    Problem problem = e.problem().run(run.id());
    @Nullable String key = console.key();
    boolean away = AWAY.contains(problem.code());
    if (key == null || !recorded(key)) {
      return new SskubaException(problem, e);
    }
    if (away) {
      problem = withSeen(problem, console.seen());
    }
    String name = key.replace("rehearsal.", "rehearsal/");
    if (onFailure.equals("delete") && !away && MADE.contains(problem.code().kind())) {
      Deletion.of(session).delete(console, key, Duration.ofMinutes(30));
      return new SskubaException(
          problem.fact("deleted", "what this run had made, with a receipt"), e);
    }
    if (problem.exists().isEmpty() || away) {
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
                      + (plan == null ? "" : " --plan " + plan)
                      + "   (goes on at "
                      + run.currentPhase()
                      + ")")
              .next("sskuba-ctl delete " + name);
    }
    return new SskubaException(problem, e);
  }

  /// What is known here of what exists, and our own way on.
  private static Problem withSeen(Problem problem, List<String> seen) {
    Set<String> exists = new LinkedHashSet<>(problem.exists());
    exists.addAll(seen);
    return new Problem(
        problem.code(),
        problem.summary(),
        problem.facts(),
        List.copyOf(exists),
        List.of(),
        problem.run());
  }

  /// Who cannot ask does not say that nothing was made.
  private boolean recorded(String key) {
    try {
      return session.ports().store().find(key).isPresent();
    } catch (SskubaException e) {
      return true;
    }
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
