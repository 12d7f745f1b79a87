package io.sskuba.status;

import io.sskuba.run.RunEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where the time of a run went, from its events.
///
/// A span is on the critical path when the run waited for it: walking back from the end, the span
/// that ended last before the current point. Work beside the pipeline is on it only for the part
/// that nothing else covers.
///
/// @param phases in order of their start, milliseconds from the start of the run
public record Timeline(String run, List<Span> phases, long totalMs, long criticalPathMs) {

  public Timeline {
    phases = List.copyOf(phases);
  }

  public record Span(
      String name, long startMs, long endMs, boolean criticalPath, long modelledMs) {}

  /// Of the last run in `events`, or null when there is none.
  public static @Nullable Timeline of(List<RunEvent> events) {
    if (events.isEmpty()) {
      return null;
    }
    String run = events.getLast().run();
    Map<String, Instant> starts = new LinkedHashMap<>();
    Map<String, Instant> ends = new LinkedHashMap<>();
    Map<String, Long> modelled = new LinkedHashMap<>();
    Map<String, Long> missing = new LinkedHashMap<>();
    Instant first = null;
    Instant last = Instant.EPOCH;
    for (RunEvent event : events) {
      if (!event.run().equals(run)) {
        continue;
      }
      if (first == null) {
        first = event.time();
      }
      last = event.time().isAfter(last) ? event.time() : last;
      switch (event.kind()) {
        case PHASE_STARTED -> starts.putIfAbsent(event.phase(), event.time());
        case PHASE_FINISHED, PHASE_FAILED -> ends.put(event.phase(), event.time());
        case WAITING, RESOURCE, LOG, RUN_FINISHED -> {}
      }
      modelled.merge(event.phase(), event.modelledMs(), Long::sum);
      missing.merge(event.phase(), event.modelledMs() - event.waitedMs(), Long::sum);
    }
    if (first == null) {
      return null;
    }
    List<Span> spans = new ArrayList<>();
    for (Map.Entry<String, Instant> start : starts.entrySet()) {
      Instant end = ends.getOrDefault(start.getKey(), last);
      spans.add(
          new Span(
              start.getKey(),
              Duration.between(first, start.getValue()).toMillis(),
              Duration.between(first, end).toMillis(),
              false,
              modelled.getOrDefault(start.getKey(), 0L)));
    }
    return critical(
        run,
        atFullLength(spans, missing),
        total(Duration.between(first, last).toMillis(), missing));
  }

  private static long total(long measured, Map<String, Long> missing) {
    return measured + missing.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Modelled waits count at full length: a phase that had some ends that much later than it was
  /// seen to, and so begins and ends what came after it.
  private static List<Span> atFullLength(List<Span> spans, Map<String, Long> missing) {
    List<Span> out = new ArrayList<>();
    for (Span span : spans) {
      long before = 0;
      for (Span other : spans) {
        if (other.endMs() <= span.startMs() && !other.name().equals(span.name())) {
          before += missing.getOrDefault(other.name(), 0L);
        }
      }
      long own = missing.getOrDefault(span.name(), 0L);
      out.add(
          new Span(
              span.name(),
              span.startMs() + before,
              span.endMs() + before + own,
              span.criticalPath(),
              span.modelledMs()));
    }
    return out;
  }

  private static Timeline critical(String run, List<Span> spans, long total) {
    List<Span> byEnd = new ArrayList<>(spans);
    byEnd.sort(Comparator.comparingLong(Span::endMs).thenComparingLong(Span::startMs).reversed());
    List<String> critical = new ArrayList<>();
    long at = total;
    long length = 0;
    for (Span span : byEnd) {
      if (span.startMs() < at && span.endMs() <= at + 1 && span.endMs() > span.startMs()) {
        critical.add(span.name());
        length += span.endMs() - span.startMs();
        at = span.startMs();
      }
    }
    List<Span> marked = new ArrayList<>();
    for (Span span : spans) {
      marked.add(
          new Span(
              span.name(),
              span.startMs(),
              span.endMs(),
              critical.contains(span.name()),
              span.modelledMs()));
    }
    marked.sort(Comparator.comparingLong(Span::startMs).thenComparing(Span::name));
    return new Timeline(run, marked, total, length);
  }
}
