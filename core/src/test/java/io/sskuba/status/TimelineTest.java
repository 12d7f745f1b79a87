package io.sskuba.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.run.RunEvent;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private static RunEvent event(String run, String phase, RunEvent.Kind kind, long atMs) {
    return new RunEvent(
        Instant.EPOCH.plusMillis(atMs), run, "demo", phase, kind, "", null, 0, null, 0);
  }

  @Test
  void whatRanBesideIsCriticalOnlyWhereTheRunWaitedForIt() {
    Timeline timeline =
        Objects.requireNonNull(
            Timeline.of(
                List.of(
                    event("r0", "old", RunEvent.Kind.PHASE_STARTED, 0),
                    event("r1", "load-spec", RunEvent.Kind.PHASE_STARTED, 1000),
                    event("r1", "load-spec", RunEvent.Kind.PHASE_FINISHED, 1100),
                    event("r1", "keys", RunEvent.Kind.PHASE_STARTED, 1100),
                    event("r1", "infra", RunEvent.Kind.PHASE_STARTED, 1100),
                    event("r1", "keys", RunEvent.Kind.PHASE_FINISHED, 1500),
                    event("r1", "infra", RunEvent.Kind.PHASE_FINISHED, 3000),
                    event("r1", "nodes", RunEvent.Kind.PHASE_STARTED, 3000),
                    event("r1", "nodes", RunEvent.Kind.PHASE_FINISHED, 4000))));
    assertThat(timeline.run()).isEqualTo("r1");
    assertThat(timeline.totalMs()).isEqualTo(3000);
    assertThat(timeline.criticalPathMs()).isEqualTo(3000);
    assertThat(timeline.phases())
        .containsExactly(
            new Timeline.Span("load-spec", 0, 100, true, 0),
            new Timeline.Span("infra", 100, 2000, true, 0),
            new Timeline.Span("keys", 100, 500, false, 0),
            new Timeline.Span("nodes", 2000, 3000, true, 0));
  }

  @Test
  void aPhaseWithoutAnEndLastsUntilTheLastEvent() {
    Timeline timeline =
        Objects.requireNonNull(
            Timeline.of(
                List.of(
                    event("r1", "wait", RunEvent.Kind.PHASE_STARTED, 0),
                    event("r1", "wait", RunEvent.Kind.LOG, 700))));
    assertThat(timeline.phases().getFirst().endMs()).isEqualTo(700);
  }

  @Test
  void noEventsNoTimeline() {
    assertThat(Timeline.of(List.of())).isNull();
  }
}
