package io.sskuba.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.FakeProc;
import io.sskuba.io.ManualTime;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two runs on machines that the test makes up, with clocks that it sets.
class FileLeaseTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  @TempDir Path folder;
  private final ManualTime time = new ManualTime();
  private FakeProc here;
  private FakeProc elsewhere;
  private FileStateStore ours;
  private FileStateStore theirs;

  @BeforeEach
  void makeMachines() {
    here = new FakeProc(folder.resolve("proc-here"), "boot1", "pid:[1]", 10, 100);
    elsewhere = new FakeProc(folder.resolve("proc-elsewhere"), "boot2", "pid:[1]", 10, 100);
    ours = store(here, "ada");
    theirs = store(elsewhere, "bob");
  }

  private FileStateStore store(FakeProc proc, String holder) {
    return new FileStateStore(
            folder.resolve("state"),
            time,
            RandomSource.system(),
            proc.processes(),
            touched -> time.now(),
            holder)
        .withoutRenewal();
  }

  private void pass(Duration d) {
    time.pass(d);
    here.pass(d.toMillis());
    elsewhere.pass(d.toMillis());
  }

  private static void assertHeld(FileStateStore store) {
    assertThatThrownBy(() -> store.acquire("demo", "run-2"))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.LEASE_HELD));
  }

  private static boolean renew(StateStore.HeldLease lease) {
    return ((FileLease) lease).renew();
  }

  @Test
  void theHolderIsNamed() {
    StateStore.HeldLease lease = theirs.acquire("demo", "run-1");
    assertThat(lease.lease().until()).isEqualTo(time.now().plusSeconds(60));
    assertThatThrownBy(() -> ours.acquire("demo", "run-2"))
        .hasMessageContaining("bob on host-boot2 (pid 10) works on demo");
    assertThat(ours.lease("demo")).contains(lease.lease());
  }

  @Test
  void closingFreesAndOnlyTheOwnLease() {
    StateStore.HeldLease lease = theirs.acquire("demo", "run-1");
    lease.close();
    lease.close();
    assertThat(lease.alive()).isFalse();
    assertThat(ours.lease("demo")).isEmpty();
    try (StateStore.HeldLease second = ours.acquire("demo", "run-2")) {
      lease.close();
      assertThat(renew(second)).isTrue();
      assertThat(second.alive()).isTrue();
    }
  }

  @Test
  void aSecondRunOfTheSameProcessIsRefused() {
    try (StateStore.HeldLease lease = ours.acquire("demo", "run-1")) {
      assertHeld(ours);
      try (StateStore.HeldLease other = ours.acquire("other", "run-2")) {
        assertThat(lease.alive() && other.alive()).isTrue();
      }
    }
  }

  @Test
  void aDeadProcessOfThisBootIsDeadAtOnce() {
    FakeProc sibling = new FakeProc(folder.resolve("proc-2"), "boot1", "pid:[1]", 11, 101);
    here.process(11, "S", 101);
    store(sibling, "ada").acquire("demo", "run-1");
    assertHeld(ours);
    here.process(11, "S", 999); // the pid was used again
    assertThat(ours.lease("demo")).isEmpty();
    assertThat(ours.acquire("demo", "run-2").alive()).isTrue();
  }

  /// In another container pid 11 says nothing: only the end of the term does, by the uptime that
  /// both share.
  @Test
  void aProcessOfAnotherNamespaceIsDeadWhenItsTermIsOver() {
    FakeProc container = new FakeProc(folder.resolve("proc-2"), "boot1", "pid:[2]", 11, 101);
    store(container, "ada").acquire("demo", "run-1");
    pass(Duration.ofSeconds(59));
    assertHeld(ours);
    time.jump(Duration.ofHours(5));
    assertHeld(ours);
    time.jump(Duration.ofHours(-10));
    pass(SECOND);
    assertThat(ours.acquire("demo", "run-2").alive()).isTrue();
  }

  @Test
  void aHolderElsewhereIsDeadWhenItsTermIsOverAndNoRenewalComes() {
    StateStore.HeldLease lease = theirs.acquire("demo", "run-1");
    pass(Duration.ofSeconds(59));
    assertHeld(ours);
    pass(SECOND);
    long before = time.nanos();
    StateStore.HeldLease taken = ours.acquire("demo", "run-2");
    assertThat(Duration.ofNanos(time.nanos() - before))
        .isBetween(Duration.ofSeconds(15), Duration.ofSeconds(25));
    assertThat(renew(lease)).isTrue();
    assertThat(lease.alive()).as("the old holder must stop").isFalse();
    assertThat(taken.alive()).isTrue();
  }

  @Test
  void renewalsKeepItForever() {
    StateStore.HeldLease lease = theirs.acquire("demo", "run-1");
    for (int i = 0; i < 40; i++) {
      pass(Duration.ofSeconds(15));
      assertThat(renew(lease)).isTrue();
      assertHeld(ours);
    }
    assertThat(lease.alive()).isTrue();
  }

  /// The store's clock jumps ahead by hours while the holder lives: its next renewal shows.
  @Test
  void aClockThatJumpsAheadTakesNoLeaseFromALiveHolder() {
    StateStore.HeldLease lease = theirs.acquire("demo", "run-1");
    time.jump(Duration.ofHours(3));
    int[] slept = {0};
    time.onSleep(
        d -> {
          if (++slept[0] == 14) {
            assertThat(renew(lease)).isTrue();
          }
        });
    assertHeld(ours);
    assertThat(lease.alive()).isTrue();
  }

  /// The store's clock is set back by hours after the holder died: its lease must not last hours.
  @Test
  void aClockThatIsSetBackDoesNotKeepADeadHolderAlive() {
    theirs.acquire("demo", "run-1");
    time.jump(Duration.ofHours(-3));
    assertHeld(ours);
    pass(Duration.ofSeconds(60));
    assertThat(ours.acquire("demo", "run-2").alive()).isTrue();
  }

  @Test
  void aClockThatIsSetBackTakesNoLeaseFromALiveHolder() {
    StateStore.HeldLease lease = theirs.acquire("demo", "run-1");
    time.jump(Duration.ofHours(-3));
    assertHeld(ours);
    for (int i = 0; i < 8; i++) {
      pass(Duration.ofSeconds(15));
      assertThat(renew(lease)).isTrue();
      assertHeld(ours);
    }
    assertThat(lease.alive()).isTrue();
  }

  /// A laptop that slept for an hour: the monotonic clock stood still, the uptime did not.
  @Test
  void aHolderThatSleptGoesOnWhenNobodyTookItsLease() {
    StateStore.HeldLease lease = ours.acquire("demo", "run-1");
    here.pass(Duration.ofHours(1).toMillis());
    time.jump(Duration.ofHours(1));
    assertThat(lease.alive()).isTrue();
    assertThat(lease.lease().until()).isEqualTo(time.now().plusSeconds(60));
    assertHeld(theirs);
  }

  @Test
  void aHolderThatSleptStopsWhenSomebodyTookItsLease() {
    ours.create(Records.record("demo"));
    StateStore.HeldLease lease = ours.acquire("demo", "run-1");
    here.pass(Duration.ofHours(1).toMillis());
    time.jump(Duration.ofHours(1));
    StateStore.HeldLease taken = theirs.acquire("demo", "run-2");
    assertThat(lease.alive()).isFalse();
    assertThat(taken.alive()).isTrue();
    // And what it still tries to write is refused.
    assertThatThrownBy(() -> ours.update(Records.record("demo")))
        .hasMessageContaining("bob on host-boot2");
    assertThatThrownBy(() -> ours.appendJournal("demo", "{}")).hasMessageContaining("bob");
    assertThatThrownBy(() -> ours.putSealed("demo", "a", new byte[1])).hasMessageContaining("bob");
    assertThatThrownBy(() -> ours.remove("demo")).hasMessageContaining("bob");
    lease.close();
    assertThat(taken.alive()).isTrue();
  }

  @Test
  void aLeaseThatCannotBeRenewedIsNotAliveOnceItsTermIsOver() throws IOException {
    StateStore.HeldLease lease = ours.acquire("demo", "run-1");
    Path file = folder.resolve("state/clusters/demo/lease.json");
    Path aside = folder.resolve("aside");
    Files.move(file, aside);
    Files.createDirectory(file); // neither readable nor writable, also for root
    pass(Duration.ofSeconds(30));
    assertThat(renew(lease)).isFalse();
    assertThat(lease.fault()).as("why it could not be renewed").isPresent();
    assertThat(lease.alive()).as("within its term").isTrue();
    pass(Duration.ofSeconds(31));
    assertThat(lease.alive()).isFalse();
    Files.delete(file);
    Files.move(aside, file);
    assertThat(lease.alive()).as("nobody took it").isTrue();
  }

  @Test
  void removingTheClusterEndsTheLeaseButNotTheRun() {
    ours.create(Records.record("demo"));
    StateStore.HeldLease lease = ours.acquire("demo", "run-1");
    ours.remove("demo");
    assertThat(lease.alive()).isTrue();
    assertThat(renew(lease)).isTrue();
    try (StateStore.HeldLease next = theirs.acquire("demo", "run-2")) {
      lease.close();
      assertThat(theirs.lease("demo")).contains(next.lease());
    }
  }

  @Test
  void aDamagedOrNewerLeaseIsKept() throws IOException {
    Path file = folder.resolve("state/clusters/demo/lease.json");
    Files.createDirectories(file.getParent());
    for (String text :
        new String[] {"", "{}", "x", "{\"format\":1}", "{\"format\":1,\"token\":\"a\"}"}) {
      Files.writeString(file, text);
      FileStateStoreTest.assertCode(ProblemCode.STATE_CORRUPT, () -> ours.acquire("demo", "run-1"));
      assertThat(file).hasContent(text);
    }
    Files.writeString(file, "{\"format\":2}");
    FileStateStoreTest.assertCode(ProblemCode.STATE_NEWER, () -> ours.acquire("demo", "run-1"));
  }

  /// With the real clock and the background renewal, shortened by nothing: only that it starts,
  /// stops with close, and keeps no thread.
  @Test
  void closeEndsTheRenewal() throws Exception {
    FileStateStore real =
        new FileStateStore(folder.resolve("real"), TimeSource.system(), RandomSource.system());
    StateStore.HeldLease lease = real.acquire("demo", "run-1");
    assertThat(lease.alive()).isTrue();
    lease.close();
    assertThat(real.lease("demo")).isEmpty();
    try (StateStore.HeldLease again = real.acquire("demo", "run-2")) {
      assertThat(again.alive()).isTrue();
    }
  }

  /// The background thread renews by the given clock.
  @Test
  void theBackgroundThreadRenews() throws Exception {
    java.util.concurrent.Semaphore steps = new java.util.concurrent.Semaphore(0);
    java.util.concurrent.Semaphore asleep = new java.util.concurrent.Semaphore(0);
    TimeSource stepped =
        new TimeSource() {
          @Override
          public java.time.Instant now() {
            return time.now();
          }

          @Override
          public long nanos() {
            return time.nanos();
          }

          @Override
          public void sleep(Duration d) throws InterruptedException {
            assertThat(d).isEqualTo(Duration.ofSeconds(15));
            asleep.release();
            steps.acquire();
          }
        };
    FileStateStore store =
        new FileStateStore(
            folder.resolve("stepped"),
            stepped,
            RandomSource.system(),
            here.processes(),
            touched -> time.now(),
            "ada");
    try (StateStore.HeldLease lease = store.acquire("demo", "run-1")) {
      for (int i = 0; i < 3; i++) {
        asleep.acquire();
        pass(Duration.ofSeconds(15));
        steps.release();
      }
      asleep.acquire();
      assertThat(lease.lease().until()).isEqualTo(time.now().plusSeconds(60));
    }
  }
}
