package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The disk of the state gets full while `apply` works: whatever runs into it first, it is one
/// problem, exit 7, nothing is lost, and the same command goes on once there is space. Needs the
/// right to mount a small disk.
class FullDiskLongIT {
  private static final String NAME = "tight";
  private Ctl ctl;
  private Path file;
  private Path disk;
  private Path filler;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("tight.yaml", Clusters.yaml(NAME, 1, 1));
    disk = Files.createDirectories(ctl.folder.resolve("state"));
    filler = disk.resolve("filler");
    Ctl.Said mounted =
        ctl.tool(
            Map.of(), "mount", "-t", "tmpfs", "-o", "size=400m,mode=700", "tmpfs", disk.toString());
    Assumptions.assumeTrue(mounted.exit() == 0, "SKIPPED: a small disk needs the right to mount");
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      for (long pid : ctl.processes().keySet()) {
        Ctl.kill(pid);
      }
      ctl.tool(Map.of(), "umount", "-l", disk.toString());
      ctl.close();
    }
  }

  @Test
  void goesOnOnceThereIsSpaceAgain() throws Exception {
    String id = "";
    // Sealed files and the record; the engine's checkpoint; the journal and what runs on the disk.
    for (String phase : List.of("issue-secrets", "provision-infrastructure", "bootstrap-etcd")) {
      fillDuring("phaseStarted", phase);
      JsonNode record = ctl.record(NAME);
      assertThat(id).as("the same cluster").isIn("", record.path("clusterId").asText());
      id = record.path("clusterId").asText();
      ctl.status(NAME);
    }
    // In the middle of what the engine does.
    ctl.run("apply", "-f", file.toString()).exits(0);
    assertThat(ctl.record(NAME).path("clusterId").asText()).isEqualTo(id);
    assertThat(ctl.bootstraps(NAME)).isLessThanOrEqualTo(1);
    Clusters.assertReady(ctl.status(NAME), 2);
    List<String> identity = Clusters.identity(ctl, NAME);
    ctl.file("tight.yaml", Clusters.yaml(NAME, 1, 3));
    fillDuring("resource", "provision-infrastructure");
    ctl.run("apply", "-f", file.toString()).exits(0);
    Clusters.assertReady(ctl.status(NAME), 4);
    assertThat(Clusters.identity(ctl, NAME)).isEqualTo(identity);
    Clusters.deleteAndLook(ctl, NAME);
  }

  private void fillDuring(String event, String phase) throws Exception {
    Ctl.Running run = ctl.start("apply", "-f", file.toString(), "-o", "json", "--events", "-");
    assertThat(run.reaches(event, phase)).as(run.err()).isTrue();
    run.signal("STOP");
    try {
      fill();
    } finally {
      run.signal("CONT");
    }
    try {
      Ctl.Said said = run.end(Ctl.LONG).exits(7);
      JsonNode problem = Clusters.problem(said);
      assertThat(problem.path("code").asText()).as(said.out()).isEqualTo("SSK-STATE-003");
      assertThat(problem.toString()).containsIgnoringCase("no space left");
      assertThat(problem.path("next")).isNotEmpty();
    } finally {
      Files.delete(filler);
    }
  }

  /// To the last page.
  private void fill() throws IOException {
    for (int block : new int[] {1 << 20, 4096}) {
      try (OutputStream out =
          Files.newOutputStream(
              filler,
              java.nio.file.StandardOpenOption.CREATE,
              java.nio.file.StandardOpenOption.APPEND)) {
        while (true) {
          out.write(new byte[block]);
        }
      } catch (IOException e) {
        assertThat(e.getMessage()).contains("No space left");
      }
    }
  }
}
