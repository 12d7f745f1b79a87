package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ClusterRecord;
import io.sskuba.status.Timeline;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "timeline",
    description = "Where the time of the last run went; the critical path is drawn solid.",
    footer = {"", "Example:", "  sskuba-ctl timeline demo"})
final class TimelineCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;
  @Mixin OutputOption output;

  @Parameters(paramLabel = "NAME", description = "Name or FQDN of the cluster.")
  String name = "";

  TimelineCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ClusterRecord record = NameArgument.require(session, name);
    @Nullable Timeline timeline = Timeline.of(EventLog.of(session, record.key()));
    if (timeline == null) {
      throw SskubaException.of(ProblemCode.CLUSTER_UNKNOWN, name + " has no events");
    }
    session
        .out()
        .print(session.json() ? json(timeline) : picture(timeline, session.terminalWidth()));
    return 0;
  }

  private static String json(Timeline timeline) {
    ObjectNode json = Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Timeline");
    json.put("run", timeline.run());
    ArrayNode phases = json.putArray("phases");
    for (Timeline.Span span : timeline.phases()) {
      phases
          .addObject()
          .put("name", span.name())
          .put("startMs", span.startMs())
          .put("endMs", span.endMs())
          .put("criticalPath", span.criticalPath())
          .put("modelledMs", span.modelledMs());
    }
    json.put("totalMs", timeline.totalMs()).put("criticalPathMs", timeline.criticalPathMs());
    return Json.pretty(json);
  }

  /// One bar a phase: solid where the run waited for it, hollow where it ran beside.
  static String picture(Timeline timeline, int width) {
    int bar = Math.max(10, width - 40);
    double scale = timeline.totalMs() == 0 ? 0 : (double) bar / timeline.totalMs();
    StringBuilder text = new StringBuilder();
    for (Timeline.Span span : timeline.phases()) {
      int from = (int) Math.min(bar - 1, Math.round(span.startMs() * scale));
      int length =
          (int)
              Math.max(
                  1, Math.min(bar - from, Math.round((span.endMs() - span.startMs()) * scale)));
      text.append(
          String.format(
              Locale.ROOT, "%-24s %7.2fs ", span.name(), (span.endMs() - span.startMs()) / 1000.0));
      text.repeat(" ", from).repeat(span.criticalPath() ? "\u2588" : "\u2591", length).append('\n');
    }
    text.append(
        String.format(
            Locale.ROOT,
            "total %.2fs, critical path %.2fs (\u2588 the run waited for it, \u2591 beside)%n",
            timeline.totalMs() / 1000.0,
            timeline.criticalPathMs() / 1000.0));
    return text.toString();
  }
}
