package io.sskuba.clouds.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.ObjectBucket;
import io.sskuba.state.ObjectStateStore;
import io.sskuba.state.StateStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The contract over a bucket in memory, and what only a bucket can do wrong.
class ObjectStateStoreTest extends StateStoreContract {
  private final MemoryBucket bucket = new MemoryBucket();
  private final SteppedTime time = new SteppedTime();

  @Override
  StateStore open() {
    return open(TimeSource.system());
  }

  private StateStore open(TimeSource clock) {
    return new ObjectStateStore(bucket, Path.of("/nowhere"), clock, RandomSource.system());
  }

  /// Monotonic time that goes on when told, and with each sleep.
  private static final class SteppedTime implements TimeSource {
    private volatile long nanos;

    void step(Duration d) {
      nanos += d.toNanos();
    }

    @Override
    public Instant now() {
      return Instant.EPOCH.plusNanos(nanos);
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void sleep(Duration d) throws InterruptedException {
      if (Thread.currentThread().isVirtual()) {
        Thread.sleep(Duration.ofHours(1)); // no renewal and no flush in the background
      }
      step(d);
    }
  }

  /// The write took effect and the answer was lost: a library sends it again and is refused.
  @Test
  void aRefusalByOurOwnWriteIsNone() {
    StateStore store = open();
    bucket.loseAnswers = 3;
    store.create(record("demo", "a"));
    bucket.loseAnswers = 1;
    try (StateStore.HeldLease lease = store.acquire("demo", "run")) {
      bucket.loseAnswers = 1;
      store.appendJournal("demo", "{\"n\":1}");
      bucket.loseAnswers = 1;
      store.update(record("demo", "a").withState("ready", null, null));
      assertThat(lease.alive()).isTrue();
    }
    assertThat(store.journal("demo")).containsExactly("{\"n\":1}");
    bucket.loseAnswers = 1;
    store.putReceipt("demo", "a", "{}");
    assertThat(store.receipts("demo")).hasSize(1);
  }

  /// A creator died between its claim of the FQDN and its record.
  @Test
  void aClaimWithoutARecordBindsNobody() {
    bucket.put(
        "names/demo.example.org.json",
        "{\"key\":\"dead\",\"clusterId\":\"x\"}".getBytes(StandardCharsets.UTF_8));
    open().create(record("demo", "a"));
    assertThat(open().list()).hasSize(1);
    assertCode(
        ProblemCode.NAME_TAKEN,
        () -> open().create(record("other", "b", "demo.example.org", false)));
  }

  /// What a delete goes by when the record says nothing: its bytes, and what lies under its key.
  @Test
  void withoutARecordThatCanBeReadWhatLiesThereIsFoundAndGoes() {
    for (boolean missing : List.of(false, true)) {
      StateStore store = open();
      store.create(record("other", "b"));
      store.create(record("bad", "a"));
      store.putSealed("bad", "x.age", new byte[] {7});
      store.appendJournal("bad", "{\"n\":1}");
      byte[] torn = "{\"format\": 1, \"tar".getBytes(StandardCharsets.UTF_8);
      if (missing) {
        bucket.delete("records/bad.json");
      } else {
        bucket.put("records/bad.json", torn);
      }
      StateStore later = open();
      assertThat(later.holds("bad")).isTrue();
      assertThat(later.recordBytes("bad").isPresent()).isNotEqualTo(missing);
      assertThat(later.clusterIds("bad")).containsExactly("a");
      assertThat(later.sealed("bad", "x.age").orElseThrow()).containsExactly(7);
      assertThat(later.journal("bad")).containsExactly("{\"n\":1}");
      try (StateStore.HeldLease _ = later.acquire("bad", "run")) {
        later.remove("bad");
      }
      assertThat(later.holds("bad")).isFalse();
      assertThat(bucket.names("", 100)).noneMatch(n -> n.contains("/bad"));
      later.create(record("bad", "c"));
      assertThat(later.sealed("bad", "x.age")).isEmpty();
      for (String key : List.of("bad", "other")) {
        try (StateStore.HeldLease _ = later.acquire(key, "run")) {
          later.remove(key);
        }
      }
    }
  }

