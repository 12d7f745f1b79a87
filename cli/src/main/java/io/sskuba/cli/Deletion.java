package io.sskuba.cli;

import io.sskuba.delete.ByTagRequest;
import io.sskuba.delete.DeletePipeline;
import io.sskuba.delete.DeleteRequest;
import io.sskuba.delete.Deleted;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Run;
import java.time.Duration;

/// Runs the delete pipeline for a command.
final class Deletion {
  private final Session session;

  private Deletion(Session session) {
    this.session = session;
  }

  static Deletion of(Session session) {
    return new Deletion(session);
  }

  Deleted delete(RunConsole console, String key, Duration deadline) throws InterruptedException {
    return end(
        console, key, (pipeline, run) -> pipeline.run(run, new DeleteRequest(key, deadline)));
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
