package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `apply` killed at every place, by `SIGKILL`, and gone on with by the same command: one cluster,
/// one bootstrap. The same for the host process. And what ends by itself.
class KilledAnywhereLongIT {
  private static final String NAME = "mortal";
  private Ctl ctl;
  private Path file;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("mortal.yaml", Clusters.yaml(NAME, 1, 1));
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "phaseFinished,open-lease",
    "phaseFinished,issue-secrets",
    "phaseStarted,provision-infrastructure",
    "resource,provision-infrastructure",
    "phaseFinished,provision-infrastructure",
    "phaseStarted,configure-machines",
    "phaseStarted,bootstrap-etcd",
    "phaseFinished,bootstrap-etcd",
    "phaseStarted,await-control-plane",
    "phaseStarted,label-and-taint",
    "phaseStarted,await-nodes"
  })
  void goesOnWhereTheRunWasKilled(String event, String phase) throws Exception {
    Ctl.Running killed = start();
    boolean reached = killed.reaches(event, phase);
    killed.kill();
    assertThat(reached).as(killed.err()).isTrue();
    String id = ctl.record(NAME).path("clusterId").asText();
    assertThat(ctl.status(NAME).path("state").asText()).isNotEqualTo("creating");
    ctl.run("apply", "-f", file.toString()).exits(0);
    assertThat(ctl.record(NAME).path("clusterId").asText()).isEqualTo(id);
    // A kill between the effect and its event loses the event, never the effect.
    assertThat(ctl.bootstraps(NAME)).isLessThanOrEqualTo(1);
    List<String> identity = Clusters.identity(ctl, NAME);
    Clusters.assertReady(ctl.status(NAME), 2);
    ctl.run("apply", "-f", file.toString()).exits(0);
    assertThat(Clusters.identity(ctl, NAME)).isEqualTo(identity);
    Clusters.deleteAndLook(ctl, NAME);
  }

  @ParameterizedTest
  @ValueSource(strings = {"configure-machines", "bootstrap-etcd", "await-control-plane"})
  void goesOnWhenTheHostDiedMeanwhile(String phase) throws Exception {
    Ctl.Running run = start();
    assertThat(run.starts(phase)).isTrue();
    Ctl.kill(ctl.hostPid());
    Ctl.Said said = run.end(Ctl.LONG);
    assertThat(said.exit()).as(said.err()).isIn(7, 8);
    assertThat(ctl.status(NAME).path("state").asText()).isEqualTo("failed");
    ctl.run("apply", "-f", file.toString()).exits(0);
    Clusters.assertReady(ctl.status(NAME), 2);
    assertThat(ctl.bootstraps(NAME)).isLessThanOrEqualTo(1);
    Clusters.deleteAndLook(ctl, NAME);
  }

  @ParameterizedTest
  @ValueSource(strings = {"issue-secrets", "provision-infrastructure", "bootstrap-etcd"})
  void deletesWhatAKilledRunLeft(String phase) throws Exception {
    Ctl.Running killed = start();
    assertThat(killed.starts(phase)).isTrue();
    killed.kill();
    ctl.run("delete", NAME, "--yes").exits(0);
    assertThat(ctl.processes()).isEmpty();
    assertThat(Ctl.files(ctl.runtime)).isEmpty();
  }

  @Test
  void stopsAtOnceWhenAskedTwice() throws Exception {
    Ctl.Running run = start();
    assertThat(run.starts("provision-infrastructure")).isTrue();
    run.signal("INT");
    assertThat(run.reaches("press Ctrl-C again")).isTrue();
    run.signal("INT");
    assertThat(run.end(Ctl.SHORT).exit()).isEqualTo(130);
    ctl.run("apply", "-f", file.toString()).exits(0);
    Clusters.deleteAndLook(ctl, NAME);
  }

  @Test
  void finishesAChangeThatWasKilled() throws Exception {
    ctl.run("apply", "-f", file.toString()).exits(0);
    ctl.file("mortal.yaml", Clusters.yaml(NAME, 1, 2));
    Ctl.Running killed = start();
    assertThat(killed.starts("provision-infrastructure")).isTrue();
    killed.kill();
    ctl.run("apply", "-f", file.toString()).exits(0);
    Clusters.assertReady(ctl.status(NAME), 3);
    Clusters.deleteAndLook(ctl, NAME);
  }

  @Test
  void endsByItself() throws Exception {
    ctl.run("apply", "-f", file.toString(), "--ttl", "60s").exits(0);
    Clusters.assertReady(ctl.status(NAME), 2);
    Ctl.await(
        Duration.ofSeconds(120), "no process after its expiry", () -> ctl.processes().isEmpty());
    assertThat(ctl.status(NAME).path("state").asText()).isNotEqualTo("ready");
    String block = Clusters.block(ctl.record(NAME));
    ctl.run("delete", "--expired", "--yes").exits(0);
    Clusters.assertNothingLeft(ctl, block);
  }

  @Test
  void endsWhenNobodyKnowsItAnyMore() throws Exception {
    ctl.run("apply", "-f", file.toString()).exits(0);
    Files.delete(ctl.state().resolve("clusters").resolve(NAME).resolve("record.json"));
    Ctl.await(
        Duration.ofSeconds(120), "no process without a record", () -> ctl.processes().isEmpty());
  }

  private Ctl.Running start() throws Exception {
    return ctl.start("apply", "-f", file.toString(), "--events", "-");
  }
}