  @Test
  void aDamagedRecordIsRefusedAndKeptAndHidesNoOther() {
    StateStore store = open();
    store.create(record("bad", "a"));
    store.create(record("good", "b"));
    for (String text : List.of("", "[]", "{\"format\": 1}", "\0\0")) {
      bucket.put("records/bad.json", text.getBytes(StandardCharsets.UTF_8));
      assertCode(ProblemCode.STATE_CORRUPT, () -> store.find("bad"));
      assertCode(ProblemCode.STATE_CORRUPT, () -> store.update(record("bad", "a")));
      assertCode(ProblemCode.STATE_CORRUPT, () -> store.create(record("bad", "c")));
      assertCode(ProblemCode.STATE_CORRUPT, store::list);
      assertThat(bucket.read("records/bad.json").map(ObjectBucket.Stored::bytes).orElseThrow())
          .asString()
          .isEqualTo(text);
      StateStore.Survey survey = store.survey();
      assertThat(survey.records()).extracting(ClusterRecord::key).containsExactly("good");
      assertThat(survey.problems()).hasSize(1);
    }
    bucket.put("records/bad.json", "{\"format\": 2}".getBytes(StandardCharsets.UTF_8));
    assertCode(ProblemCode.STATE_NEWER, () -> store.find("bad"));
  }

  /// The holder's machine is gone; by the store's clock its term is over and nobody renews.
  @Test
  void aLeaseOfADeadMachineIsTakenOnceItRanOut() {
    StateStore store = open();
    store.create(record("demo", "a"));
    bucket.put(
        "leases/demo.json",
        ("{\"format\":1,\"holder\":\"ann\",\"host\":\"far\",\"pid\":7,\"pidStart\":1,\"bootId\":\"other\","
                + "\"run\":\"r0\",\"until\":\""
                + Instant.now().plusSeconds(40)
                + "\",\"token\":\"t0\",\"renewals\":2}")
            .getBytes(StandardCharsets.UTF_8));
    assertThat(store.lease("demo").orElseThrow().host()).isEqualTo("far");
    assertCode(ProblemCode.LEASE_HELD, () -> store.acquire("demo", "run"));
    bucket.clockOffset = Duration.ofSeconds(41);
    StateStore waiting = open(time);
    long before = time.nanos();
    try (StateStore.HeldLease lease = waiting.acquire("demo", "run")) {
      assertThat(lease.alive()).isTrue();
      assertThat(Duration.ofNanos(time.nanos() - before))
          .as("looked for a renewal first")
          .isGreaterThanOrEqualTo(Duration.ofSeconds(20));
    }
  }

  /// The holder cannot reach the store for its whole term: it must stop before others may begin.
  @Test
  void aHolderThatCannotRenewStopsEarly() {
    StateStore store = open(time);
    store.create(record("demo", "a"));
    StateStore.HeldLease lease = store.acquire("demo", "run");
    bucket.fail = true;
    time.step(Duration.ofSeconds(49));
    assertThat(lease.alive()).isTrue();
    time.step(Duration.ofSeconds(2));
    assertThat(lease.alive()).isFalse();
    bucket.fail = false;
    assertThat(lease.alive()).as("nobody took it: renewed").isTrue();
    lease.close();
  }

  @Test
  void aHolderWhoseLeaseWasTakenIsTold() {
    StateStore store = open(time);
    store.create(record("demo", "a"));
    StateStore.HeldLease lease = store.acquire("demo", "run");
    bucket.put("leases/demo.json", other(Instant.now().plusSeconds(50)));
    time.step(Duration.ofSeconds(51));
    assertThat(lease.alive()).isFalse();
    assertCode(ProblemCode.LEASE_HELD, () -> store.appendJournal("demo", "{}"));
    lease.close();
    assertThat(open().lease("demo").orElseThrow().host()).as("not freed by us").isEqualTo("far");
  }

  private static byte[] other(Instant until) {
    return ("{\"format\":1,\"holder\":\"ann\",\"host\":\"far\",\"pid\":7,\"pidStart\":1,\"bootId\":\"o\","
            + "\"run\":\"r0\",\"until\":\""
            + until
            + "\",\"token\":\"t0\",\"renewals\":2}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aRemovalThatFailedHalfwayIsFoundAndDoneAgain() {
    StateStore store = open();
    store.create(record("demo", "a"));
    store.appendJournal("demo", "{}");
    store.putSealed("demo", "x.age", new byte[1]);
    store.remove("demo");
    assertThat(bucket.names("", 100)).isEmpty();
  }

  @Test
  void theStoreGoingAwayIsOneProblemAndLosesNoEvent() {
    StateStore store = open();
    store.create(record("demo", "a"));
    try (StateStore.HeldLease lease = store.acquire("demo", "run")) {
      store.appendEvent("demo", "{\"n\":1}");
      bucket.fail = true;
      assertCode(ProblemCode.STATE_UNREACHABLE, () -> store.appendJournal("demo", "{}"));
      store.appendEvent("demo", "{\"n\":2}");
      bucket.fail = false;
      assertThat(lease.alive()).isTrue();
    }
    assertThat(store.events("demo")).containsExactly("{\"n\":1}", "{\"n\":2}");
  }
}
