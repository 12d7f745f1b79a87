package io.sskuba.cli;

import io.sskuba.run.RunEvent;
import java.io.PrintStream;
import java.util.Locale;

/// Progress without a terminal: one line a change, no cursor movement.
final class PlainProgress implements Progress {
  private final PrintStream err;

  PlainProgress(PrintStream err) {
    this.err = err;
  }

  @Override
  public synchronized void event(RunEvent event) {
    String text =
        switch (event.kind()) {
          case PHASE_STARTED -> "";
          case WAITING -> "waiting for " + event.message() + ": " + event.observation();
          case PHASE_FINISHED -> "done" + (event.message().isEmpty() ? "" : ": " + event.message());
          case PHASE_FAILED -> "failed: " + event.message();
          case RESOURCE ->
              event.message().endsWith("done") && !event.message().startsWith("same")
                  ? event.message().replace(" done", "d") + " " + event.resource()
                  : "";
          case LOG -> event.message();
          case RUN_FINISHED -> "";
        };
    if (!text.isEmpty()) {
      err.printf(Locale.ROOT, "%7.1fs  %-24s %s%n", event.elapsedMs() / 1000.0, event.phase(), text);
      err.flush();
    }
  }

  @Override
  public synchronized void note(String text) {
    err.println(text);
    err.flush();
  }
}
