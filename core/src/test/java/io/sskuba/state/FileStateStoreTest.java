package io.sskuba.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStateStoreTest {
  @TempDir Path folder;
  private Path root;
  private FileStateStore store;

  @BeforeEach
  void makeStore() {
    root = folder.resolve("state");
    store = new FileStateStore(root, TimeSource.system(), RandomSource.system());
  }

  static void assertCode(ProblemCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }

  private Path file(String key, String name) {
    return root.resolve("clusters").resolve(key).resolve(name);
  }

  @Test
  void aRecordComesBackAsItWas() {
    ClusterRecord plain = Records.record("demo");
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
    assertThat(store.list()).containsExactly(plain, full);
    ClusterRecord changed = plain.withState("ready", null, null).withEndpoint("https://x:6443");
    store.update(changed);
    assertThat(store.find("demo")).contains(changed);
    assertThat(store.find("other")).isEmpty();
  }

  @Test
  void readingAStoreThatIsNotThereMakesNothing() {
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
    assertThat(root).doesNotExist();
  }

  @Test
  void nameAndFqdnAreUniqueButARehearsalClashesWithNothing() {
    store.create(Records.record("demo", "demo.example.org", false));
    assertCode(
        ProblemCode.NAME_TAKEN,
        () -> store.create(Records.record("demo", "other.example.org", false)));
    assertCode(
        ProblemCode.NAME_TAKEN,
        () -> store.create(Records.record("other", "demo.example.org", false)));
    store.create(Records.record("demo", "demo.example.org", true));
    assertCode(
        ProblemCode.NAME_TAKEN,
        () -> store.create(Records.record("demo", "demo.example.org", true)));
    assertThat(store.list()).hasSize(2);
  }

  @Test
  void ofManyThatCreateOneNameExactlyOneDoes() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        boolean sameKey = i % 2 == 0;
        String name = sameKey ? "demo" : "demo" + i;
        results.add(
            threads.submit(
                () -> {
                  FileStateStore mine =
                      new FileStateStore(root, TimeSource.system(), RandomSource.system());
                  try {
                    mine.create(Records.record(name, "demo.example.org", false));
                    return true;
                  } catch (SskubaException e) {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.NAME_TAKEN);
                    return false;
                  }
                }));
      }
      int made = 0;
      for (Future<Boolean> result : results) {
        made += result.get() ? 1 : 0;
      }
      assertThat(made).isEqualTo(1);
      assertThat(store.list()).hasSize(1);
    }
  }

  @Test
  void aRecordOfANewerReleaseIsRefusedAndKept() throws IOException {
    store.create(Records.record("demo"));
    Path record = file("demo", "record.json");
    // A newer format may lack every field that we know.
    Files.writeString(record, "{\"format\": 2, \"cluster\": {}}");
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> store.find("demo"),
            () -> store.update(Records.record("demo")),
            () -> store.create(Records.record("demo")),
            () -> store.list())) {
      assertCode(ProblemCode.STATE_NEWER, call);
    }
    assertThat(record).hasContent("{\"format\": 2, \"cluster\": {}}");
  }

  @Test
  void aDamagedRecordIsRefusedAndKeptAndHidesNoOther() throws IOException {
    store.create(Records.record("bad"));
    store.create(Records.record("good"));
    Path record = file("bad", "record.json");
    String whole = Files.readString(record);
    List<String> damaged = new ArrayList<>();
    damaged.add("");
    damaged.add("[]");
    damaged.add("\0".repeat(50));
    damaged.add(whole.replace("\"bad\"", "\"other\""));
    damaged.add(whole.replace("2026-01-01T00:00:00Z", "yesterday"));
    damaged.add(whole.replace("\"creating\"", "\"dreaming\""));
    Random seeded = new Random(5);
    for (int i = 0; i < 30; i++) {
      damaged.add(whole.substring(0, seeded.nextInt(whole.length() - 3)));
    }
    for (String text : damaged) {
      Files.writeString(record, text);
      assertCode(ProblemCode.STATE_CORRUPT, () -> store.find("bad"));
      assertCode(ProblemCode.STATE_CORRUPT, () -> store.update(Records.record("bad")));
      assertCode(ProblemCode.STATE_CORRUPT, () -> store.create(Records.record("bad")));
      assertCode(ProblemCode.STATE_CORRUPT, () -> store.create(Records.record("third")));
      assertCode(ProblemCode.STATE_CORRUPT, () -> store.list());
      assertThat(Files.readString(record)).isEqualTo(text);
      StateStore.Survey survey = store.survey();
      assertThat(survey.records()).extracting(ClusterRecord::key).containsExactly("good");
      assertThat(survey.problems()).hasSize(1);
      assertThat(survey.problems().getFirst().facts().toString()).contains(record.toString());
    }
  }

  @Test
  void aKeyIsNeverAPath() {
    for (String bad :
        List.of(
            "..",
            ".",
            "",
            "a/b",
            "/etc",
            "../x",
            "A",
            "a_b",
            "-a",
            "a-",
            "rehearsal.",
            "rehearsal..",
            "x".repeat(41),
            "a\0b",
            "other.demo",
            "a\nb")) {
      assertCode(ProblemCode.USAGE, () -> store.find(bad));
      assertCode(ProblemCode.USAGE, () -> store.folder(bad));
      assertCode(ProblemCode.USAGE, () -> store.acquire(bad, "run"));
      assertCode(ProblemCode.USAGE, () -> store.putReceipt(bad, "id", "{}"));
      assertCode(ProblemCode.USAGE, () -> store.remove(bad));
    }
    store.create(Records.record("demo"));
    for (String bad : List.of("../x", "a/b", "", ".hidden", "..", "x".repeat(129))) {
      assertCode(ProblemCode.USAGE, () -> store.putSealed("demo", bad, new byte[1]));
      assertCode(ProblemCode.USAGE, () -> store.sealed("demo", bad));
    }
    assertCode(ProblemCode.USAGE, () -> store.putReceipt("demo", "../x", "{}"));
  }

  @Test
  void journalLinesComeBackInOrder() {
    store.create(Records.record("demo"));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      lines.add("{\"n\":" + i + ",\"text\":\"ü" + "x".repeat(i * 400) + "\"}");
      store.appendJournal("demo", lines.getLast());
    }
    assertThat(store.journal("demo")).isEqualTo(lines);
    assertThatThrownBy(() -> store.appendJournal("demo", "{}\n{}"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /// A crash may leave any part of the last line.
  @Test
  void aTornLastLineIsIgnoredAndCutOff() throws IOException {
    store.create(Records.record("demo"));
    store.appendJournal("demo", "{\"n\":1}");
    Path journal = file("demo", "journal.jsonl");
    byte[] whole = Files.readAllBytes(journal);
    String next = "{\"n\":2,\"text\":\"abcdef\"}";
    List<byte[]> torn = new ArrayList<>();
    for (int i = 1; i <= next.length(); i++) {
      torn.add(next.substring(0, i).getBytes(StandardCharsets.UTF_8));
    }
    torn.add(new byte[10]);
    torn.add("\0\0\0\0def\"}\n".getBytes(StandardCharsets.UTF_8));
    for (byte[] tail : torn) {
      Files.write(journal, whole);
      Files.write(journal, tail, StandardOpenOption.APPEND);
      assertThat(store.journal("demo")).containsExactly("{\"n\":1}");
      assertThat(Files.size(journal)).as("reading changes nothing").isEqualTo(8 + tail.length);
      store.appendJournal("demo", "{\"n\":3}");
      assertThat(store.journal("demo")).containsExactly("{\"n\":1}", "{\"n\":3}");
    }
  }

  @Test
  void aBadLineInTheMiddleIsCorruptionAndIsKept() throws IOException {
    store.create(Records.record("demo"));
    Path journal = file("demo", "journal.jsonl");
    for (String bad : List.of("{\"n\":", "{} {}", "\0\0", "null", "")) {
      String text = "{\"n\":1}\n" + bad + "\n{\"n\":3}\n";
      Files.writeString(journal, text);
      assertThatThrownBy(() -> store.journal("demo"))
          .isInstanceOfSatisfying(
              SskubaException.class,
              e -> {
                assertThat(e.problem().code()).isEqualTo(ProblemCode.STATE_CORRUPT);
                assertThat(e.problem().facts().toString()).contains("line 2");
                assertThat(e.problem().next()).isNotEmpty();
              });
      assertThat(journal).hasContent(text);
    }
    Files.writeString(journal, "{\"n\":1}\n{\"n\":\n");
    assertCode(ProblemCode.STATE_CORRUPT, () -> store.journal("demo"));
  }

  @Test
  void aJournalDoesNotComeBackAfterItsClusterWasRemoved() {
    store.create(Records.record("demo"));
    store.appendJournal("demo", "{\"phase\":\"bootstrap-etcd\"}");
    store.appendEvent("demo", "{}");
    store.putSealed("demo", "secrets.yaml.age", new byte[] {1});
    store.remove("demo");
    store.remove("demo");
    assertCode(ProblemCode.CLUSTER_UNKNOWN, () -> store.appendJournal("demo", "{}"));
    assertCode(ProblemCode.CLUSTER_UNKNOWN, () -> store.putSealed("demo", "a", new byte[1]));
    assertCode(ProblemCode.CLUSTER_UNKNOWN, () -> store.update(Records.record("demo")));
    store.appendEvent("demo", "{}");
    assertThat(root.resolve("clusters")).isEmptyDirectory();
    store.create(Records.record("demo"));
    assertThat(store.journal("demo")).isEmpty();
    assertThat(store.events("demo")).isEmpty();
    assertThat(store.sealedNames("demo")).isEmpty();
  }

  @Test
  void whatAKilledRemovalLeftIsNoCluster() throws IOException {
    store.create(Records.record("demo"));
    Files.createDirectories(root.resolve("clusters/.removed-demo~00ff/disks/m/etcd"));
    Files.writeString(root.resolve("clusters/.removed-demo~00ff/record.json"), "{}");
    assertThat(store.list()).hasSize(1);
    store.remove("demo");
    assertThat(root.resolve("clusters")).isEmptyDirectory();
  }

  @Test
  void eventsSurviveATornLine() throws IOException {
    store.create(Records.record("demo"));
    store.appendEvent("demo", "{\"n\":1}");
    Files.writeString(file("demo", "events.jsonl"), "{\"n\":2", StandardOpenOption.APPEND);
    store.appendEvent("demo", "{\"n\":3}");
    Files.writeString(
        file("demo", "events.jsonl"), "garbage\n{\"n\":4}\n", StandardOpenOption.APPEND);
    assertThat(store.events("demo")).containsExactly("{\"n\":1}", "{\"n\":3}", "{\"n\":4}");
  }

  @Test
  void sealedFilesAreReplacedAsAWhole() {
    store.create(Records.record("demo"));
    store.putSealed("demo", "b.age", new byte[] {1});
    store.putSealed("demo", "a.age", new byte[] {2});
    store.putSealed("demo", "b.age", new byte[] {3});
    assertThat(store.sealedNames("demo")).containsExactly("a.age", "b.age");
    assertThat(store.sealed("demo", "b.age").orElseThrow()).containsExactly(3);
  }

  @Test
  void receiptsStayAndAreNeverOverwritten() throws IOException {
    store.create(Records.record("demo-a"));
    String first = "{\"clusterId\":\"x-1\",\"finishedAt\":\"2026-01-01T00:00:00Z\",\"left\":1}";
    String second = "{\"clusterId\":\"x-1\",\"finishedAt\":\"2026-01-01T00:00:00Z\",\"left\":0}";
    String other = "{\"clusterId\":\"y\",\"finishedAt\":\"2026-02-01T00:00:00Z\"}";
    String where = store.putReceipt("demo-a", "x-1", first);
    assertThat(store.putReceipt("demo-a", "x-1", first)).as("idempotent").isEqualTo(where);
    assertThat(where).isEqualTo(root.resolve("receipts/demo-a-x-1.json").toString());
    assertThat(store.putReceipt("demo-a", "x-1", second)).isNotEqualTo(where);
    store.putReceipt("demo-a", "y", other);
    store.putReceipt("demo", "a-x-1", "{\"clusterId\":\"a-x-1\"}".replace("a-x-1", "z"));
    store.remove("demo-a");
    assertThat(store.receipts("demo-a")).containsExactly(other, second, first);
    assertThat(Files.readString(Path.of(where))).isEqualTo(first);
    assertThat(store.receiptKeys()).contains("demo-a");
    assertThat(store.receipts("demo-b")).isEmpty();
  }

  @Test
  void everythingIsPrivate() throws IOException {
    Files.createDirectories(root.resolve("clusters"));
    Files.setPosixFilePermissions(
        root.resolve("clusters"), PosixFilePermissions.fromString("rwxr-xr-x"));
    try (StateStore.HeldLease lease = store.acquire("demo", "run")) {
      store.create(Records.record("demo"));
      store.appendJournal("demo", "{}");
      store.appendEvent("demo", "{}");
      store.putSealed("demo", "a.age", new byte[1]);
      store.putReceipt("demo", "id", "{}");
      assertThat(lease.alive()).isTrue();
      try (Stream<Path> all = Files.walk(root)) {
        for (Path path : all.filter(p -> !p.equals(root)).toList()) {
          String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
          assertThat(mode)
              .as("%s", path)
              .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
        }
      }
    }
  }

  @Test
  void noTemporaryFileStays() throws IOException {
    store.create(Records.record("demo"));
    store.update(Records.record("demo").withState("ready", null, null));
    store.putSealed("demo", "a.age", new byte[1]);
    try (Stream<Path> all = Files.walk(root)) {
      assertThat(all.map(p -> p.getFileName().toString())).noneMatch(n -> n.startsWith(".tmp"));
    }
  }

  @Test
  void anInterruptedThreadStillWritesWhole() {
    store.create(Records.record("demo"));
    Thread.currentThread().interrupt();
    try {
      store.update(Records.record("demo").withState("parked", null, null));
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

  @Test
  void aThousandRecordsAreListedFast() {
    ClusterRecord record = Records.record("c0");
    Json.object();
    for (int i = 0; i < 20; i++) {
      record.spec().put("key" + i, "x".repeat(100));
    }
    // Written past create(), which reads all others first: this test is about list().
    for (int i = 0; i < 1_000; i++) {
      ClusterRecord each =
          new ClusterRecord(
              1,
              "c" + i,
              "id" + i,
              "c" + i,
              "c" + i + ".example.org",
              false,
              "local",
              "ready",
              null,
              null,
              record.createdAt(),
              null,
              null,
              record.spec(),
              record.details(),
              null);
      writeDirectly(each);
    }
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 8; i++) {
      long start = System.nanoTime();
      assertThat(store.list()).hasSize(1_000);
      best = Math.min(best, System.nanoTime() - start);
    }
    assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(300));
  }

  private void writeDirectly(ClusterRecord record) {
    try {
      Path to = file(record.key(), "record.json");
      Files.createDirectories(to.getParent());
      Files.writeString(to, Json.pretty(ClusterRecordJson.toJson(record)));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
