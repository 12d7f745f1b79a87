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
          case PHASE_STARTED, RUN_FINISHED -> "";
          case WAITING -> "waiting for " + event.message() + ": " + event.observation();
          case PHASE_FINISHED -> "done";
          case PHASE_FAILED -> "failed: " + event.message();
          case RESOURCE -> changed(event);
          case LOG -> event.message();
        };
    if (!text.isEmpty()) {
      err.printf(Locale.ROOT, "%7.1fs  %-24s %s%n", event.elapsedMs() / 1000.0, event.phase(), text);
      err.flush();
    }
  }

  /// Finished changes only: what was merely looked at is no news.
  private static String changed(RunEvent event) {
    return switch (event.message()) {
      case "create done" -> "created " + event.resource();
      case "update done" -> "updated " + event.resource();
      case "replace done" -> "replaced " + event.resource();
      case "delete done" -> "deleted " + event.resource();
      default -> "";
    };
  }

  @Override
  public synchronized void note(String text) {
    err.println(text);
    err.flush();
  }
}
