package io.sskuba.clouds.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.FileStateStore;
import io.sskuba.state.ObjectStateStore;
import io.sskuba.state.SplitStateStore;
import io.sskuba.state.StateStore;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitStateStoreContractTest extends StateStoreContract {
  private final MemoryBucket bucket = new MemoryBucket();
  @TempDir Path folder;

  @Override
  StateStore open() {
    return new SplitStateStore(local(), this::shared);
  }

  private StateStore local() {
    return new FileStateStore(folder.resolve("local"), TimeSource.system(), RandomSource.system());
  }

  private StateStore shared() {
    return new ObjectStateStore(
        bucket, folder.resolve("shared"), TimeSource.system(), RandomSource.system());
  }

  private static ClusterRecord of(String name, String target) {
    return new ClusterRecord(
        1,
        name,
        "id" + name,
        name,
        name + ".example.org",
        false,
        target,
        "creating",
        null,
        null,
        Instant.EPOCH,
        null,
        null,
        Json.object(),
        Json.object(),
        null);
  }

  @Test
  void clustersOfThisMachineAndRehearsalsStayHere() {
    StateStore store = open();
    store.create(of("here", "local"));
    store.create(of("box", "docker"));
    store.create(of("cloud", "aws"));
    store.create(record("cloud", "r", "cloud.example.org", true));
    assertThat(local().list())
        .extracting(ClusterRecord::key)
        .containsExactly("box", "here", "rehearsal.cloud");
    assertThat(shared().list()).extracting(ClusterRecord::key).containsExactly("cloud");
    assertThat(open().list())
        .extracting(ClusterRecord::key)
        .containsExactly("box", "cloud", "here", "rehearsal.cloud");
    assertCode(ProblemCode.NAME_TAKEN, () -> open().create(of("here", "aws")));
  }

  /// The store of the team goes away: what is here is still shown, and worked with.
  @Test
  void whatIsHereNeedsNothingElse() {
    StateStore store = open();
    store.create(of("here", "local"));
    store.create(of("cloud", "aws"));
    bucket.fail = true;
    try (StateStore.HeldLease lease = store.acquire("here", "run")) {
      store.appendJournal("here", "{}");
      store.appendEvent("here", "{}");
      store.update(of("here", "local"));
      store.putReceipt("here", "id", "{}");
      store.remove("here");
      assertThat(lease.alive()).isTrue();
      assertThat(store.receipts("here")).hasSize(1);
    }
    store.create(record("x", "r", "x.example.org", true));
    StateStore.Survey survey = store.survey();
    assertThat(survey.records()).extracting(ClusterRecord::key).containsExactly("rehearsal.x");
    assertThat(survey.problems()).hasSize(1);
    assertThat(store.ofThisMachine().list()).hasSize(1);
    assertCode(ProblemCode.STATE_UNREACHABLE, () -> store.find("cloud"));
    bucket.fail = false;
    assertThat(List.of(store.find("cloud").orElseThrow().target())).containsExactly("aws");
  }
}
