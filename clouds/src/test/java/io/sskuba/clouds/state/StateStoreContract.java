package io.sskuba.clouds.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.Json;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// What every state store promises, whatever it lies in. A subclass opens its own; each test gets
/// an empty one.
abstract class StateStoreContract {
  /// The store as one more process of this user sees it.
  abstract StateStore open();

  static ClusterRecord record(String name, String id) {
    return record(name, id, name + ".example.org", false);
  }

  static ClusterRecord record(String name, String id, String fqdn, boolean rehearsal) {
    return new ClusterRecord(
        ClusterRecord.FORMAT,
        (rehearsal ? "rehearsal." : "") + name,
        id,
        name,
        fqdn,
        rehearsal,
        "aws",
        "creating",
        "open-lease",
        null,
        Instant.parse("2026-01-01T00:00:00Z"),
        null,
        null,
        Json.object().put("apiVersion", "sskuba.io/v1alpha1"),
        Json.object(),
        null);
  }

  static void assertCode(ProblemCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }

  @Test
  void aRecordComesBackAsItWas() {
    StateStore store = open();
    ClusterRecord plain = record("demo", "a1");
    ClusterRecord full =
        new ClusterRecord(
            1,
            "rehearsal.full",
            "abc",
            "full",
            "full.example.org",
            true,
            "aws",
            "ready",
            "await-nodes",
            "team ü",
            Instant.parse("2026-01-01T00:00:00.123456789Z"),
            Instant.parse("2026-01-02T00:00:00Z"),
            "https://1.2.3.4:6443",
            Json.object().put("a", 1.5).put("n", (String) null),
            Json.object().put("slot", 3),
            Json.object().put("code", "SSK-GEN-001"));
    store.create(plain);
    store.create(full);
    assertThat(open().list()).containsExactly(plain, full);
    ClusterRecord changed = plain.withState("ready", null, null).withEndpoint("https://x:6443");
    store.update(changed);
    assertThat(open().find("demo")).contains(changed);
    assertThat(store.find("other")).isEmpty();
    assertCode(ProblemCode.CLUSTER_UNKNOWN, () -> store.update(record("other", "x")));
  }

  @Test
  void anEmptyStoreSaysSo() {
    StateStore store = open();
    assertThat(store.list()).isEmpty();
    assertThat(store.find("demo")).isEmpty();
    assertThat(store.lease("demo")).isEmpty();
    assertThat(store.journal("demo")).isEmpty();
    assertThat(store.events("demo")).isEmpty();
    assertThat(store.sealedNames("demo")).isEmpty();
    assertThat(store.sealed("demo", "x.age")).isEmpty();
    assertThat(store.receipts("demo")).isEmpty();
    assertThat(store.receiptKeys()).isEmpty();
    store.remove("demo");
    store.appendEvent("demo", "{}");
    assertThat(store.events("demo")).isEmpty();
  }

  @Test
  void nameAndFqdnAreUniqueButARehearsalClashesWithNothing() {
    StateStore store = open();
    store.create(record("demo", "a", "demo.example.org", false));
    assertCode(
        ProblemCode.NAME_TAKEN,
        () -> store.create(record("demo", "b", "other.example.org", false)));
    assertCode(
        ProblemCode.NAME_TAKEN,
        () -> open().create(record("other", "c", "demo.example.org", false)));
    store.create(record("demo", "d", "demo.example.org", true));
    assertCode(
        ProblemCode.NAME_TAKEN, () -> store.create(record("demo", "e", "demo.example.org", true)));
    assertCode(
        ProblemCode.NAME_TAKEN, () -> store.create(record("demo", "a", "demo.example.org", false)));
    assertThat(store.list()).hasSize(2);
    store.remove("demo");
    store.create(record("other", "f", "demo.example.org", false));
  }

