package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A run that is killed, parked, or left without the processes that it started: the same command
/// goes on, and it ends in the same cluster. `KilledAnywhereLongIT` does it at every place.
class J03KilledIT {
  private static final String NAME = "frail";
  private Ctl ctl;
  private Path file;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("frail.yaml", Clusters.yaml(NAME, 1, 1));
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  /// Parked before anything is made, killed while machines get their configs, then the host process
  /// killed, then its memory gone as after a restart of the computer: one cluster all along.
  @Test
  void goesOnAfterEverything() throws Exception {
    Ctl.Running parked = start();
    assertThat(parked.starts("issue-secrets")).isTrue();
    parked.signal("INT");
    Ctl.Said said = parked.end(Ctl.LONG);
    assertThat(said.exit()).as(said.err()).isEqualTo(10);
    assertThat(ctl.status(NAME).path("state").asText()).isEqualTo("parked");
    String id = ctl.record(NAME).path("clusterId").asText();

    Ctl.Running killed = start();
    assertThat(killed.starts("configure-machines")).isTrue();
    killed.kill();
    assertThat(ctl.status(NAME).path("state").asText()).isNotEqualTo("ready");
    apply();
    List<String> identity = Clusters.identity(ctl, NAME);
    assertThat(identity.getFirst()).isEqualTo(id);
    assertThat(ctl.bootstraps(NAME)).isEqualTo(1);
    Clusters.remember(ctl, NAME, "before");

    Ctl.kill(ctl.hostPid());
    assertThat(ctl.status(NAME).path("state").asText()).isEqualTo("failed");
    assertThat(ctl.status(NAME).path("problem").path("code").asText()).isEqualTo("SSK-INFRA-004");
    apply();
    assertThat(Clusters.identity(ctl, NAME)).isEqualTo(identity);
    assertThat(Clusters.remembered(ctl, NAME)).isEqualTo("before");

    restartComputer(ctl);
    assertThat(ctl.status(NAME).path("state").asText()).isEqualTo("failed");
    apply();
    assertThat(Clusters.identity(ctl, NAME)).isEqualTo(identity);
    assertThat(Clusters.remembered(ctl, NAME)).isEqualTo("before");
    assertThat(ctl.bootstraps(NAME)).isEqualTo(1);
    Clusters.assertReady(ctl.status(NAME), 2);

    Ctl.kill(ctl.hostPid());
    Clusters.deleteAndLook(ctl, NAME);
  }

  /// What a restart leaves: no process, no memory-backed file, the disks as they were.
  static void restartComputer(Ctl ctl) throws Exception {
    killAll(ctl);
    Ctl.remove(ctl.runtime.resolve("r"));
  }

  /// The host first: it would start its programs again.
  static void killAll(Ctl ctl) throws Exception {
    Ctl.kill(ctl.hostPid());
    for (long pid : ctl.processes().keySet()) {
      Ctl.kill(pid);
    }
  }

  private Ctl.Running start() throws Exception {
    return ctl.start("apply", "-f", file.toString(), "--events", "-");
  }

  private void apply() throws Exception {
    ctl.run("apply", "-f", file.toString()).exits(0);
  }
}
