package io.sskuba.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessesTest {
  @TempDir Path proc;

  @Test
  void thisProcessIsAliveAndAnEndedOneIsDead() throws Exception {
    Processes processes = Processes.system();
    ProcessIdentity self = processes.self();
    assertThat(self.pid()).isEqualTo(ProcessHandle.current().pid());
    assertThat(processes.isDead(self)).isFalse();
    assertThat(processes.find(self.pid())).contains(self);
    Process child = new ProcessBuilder("sleep", "60").start();
    try {
      ProcessIdentity identity = processes.find(child.pid()).orElseThrow();
      assertThat(processes.isAlive(identity)).isTrue();
      child.destroyForcibly();
      assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(processes.isDead(identity)).isTrue();
      assertThat(processes.isAlive(identity)).isFalse();
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void aReusedPidIsAnotherProcess() {
    FakeProc fake = new FakeProc(proc, "boot", "pid:[1]", 10, 100);
    ProcessIdentity first = fake.processes().self();
    assertThat(first).isEqualTo(new ProcessIdentity("boot/pid:[1]", 10, 100));
    fake.process(10, "S", 200);
    assertThat(fake.processes().isDead(first)).isTrue();
  }

  @Test
  void aZombieIsDead() {
    FakeProc fake = new FakeProc(proc, "boot", "pid:[1]", 10, 100);
    fake.process(11, "Z", 50);
    assertThat(fake.processes().find(11)).isEmpty();
    assertThat(fake.processes().isDead(new ProcessIdentity("boot/pid:[1]", 11, 50))).isTrue();
  }

  /// In another boot or PID namespace the pid says nothing.
  @Test
  void aProcessOfAnotherMachineIsNeverKnownToBeDead() {
    FakeProc fake = new FakeProc(proc, "boot", "pid:[1]", 10, 100);
    for (String machine : new String[] {"other/pid:[1]", "boot/pid:[2]", ""}) {
      ProcessIdentity elsewhere = new ProcessIdentity(machine, 99, 1);
      assertThat(fake.processes().isDead(elsewhere)).as(machine).isFalse();
      assertThat(fake.processes().isAlive(elsewhere)).as(machine).isFalse();
    }
  }

  @Test
  void withoutProcNoProcessIsKnownToBeDead() {
    Processes portable = new Processes(proc.resolve("missing"));
    ProcessIdentity self = portable.self();
    assertThat(self.machine()).isEmpty();
    assertThat(self.pid()).isEqualTo(ProcessHandle.current().pid());
    assertThat(portable.isDead(self)).isFalse();
    assertThat(portable.isDead(new ProcessIdentity("", self.pid(), 1))).isFalse();
    assertThat(portable.uptimeMillis()).isEmpty();
    assertThat(portable.host()).isEqualTo("localhost");
  }

  @Test
  void uptimeGoesOn() {
    FakeProc fake = new FakeProc(proc, "boot", "pid:[1]", 10, 100);
    long before = fake.processes().uptimeMillis().orElseThrow();
    fake.pass(1_500);
    assertThat(fake.processes().uptimeMillis().orElseThrow() - before).isEqualTo(1_500);
  }
}
