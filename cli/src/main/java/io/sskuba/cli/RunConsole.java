package io.sskuba.cli;

import io.sskuba.apply.Ports;
import io.sskuba.io.Json;
import io.sskuba.io.SuppressForbidden;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Boundary;
import io.sskuba.run.Parking;
import io.sskuba.run.Run;
import io.sskuba.run.RunEvent;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/// A run as its user meets it: progress on standard error, events in files, Ctrl-C.
///
/// The first Ctrl-C (or SIGTERM) parks the run at its next safe point; the second ends the process
/// with 130.
final class RunConsole implements AutoCloseable {
  private static final int SEEN_SHOWN = 20;
  private final Session session;
  private final Progress progress;
  private final @Nullable BufferedWriter file;
  private final Parking parking = new Parking();
  private final List<String> early = new ArrayList<>();
  private final Set<String> seen = new LinkedHashSet<>();
  private @Nullable String key;
  private boolean recorded;

  private RunConsole(Session session, Progress progress, @Nullable BufferedWriter file) {
    this.session = session;
    this.progress = progress;
    this.file = file;
  }

  static RunConsole open(Session session, @Nullable String eventsFile) {
    try {
      BufferedWriter writer = null;
      if (eventsFile != null && !eventsFile.equals("-")) {
        writer =
            Files.newBufferedWriter(
                session.environment().workingFolder().resolve(eventsFile), StandardCharsets.UTF_8);
      }
      Progress progress =
          "-".equals(eventsFile)
              ? new JsonProgress(session.err(), session.ports().time())
              : session.errIsTerminal()
                  ? new TerminalProgress(session)
                  : new PlainProgress(session.err());
      RunConsole console = new RunConsole(session, progress, writer);
      console.catchSignals();
      return console;
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.USAGE, "cannot write events to " + eventsFile)
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  @SuppressForbidden(reason = "the second Ctrl-C ends the process at once")
  private void catchSignals() {
    for (String name : List.of("INT", "TERM")) {
      Signal.handle(
          new Signal(name),
          _ -> {
            if (parking.requested()) {
              session.err().println();
              session.err().flush();
              Runtime.getRuntime().halt(130);
            }
            parking.request();
            progress.note("stopping at the next safe point; press Ctrl-C again to stop at once");
          });
    }
  }

  /// A new run of `cluster`, empty until that is known. Its events go to the cluster's event log as
  /// soon as the cluster has a record.
  Run run(String cluster) {
    recorded = false;
    Ports ports = session.ports();
    String id =
        DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss")
                .withZone(ZoneOffset.UTC)
                .format(ports.time().now())
            + "-"
            + HexFormat.of().formatHex(ports.random().bytes(3));
    return new Run(id, cluster, ports.time(), this::event, parking, Boundary.Probe.NONE);
  }

  @Nullable String key() {
    return key;
  }

  /// Resources that this run made or found, as `TYPE NAME`; the first 20.
  synchronized List<String> seen() {
    return seen.stream().limit(SEEN_SHOWN).toList();
  }

  private void remember(RunEvent event) {
    String resource = event.resource();
    if (event.kind() == RunEvent.Kind.RESOURCE && resource != null) {
      String named = resource.replaceFirst("::", " ");
      if (event.message().equals("delete done")) {
        seen.remove(named);
      } else if (event.message().endsWith(" done") && event.observation() == null) {
        seen.add(named);
      }
    }
  }

  private synchronized void event(RunEvent event) {
    remember(event);
    if (!event.cluster().isEmpty()) {
      key = event.cluster().replace("rehearsal/", "rehearsal.");
    }
    progress.event(event);
    String line = Json.compact(event.toJson());
    try {
      if (file != null) {
        file.write(line);
        file.newLine();
        file.flush();
      }
    } catch (IOException e) {
      progress.note("events file: " + e.getMessage());
    }
    keep(line);
  }

  private void keep(String line) {
    @Nullable String cluster = key;
    Ports ports = session.ports();
    if (cluster == null || !recorded(ports, cluster)) {
      if (early.size() < 1000) {
        early.add(line);
      }
      return;
    }
    try {
      for (String earlier : early) {
        ports.store().appendEvent(cluster, earlier);
      }
      early.clear();
      ports.store().appendEvent(cluster, line);
    } catch (SskubaException e) {
      progress.note("event log: " + e.problem().summary());
    }
  }

  /// Once it is, the store is not asked again: it drops events of a cluster that is gone.
  private boolean recorded(Ports ports, String cluster) {
    try {
      recorded = recorded || ports.store().find(cluster).isPresent();
      return recorded;
    } catch (SskubaException e) {
      return false;
    }
  }

  void finish() {
    progress.finish();
  }

  @Override
  public void close() throws IOException {
    progress.finish();
    if (file != null) {
      file.close();
    }
  }
}
