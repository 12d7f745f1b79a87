package io.sskuba.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.FileStateStore;
import io.sskuba.state.StateStore.HeldLease;
import io.sskuba.wait.Observation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The engine on a real store: journal, boundaries, parking.
class RunTest {
  @TempDir Path folder;
  private FileStateStore store;
  private HeldLease lease;
  private final List<RunEvent> events = new ArrayList<>();
  private final Parking parking = new Parking();

  /// What a mutation made, as the world would keep it: it outlives runs.
  private int made;

  private boolean there;

  private final class Make implements Mutation<String, Integer> {
    @Override
    public String digest(String input) {
      return input;
    }

    @Override
    public JsonNode encode(Integer output) {
      return Json.object().put("n", output);
    }

    @Override
    public Integer decode(JsonNode journalled, String input) {
      return journalled.path("n").asInt();
    }

    @Override
    public boolean stillThere(Integer output, String input, PhaseContext context) {
      return there;
    }

    @Override
    public Integer run(String input, PhaseContext context) {
      if (!there) {
        made++;
        there = true;
      }
      return made;
    }
  }

  @BeforeEach
  void open() {
    store = new FileStateStore(folder, TimeSource.system(), RandomSource.system());
    store.create(
        new ClusterRecord(
            1,
            "demo",
            "0123456789",
            "demo",
            "demo.sskuba.test",
            false,
            "local",
            "creating",
            null,
            null,
            Instant.EPOCH,
            null,
            null,
            Json.object(),
            Json.object(),
            null));
    lease = store.acquire("demo", "run-1");
  }

  @AfterEach
  void close() {
    lease.close();
  }

  private Run run(Boundary.Probe probe) {
    Run run = new Run("run-1", "demo", TimeSource.system(), events::add, parking, probe);
    run.journalTo(Journal.open(store, "demo"), lease::alive);
    return run;
  }

  @Test
  void aJournalledMutationThatIsStillThereIsNotRunAgain() throws InterruptedException {
    assertThat(run(Boundary.Probe.NONE).phase(new Make(), "a")).isEqualTo(1);
    assertThat(run(Boundary.Probe.NONE).phase(new Make(), "a")).isEqualTo(1);
    assertThat(events.getLast().message()).isEqualTo("as journalled");
  }

  @Test
  void anotherInputOrAVanishedEffectRunsItAgain() throws InterruptedException {
    run(Boundary.Probe.NONE).phase(new Make(), "a");
    there = false;
    assertThat(run(Boundary.Probe.NONE).phase(new Make(), "a")).isEqualTo(2);
    there = false;
    assertThat(run(Boundary.Probe.NONE).phase(new Make(), "b")).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(Boundary.class)
  void aDeathAtAnyBoundaryEndsInTheSameEffectOnce(Boundary death) throws InterruptedException {
    Run dying =
        run(
            (_, boundary) -> {
              if (boundary == death) {
                throw new IllegalStateException("killed at " + boundary);
              }
            });
    assertThatThrownBy(() -> dying.phase(new Make(), "a")).hasMessageContaining("killed");
    assertThat(run(Boundary.Probe.NONE).phase(new Make(), "a")).isEqualTo(1);
    assertThat(made).isEqualTo(1);
  }

  @Test
  void aParkedRunStopsBeforeItsNextPhaseAndInAWait() {
    Run run = run(Boundary.Probe.NONE);
    parking.request();
    assertParked(() -> run.phase(new Make(), "a"));
    assertThat(made).isZero();
  }

  @Test
  void aWaitIsLeftWhenTheRunIsParked() {
    Run run = run(Boundary.Probe.NONE);
    Phase<String, String> waiting =
        (_, context) ->
            context.await(
                "never",
                Duration.ofMinutes(1),
                Duration.ofMillis(1),
                ProblemCode.KUBE_UNREACHABLE,
                () -> {
                  parking.request();
                  return Observation.notYet("not yet");
                });
    assertParked(() -> run.phase(waiting, ""));
  }

  @Test
  void aTimeOutCarriesTheLastObservation() {
    Run run = run(Boundary.Probe.NONE);
    Phase<String, String> waiting =
        (_, context) ->
            context.await(
                "etcd",
                Duration.ofMillis(20),
                Duration.ofMillis(1),
                ProblemCode.ETCD_UNHEALTHY,
                () -> Observation.notYet("state Preparing"));
    assertThatThrownBy(() -> run.phase(waiting, ""))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.ETCD_UNHEALTHY);
              assertThat(e.problem().facts().toString()).contains("state Preparing");
            });
    assertThat(events.stream().map(RunEvent::kind))
        .contains(RunEvent.Kind.WAITING, RunEvent.Kind.PHASE_FAILED);
  }

  @Test
  void aJournalThatCannotBeReadIsRefusedAndLeftAsItIs() throws IOException {
    store.appendJournal("demo", "{\"kind\":\"done\"}");
    store.appendJournal("demo", "{torn");
    store.appendJournal("demo", "{\"kind\":\"done\"}");
    Path file = folder.resolve("clusters/demo/journal.jsonl");
    byte[] before = Files.readAllBytes(file);
    assertThatThrownBy(() -> Journal.open(store, "demo"))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.STATE_CORRUPT));
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  private static void assertParked(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.INTERRUPTED);
              assertThat(e.problem().code().kind().exitCode()).isEqualTo(10);
            });
  }
}