  @Test
  void ofManyThatCreateOneNameExactlyOneDoes() throws Exception {
    int made = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int n = i;
        String name = i % 2 == 0 ? "demo" : "demo" + i;
        results.add(
            threads.submit(
                () ->
                    made(() -> open().create(record(name, "id" + n, "demo.example.org", false)))));
      }
      for (Future<Boolean> result : results) {
        made += result.get() ? 1 : 0;
      }
    }
    assertThat(made).isEqualTo(1);
    assertThat(open().list()).hasSize(1);
  }

  @Test
  void ofManyThatTakeOneLeaseExactlyOneDoes() throws Exception {
    open().create(record("demo", "a"));
    int taken = 0;
    List<StateStore.HeldLease> leases = java.util.Collections.synchronizedList(new ArrayList<>());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int n = i;
        results.add(
            threads.submit(() -> made(() -> leases.add(open().acquire("demo", "run" + n)))));
      }
      for (Future<Boolean> result : results) {
        taken += result.get() ? 1 : 0;
      }
    }
    assertThat(taken).isEqualTo(1);
    StateStore other = open();
    assertThat(other.lease("demo").orElseThrow().run()).isEqualTo(leases.getFirst().lease().run());
    assertCode(ProblemCode.LEASE_HELD, () -> other.acquire("demo", "late"));
    assertCode(ProblemCode.LEASE_HELD, () -> other.appendJournal("demo", "{}"));
    assertCode(ProblemCode.LEASE_HELD, () -> other.update(record("demo", "a")));
    assertCode(ProblemCode.LEASE_HELD, () -> other.putSealed("demo", "a.age", new byte[1]));
    assertCode(ProblemCode.LEASE_HELD, () -> other.remove("demo"));
    assertThat(leases.getFirst().alive()).isTrue();
    leases.getFirst().close();
    assertThat(other.lease("demo")).isEmpty();
    try (StateStore.HeldLease next = other.acquire("demo", "next")) {
      assertThat(next.alive()).isTrue();
      assertThat(leases.getFirst().alive()).isFalse();
    }
  }

  private static boolean made(Runnable action) {
    try {
      action.run();
      return true;
    } catch (SskubaException e) {
      assertThat(e.problem().code())
          .isIn(Set.of(ProblemCode.NAME_TAKEN, ProblemCode.LEASE_HELD, ProblemCode.STATE_RACE));
      return false;
    }
  }

  @Test
  void aKeyIsNeverAPath() {
    StateStore store = open();
    for (String bad :
        List.of("..", "", "a/b", "../x", "A", "a-", "rehearsal.", "x".repeat(41), "a\0b", "a\nb")) {
      assertCode(ProblemCode.USAGE, () -> store.find(bad));
      assertCode(ProblemCode.USAGE, () -> store.folder(bad));
      assertCode(ProblemCode.USAGE, () -> store.acquire(bad, "run"));
      assertCode(ProblemCode.USAGE, () -> store.putReceipt(bad, "id", "{}"));
      assertCode(ProblemCode.USAGE, () -> store.remove(bad));
    }
    store.create(record("demo", "a"));
    for (String bad : List.of("../x", "a/b", "", ".hidden", "..", "x".repeat(129))) {
      assertCode(ProblemCode.USAGE, () -> store.putSealed("demo", bad, new byte[1]));
      assertCode(ProblemCode.USAGE, () -> store.sealed("demo", bad));
    }
    assertCode(ProblemCode.USAGE, () -> store.putReceipt("demo", "../x", "{}"));
  }

  @Test
  void journalLinesComeBackInOrder() {
    StateStore store = open();
    store.create(record("demo", "a"));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add("{\"n\":" + i + ",\"text\":\"ü" + "x".repeat(i * 400) + "\"}");
      store.appendJournal("demo", lines.getLast());
    }
    assertThat(store.journal("demo")).isEqualTo(lines);
    StateStore next = open();
    next.appendJournal("demo", "{\"n\":40}");
    lines.add("{\"n\":40}");
    // The first process is not told; it must not write over what it does not know.
    store.appendJournal("demo", "{\"n\":41}");
    lines.add("{\"n\":41}");
    assertThat(open().journal("demo")).isEqualTo(lines);
    assertThatThrownBy(() -> store.appendJournal("demo", "{}\n{}"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void eventsAreThereWhenTheLeaseIsFreed() {
    StateStore store = open();
    store.create(record("demo", "a"));
    List<String> lines = new ArrayList<>();
    try (StateStore.HeldLease lease = store.acquire("demo", "run")) {
      for (int i = 0; i < 200; i++) {
        lines.add("{\"n\":" + i + "}");
        store.appendEvent("demo", lines.getLast());
      }
      assertThat(lease.alive()).isTrue();
    }
    store.appendEvent("demo", "{\"n\":\"last\"}");
    lines.add("{\"n\":\"last\"}");
    assertThat(open().events("demo")).isEqualTo(lines);
  }

  @Test
  void nothingComesBackAfterItsClusterWasRemoved() {
    StateStore store = open();
    store.create(record("demo", "a"));
    store.appendJournal("demo", "{\"phase\":\"bootstrap-etcd\"}");
    store.appendEvent("demo", "{}");
    store.putSealed("demo", "secrets.yaml.age", new byte[] {1});
    store.remove("demo");
    store.remove("demo");
    assertCode(ProblemCode.CLUSTER_UNKNOWN, () -> store.appendJournal("demo", "{}"));
    assertCode(ProblemCode.CLUSTER_UNKNOWN, () -> store.putSealed("demo", "a", new byte[1]));
    assertCode(ProblemCode.CLUSTER_UNKNOWN, () -> store.update(record("demo", "a")));
    store.appendEvent("demo", "{}");
    store.create(record("demo", "b"));
    assertThat(store.journal("demo")).isEmpty();
    assertThat(store.events("demo")).isEmpty();
    assertThat(store.sealedNames("demo")).isEmpty();
  }

  @Test
  void sealedFilesAreReplacedAsAWhole() {
    StateStore store = open();
    store.create(record("demo", "a"));
    store.putSealed("demo", "b.age", new byte[] {1});
    store.putSealed("demo", "a.age", new byte[] {2});
    store.putSealed("demo", "b.age", new byte[] {3});
    assertThat(open().sealedNames("demo")).containsExactly("a.age", "b.age");
    assertThat(open().sealed("demo", "b.age").orElseThrow()).containsExactly(3);
  }

  @Test
  void receiptsStayAndAreNeverOverwritten() {
    StateStore store = open();
    store.create(record("demo-a", "x-1"));
    String first = "{\"clusterId\":\"x-1\",\"finishedAt\":\"2026-01-01T00:00:00Z\",\"left\":1}";
    String second = "{\"clusterId\":\"x-1\",\"finishedAt\":\"2026-01-01T00:00:00Z\",\"left\":0}";
    String other = "{\"clusterId\":\"y\",\"finishedAt\":\"2026-02-01T00:00:00Z\"}";
    String where = store.putReceipt("demo-a", "x-1", first);
    assertThat(store.putReceipt("demo-a", "x-1", first)).as("idempotent").isEqualTo(where);
    assertThat(store.putReceipt("demo-a", "x-1", second)).isNotEqualTo(where);
    store.putReceipt("demo-a", "y", other);
    store.remove("demo-a");
    assertThat(open().receipts("demo-a")).containsExactly(other, second, first);
    assertThat(store.receiptKeys()).containsExactly("demo-a");
    assertThat(store.receipts("demo-b")).isEmpty();
  }

  /// What a second machine does with what the first began: the same URL, another process.
  @Test
  void aSecondMachineListsResumesAndDeletes() {
    StateStore first = open();
    first.create(record("demo", "a"));
    try (StateStore.HeldLease lease = first.acquire("demo", "run1")) {
      first.appendJournal("demo", "{\"phase\":\"issue-secrets\"}");
      first.putSealed("demo", "cluster.key.age", "sealed".getBytes(StandardCharsets.UTF_8));
      first.appendEvent("demo", "{\"n\":1}");
      assertThat(lease.alive()).isTrue();
    }
    StateStore second = open();
    assertThat(second.list()).extracting(ClusterRecord::key).containsExactly("demo");
    try (StateStore.HeldLease lease = second.acquire("demo", "run2")) {
      assertThat(second.journal("demo")).containsExactly("{\"phase\":\"issue-secrets\"}");
      assertThat(second.sealed("demo", "cluster.key.age").orElseThrow())
          .asString()
          .isEqualTo("sealed");
      second.appendJournal("demo", "{\"phase\":\"await-nodes\"}");
      second.update(record("demo", "a").withState("deleting", null, null));
      second.putReceipt("demo", "a", "{\"clusterId\":\"a\"}");
      second.remove("demo");
      assertThat(lease.alive()).as("the run goes on to its end").isTrue();
    }
    assertThat(first.list()).isEmpty();
    assertThat(first.lease("demo")).isEmpty();
    assertThat(first.receipts("demo")).containsExactly("{\"clusterId\":\"a\"}");
  }

  @Test
  void anInterruptedThreadStillWritesWhole() {
    StateStore store = open();
    store.create(record("demo", "a"));
    Thread.currentThread().interrupt();
    try {
      store.update(record("demo", "a").withState("parked", null, null));
      store.appendJournal("demo", "{\"n\":1}");
      store.appendEvent("demo", "{\"n\":1}");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
    assertThat(store.find("demo").orElseThrow().state()).isEqualTo("parked");
    assertThat(store.journal("demo")).containsExactly("{\"n\":1}");
    assertThat(store.events("demo")).containsExactly("{\"n\":1}");
  }
}
