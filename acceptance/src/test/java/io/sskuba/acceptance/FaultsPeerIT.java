package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What goes wrong outside of us. After each: one problem with a code, the right exit code, nothing
/// lost or overwritten, and `delete` still cleans.
class FaultsPeerIT {
  private static final String NAME = "fault";
  private Ctl ctl;
  private Path file;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("fault.yaml", Clusters.yaml(NAME, 1, 1));
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  @Test
  void refusesAVersionThatCannotBeHad() throws Exception {
    Path old =
        ctl.file("old.yaml", Clusters.yaml(NAME, 1, 1) + "versions: {kubernetes: v1.36.99}\n");
    JsonNode problem =
        Clusters.problem(ctl.run("apply", "-f", old.toString(), "-o", "json").exits(3));
    assertThat(problem.toString()).contains("v1.36.99", "v1.36.3");
    assertThat(ctl.processes()).isEmpty();
    assertThat(ctl.run("list", "-o", "json").exits(0).json().path("items")).isEmpty();
  }

  /// Not even `delete` touches what a newer release wrote: only that one knows all that there is.
  @Test
  void leavesARecordAloneThatANewerReleaseWrote() throws Exception {
    String text = "{\"format\": 99, \"key\": \"fault\", \"name\": \"fault\"}";
    Path record = torn(text);
    for (String[] command :
        new String[][] {
          {"apply", "-f", file.toString(), "-o", "json"},
          {"delete", NAME, "--yes", "-o", "json"},
          {"status", NAME, "-o", "json"}
        }) {
      JsonNode problem = Clusters.problem(ctl.run(Ctl.SHORT, command).exits(6));
      assertThat(problem.path("code").asText()).isEqualTo("SSK-STATE-002");
      assertThat(problem.path("next")).isNotEmpty();
      assertThat(problem.toString()).contains("record.json");
    }
    assertThat(Files.readString(record)).isEqualTo(text);
    assertThat(ctl.processes()).isEmpty();
  }

  @Test
  void refusesARecordThatItDoesNotUnderstandAndDeletesItAllTheSame() throws Exception {
    for (String text : List.of("{\"format\": 1, \"key\": \"fau", "")) {
      Path record = torn(text);
      for (String[] command :
          new String[][] {
            {"apply", "-f", file.toString(), "-o", "json"}, {"status", NAME, "-o", "json"}
          }) {
        JsonNode problem = Clusters.problem(ctl.run(Ctl.SHORT, command).exits(6));
        assertThat(problem.path("code").asText()).isEqualTo("SSK-STATE-001");
        assertThat(problem.path("next").get(0).asText())
            .startsWith("sskuba-ctl delete fault --yes");
      }
      assertThat(Files.readString(record)).isEqualTo(text);
      JsonNode receipt = ctl.run("delete", NAME, "--yes", "-o", "json").exits(0).json();
      Path kept = Path.of(receipt.path("corrupt").get(0).path("kept").asText());
      assertThat(kept).hasContent(text).hasParent(ctl.state().resolve("receipts"));
      assertThat(record.getParent()).doesNotExist();
    }
    assertThat(ctl.processes()).isEmpty();
    // Both deletes: two receipts, two copies, nothing overwritten.
    assertThat(Ctl.files(ctl.state().resolve("receipts"))).hasSize(4);
  }

  private Path torn(String text) throws Exception {
    Path record = ctl.state().resolve("clusters/fault/record.json");
    Files.createDirectories(record.getParent());
    return Files.writeString(record, text);
  }

  @Test
  void saysThatTheStateCannotBeWritten() throws Exception {
    // Nobody can make a folder there, root included.
    ctl.environment.put("XDG_STATE_HOME", "/proc/nowhere");
    JsonNode problem =
        Clusters.problem(ctl.run("apply", "-f", file.toString(), "-o", "json").exits(7));
    assertThat(problem.path("code").asText()).isEqualTo("SSK-STATE-003");
    assertThat(problem.toString()).contains("/proc/nowhere");
    assertThat(ctl.processes()).isEmpty();
  }

