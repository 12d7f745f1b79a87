package io.sskuba.cli;

import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.run.RunEvent;
import java.io.PrintStream;

/// A run as JSON lines and nothing else: what `--events -` writes to standard error.
final class JsonProgress implements Progress {
  private final PrintStream out;
  private final TimeSource time;
  private RunEvent last;

  JsonProgress(PrintStream out, TimeSource time) {
    this.out = out;
    this.time = time;
    this.last = new RunEvent(time.now(), "", "", "", RunEvent.Kind.LOG, "", null, 0, null, 0);
  }

  @Override
  public synchronized void event(RunEvent event) {
    last = event;
    out.println(Json.compact(event.toJson()));
  }

  /// Said by nobody's phase, so as a `log` event of where the run is.
  @Override
  public synchronized void note(String text) {
    out.println(
        Json.compact(
            new RunEvent(
                    time.now(),
                    last.run(),
                    last.cluster(),
                    last.phase(),
                    RunEvent.Kind.LOG,
                    text,
                    null,
                    last.elapsedMs(),
                    null,
                    0)
                .toJson()));
  }
}
