package io.sskuba.cli;

import io.sskuba.delete.ByTagRequest;
import io.sskuba.delete.DeletePipeline;
import io.sskuba.delete.DeleteRequest;
import io.sskuba.delete.Deleted;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Run;
import java.time.Duration;
import java.util.Set;

/// Runs the delete pipeline for a command.
final class Deletion {
  /// The store of the state says itself what to look at; the delete is to be run again besides.
  private static final Set<ProblemCode> AWAY =
      Set.of(ProblemCode.STATE_UNREACHABLE, ProblemCode.STATE_DENIED);

  private final Session session;

  private Deletion(Session session) {
    this.session = session;
  }

  static Deletion of(Session session) {
    return new Deletion(session);
  }

  Deleted delete(RunConsole console, String key, Duration deadline) throws InterruptedException {
    try {
      return end(
          console, key, (pipeline, run) -> pipeline.run(run, new DeleteRequest(key, deadline)));
    } catch (SskubaException e) {
      throw new SskubaException(goesOn(e.problem(), key.replace("rehearsal.", "rehearsal/")), e);
    }
  }

  /// What a delete that stopped in the middle leaves, and the command that goes on.
  private static Problem goesOn(Problem problem, String name) {
    Problem told = problem;
    if (told.exists().isEmpty()) {
      told = told.exists("cluster " + name + ", as far as it is not deleted yet");
    }
    if (told.next().isEmpty() || AWAY.contains(told.code())) {
      told = told.next("sskuba-ctl delete " + name + " --yes");
    }
    return told;
  }

  Deleted byTag(RunConsole console, ByTagRequest request) throws InterruptedException {
    return end(console, request.key(), (pipeline, run) -> pipeline.byTag(run, request));
  }

  @FunctionalInterface
  private interface Way {
    Deleted take(DeletePipeline pipeline, Run run) throws InterruptedException;
  }

  private Deleted end(RunConsole console, String key, Way way) throws InterruptedException {
    Run run = console.run(key.replace("rehearsal.", "rehearsal/"));
    try {
      Deleted deleted =
          way.take(new DeletePipeline(session.ports(), Wiring.signer(session.ports())), run);
      run.finished("deleted");
      return deleted;
    } catch (SskubaException e) {
      run.finished("failed: " + e.problem().code().id());
      throw new SskubaException(e.problem().run(run.id()), e);
    }
  }
}