  @Test
  void survivesAFullDisk() throws Exception {
    Path disk = Files.createDirectories(ctl.folder.resolve("state"));
    Ctl.Said mounted =
        ctl.tool(Map.of(), "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString());
    Assumptions.assumeTrue(mounted.exit() == 0, "SKIPPED: a small disk needs the right to mount");
    try {
      // What runs into it first depends on timing: a file of the state, or etcd.
      Ctl.Said said = ctl.run("apply", "-f", file.toString(), "-o", "json").exits(7);
      assertThat(Clusters.problem(said).toString()).containsIgnoringCase("space");
      if (Files.exists(ctl.state().resolve("clusters/fault/record.json"))) {
        assertThat(ctl.status(NAME).path("state").asText()).isEqualTo("failed");
        ctl.tool(Map.of(), "mount", "-o", "remount,size=256m", disk.toString()).exits(0);
        ctl.run("delete", NAME, "--yes").exits(0);
      }
      assertThat(ctl.processes()).isEmpty();
    } finally {
      for (long pid : ctl.processes().keySet()) {
        Ctl.kill(pid);
      }
      ctl.tool(Map.of(), "umount", "-l", disk.toString());
    }
  }

  /// A run that was parked before it made anything, then met by everything that can be in its way.
  @Test
  void namesWhatIsInTheWay() throws Exception {
    Ctl.Running parked = ctl.start("apply", "-f", file.toString(), "--events", "-");
    assertThat(parked.starts("issue-secrets")).isTrue();
    parked.signal("TERM");
    parked.end(Ctl.LONG).exits(10);

    Path namesake =
        ctl.file(
            "namesake.yaml",
            Clusters.yaml(NAME, 1, 1).replace("domain: sskuba.test", "domain: other.test"));
    JsonNode taken =
        Clusters.problem(ctl.run("apply", "-f", namesake.toString(), "-o", "json").exits(6));
    assertThat(taken.path("code").asText()).isEqualTo("SSK-STATE-005");
    assertThat(taken.toString()).contains("fault.sskuba.test");

    JsonNode allotment = ctl.record(NAME).path("details").path("allotment");
    int slot = allotment.path("slot").asInt(-1);
    assertThat(slot).isNotNegative();
    String machine = "127." + (64 + slot / 16) + "." + slot % 16 * 16 + ".2";
    try (ServerSocket other = new ServerSocket()) {
      other.bind(new InetSocketAddress(InetAddress.getByName(machine), 50000));
      JsonNode problem =
          Clusters.problem(ctl.run("apply", "-f", file.toString(), "-o", "json").exits(6));
      assertThat(problem.path("code").asText()).isEqualTo("SSK-INFRA-003");
      assertThat(problem.toString()).contains(machine + ":50000");
    }

    ctl.environment.put("SSKUBA_CONFIG_DIR", ctl.folder.resolve("elsewhere").toString());
    JsonNode stranger =
        Clusters.problem(ctl.run("apply", "-f", file.toString(), "-o", "json").exits(5));
    assertThat(stranger.path("code").asText()).isEqualTo("SSK-SEC-002");
    // Who takes a cluster away need not be able to open it.
    ctl.run("delete", NAME, "--yes").exits(0);
    assertThat(ctl.processes()).isEmpty();
    assertThat(Ctl.files(ctl.runtime)).isEmpty();
  }

  @Test
  void showsTheLastWordsOfAProgramThatDies() throws Exception {
    Path bin = Files.createDirectories(ctl.folder.resolve("bin"));
    Path fake = bin.resolve("kube-apiserver");
    Files.writeString(
        fake,
        """
        #!/bin/sh
        if [ "$1" = --version ]; then echo "Kubernetes v1.36.3"; exit 0; fi
        echo "E1124 this server was told to die: 0xdeadbeef" >&2
        exit 1
        """);
    assertThat(fake.toFile().setExecutable(true)).isTrue();
    ctl.environment.merge("PATH", bin.toString(), (path, own) -> own + File.pathSeparator + path);
    ctl.environment.put("SSKUBA_CACHE_DIR", ctl.folder.resolve("cache").toString());
    Ctl.Said said = ctl.run("apply", "-f", file.toString(), "-o", "json").exits(7);
    JsonNode problem = Clusters.problem(said);
    assertThat(problem.path("code").asText()).isEqualTo("SSK-INFRA-005");
    assertThat(problem.toString()).contains("kube-apiserver", "0xdeadbeef");
    assertThat(ctl.status(NAME).path("state").asText()).isEqualTo("failed");
    Clusters.deleteAndLook(ctl, NAME);
  }
}
