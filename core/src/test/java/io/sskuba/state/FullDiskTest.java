package io.sskuba.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Faults of the file system: full, read-only, not a folder. The first two need the right to mount.
class FullDiskTest {
  @TempDir Path folder;
  private @Nullable Path mounted;

  private static boolean run(String... argv) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(argv)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  private FileStateStore storeOnASmallDisk() throws Exception {
    Path point = Files.createDirectory(folder.resolve("disk"));
    boolean possible =
        System.getProperty("os.name").equals("Linux")
            && run("mount", "-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs", point.toString());
    assumeThat(possible).as("SKIPPED: mounting needs root").isTrue();
    mounted = point;
    return new FileStateStore(point.resolve("state"), TimeSource.system(), RandomSource.system());
  }

  @AfterEach
  void unmount() throws Exception {
    Path point = mounted;
    if (point != null) {
      run("umount", "-l", point.toString());
    }
  }

  private static void assertUnwritable(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.STATE_UNWRITABLE);
              assertThat(e.problem().next()).isNotEmpty();
            });
  }

  @Test
  void aFullDiskLosesNothingThatWasThere() throws Exception {
    FileStateStore store = storeOnASmallDisk();
    StateStore.HeldLease lease = store.acquire("demo", "run-1");
    ClusterRecord record = Records.record("demo");
    store.create(record);
    store.appendJournal("demo", "{\"n\":1}");
    String line = "{\"n\":\"" + "x".repeat(3_000) + "\"}";
    int written = 0;
    try {
      for (; written < 200; written++) {
        store.appendJournal("demo", line);
      }
      throw new AssertionError("the disk is not full");
    } catch (SskubaException e) {
      assertThat(e.problem().code()).isEqualTo(ProblemCode.STATE_UNWRITABLE);
      assertThat(e.problem().summary()).contains("no space left on device");
    }
    assertUnwritable(() -> store.update(record.withState("ready", null, null)));
    assertUnwritable(() -> store.putSealed("demo", "a.age", new byte[8_192]));
    assertUnwritable(() -> store.putReceipt("demo", "id", "{\"a\":\"" + "x".repeat(9_000) + "\"}"));
    assertThat(store.find("demo")).contains(record);
    assertThat(store.journal("demo")).hasSize(1 + written);
    assertThat(store.sealedNames("demo")).isEmpty();
    assertThat(store.receipts("demo")).isEmpty();
    assertThat(lease.alive()).isTrue();
    // Removing needs no space, and makes some.
    store.remove("demo");
    store.create(record);
    store.appendJournal("demo", line);
    assertThat(store.journal("demo")).containsExactly(line);
  }

  @Test
  void aReadOnlyDiskIsReadAndNotWritten() throws Exception {
    FileStateStore store = storeOnASmallDisk();
    ClusterRecord record = Records.record("demo");
    store.create(record);
    store.appendJournal("demo", "{\"n\":1}");
    assertThat(run("mount", "-o", "remount,ro", folder.resolve("disk").toString())).isTrue();
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> store.create(Records.record("other")),
            () -> store.update(record.withState("ready", null, null)),
            () -> store.acquire("demo", "run-1"),
            () -> store.appendJournal("demo", "{}"),
            () -> store.appendEvent("demo", "{}"),
            () -> store.putSealed("demo", "a.age", new byte[1]),
            () -> store.putReceipt("demo", "id", "{}"),
            () -> store.remove("demo"))) {
      assertUnwritable(call);
    }
    assertThat(store.list()).containsExactly(record);
    assertThat(store.journal("demo")).containsExactly("{\"n\":1}");
    assertThat(store.lease("demo")).isEmpty();
  }

  @Test
  void aFileWhereTheStateShouldBeIsNamed() throws Exception {
    Path file = Files.writeString(folder.resolve("state"), "not a folder");
    FileStateStore wrong = new FileStateStore(file, TimeSource.system(), RandomSource.system());
    assertUnwritable(() -> wrong.create(Records.record("demo")));
    assertUnwritable(() -> wrong.acquire("demo", "run-1"));
    assertThatThrownBy(wrong::list).hasMessageContaining("cannot be listed");
    assertThat(file).hasContent("not a folder");
  }
}
