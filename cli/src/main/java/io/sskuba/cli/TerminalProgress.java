package io.sskuba.cli;

import io.sskuba.io.TimeSource;
import io.sskuba.run.RunEvent;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Progress on a terminal: one line a finished phase with its time, and live lines for what goes on
/// now.
final class TerminalProgress implements Progress {
  /// A terminal is watched in real time.
  private static final TimeSource CLOCK = TimeSource.system();

  private static final int LIVE_MAX = 6;

  private final PrintStream err;
  private final boolean colored;
  private final int width;
  private final Map<String, String> live = new LinkedHashMap<>();
  private final Map<String, Long> started = new LinkedHashMap<>();
  private int drawn;
  private boolean finished;
  private final Thread ticker;

  TerminalProgress(Session session) {
    this.err = session.err();
    this.colored = session.colored();
    this.width = session.terminalWidth();
    this.ticker = Thread.ofVirtual().start(this::tick);
  }

  /// Elapsed times of live lines move twice a second.
  private void tick() {
    try {
      while (true) {
        CLOCK.sleep(Duration.ofMillis(500));
        synchronized (this) {
          if (finished) {
            return;
          }
          redraw();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void event(RunEvent event) {
    String phase = event.phase();
    switch (event.kind()) {
      case PHASE_STARTED -> {
        live.put(phase, "");
        started.put(phase, CLOCK.nanos() - event.elapsedMs() * 1_000_000);
      }
      case WAITING -> live.replace(phase, event.message() + ": " + event.observation());
      case LOG -> live.replace(phase, event.message());
      case RESOURCE -> {
        @Nullable String resource = event.resource();
        live.replace(
            phase,
            event.message()
                + " "
                + (resource == null ? "" : resource.substring(resource.indexOf("::") + 2)));
      }
      case PHASE_FINISHED -> settle(phase, "\u2714", "32", event);
      case PHASE_FAILED -> settle(phase, "\u2718", "31", event);
      case RUN_FINISHED -> {}
    }
    redraw();
  }

  private void settle(String phase, String mark, String color, RunEvent event) {
    erase();
    live.remove(phase);
    String sign = colored ? "\u001b[" + color + "m" + mark + "\u001b[0m" : mark;
    err.println(
        sign
            + " "
            + cut(
                String.format(
                    Locale.ROOT,
                    "%-24s %6.1fs  %s",
                    phase,
                    event.elapsedMs() / 1000.0,
                    event.message())));
  }

  private void redraw() {
    erase();
    for (Map.Entry<String, String> line : live.entrySet()) {
      if (drawn == LIVE_MAX) {
        break;
      }
      double seconds = (CLOCK.nanos() - started.getOrDefault(line.getKey(), CLOCK.nanos())) / 1e9;
      err.println(
          "\u00b7 "
              + cut(
                  String.format(
                      Locale.ROOT, "%-24s %6.1fs  %s", line.getKey(), seconds, line.getValue())));
      drawn++;
    }
    err.flush();
  }

  private void erase() {
    for (; drawn > 0; drawn--) {
      err.print("\u001b[1A\u001b[2K");
    }
  }

  private String cut(String text) {
    return text.length() <= width - 3 ? text : text.substring(0, width - 4) + "\u2026";
  }

  @Override
  public synchronized void note(String text) {
    erase();
    err.println(text);
    redraw();
  }

  @Override
  public synchronized void finish() {
    finished = true;
    ticker.interrupt();
    erase();
    live.clear();
    err.flush();
  }
}
