package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A real cluster whose surroundings are wrong: another identity, a state that is read-only, disks
/// that are gone, a pid that is somebody else's. One problem each, nothing lost, `delete` cleans.
class OddCornersLongIT {
  private static final String NAME = "odd";
  private Ctl ctl;
  private Path file;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("odd.yaml", Clusters.yaml(NAME, 1, 1));
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  private JsonNode fails(int exit, String code, String... command) throws Exception {
    JsonNode problem = Clusters.problem(ctl.run(command).exits(exit));
    assertThat(problem.path("code").asText()).as("%s", problem).isEqualTo(code);
    assertThat(problem.path("next")).isNotEmpty();
    return problem;
  }

  @Test
  void refusesAWrongIdentityAndAReadOnlyState() throws Exception {
    ctl.run("apply", "-f", file.toString()).exits(0);
    List<String> identity = Clusters.identity(ctl, NAME);
    Path more = ctl.file("more.yaml", Clusters.yaml(NAME, 1, 2));

    // Another user's identity, not a missing one: it is made by rendering with it.
    String other = ctl.folder.resolve("other-config").toString();
    ctl.environment.put("SSKUBA_CONFIG_DIR", other);
    ctl.run("render", "-f", file.toString(), "--out", ctl.folder.resolve("out").toString())
        .exits(0);
    fails(5, "SSK-SEC-003", "apply", "-f", more.toString(), "-o", "json");
    assertThat(ctl.run("kubeconfig", NAME).exits(5).err()).contains("SSK-SEC-003");
    assertThat(ctl.status(NAME).path("warnings").toString()).contains("identity");
    ctl.environment.remove("SSKUBA_CONFIG_DIR");

    // A runtime folder that others may read: key material must not go there.
    Path runtime;
    try (var folders = Files.list(ctl.runtime.resolve("r"))) {
      runtime = folders.filter(Files::isDirectory).findFirst().orElseThrow();
    }
    Files.setPosixFilePermissions(runtime, PosixFilePermissions.fromString("rwxr-xr-x"));
    fails(5, "SSK-SEC-006", "apply", "-f", more.toString(), "-o", "json");
    Files.setPosixFilePermissions(runtime, PosixFilePermissions.fromString("rwx------"));

    // Read-only, for these commands alone. Looking still works.
    readOnly(7, "apply", "-f", more.toString(), "-o", "json");
    readOnly(7, "delete", NAME, "--yes", "-o", "json");
    assertThat(readOnly(0, "list", "-o", "json").json().path("items")).hasSize(1);
    readOnly(0, "status", NAME, "-o", "json");

    ctl.run("apply", "-f", more.toString()).exits(0);
    Clusters.assertReady(ctl.status(NAME), 3);
    assertThat(Clusters.identity(ctl, NAME)).isEqualTo(identity);

    // No time at all for a delete: it says what stayed, and the next one takes it.
    String block = Clusters.block(ctl.record(NAME));
    JsonNode left =
        fails(8, "SSK-DEL-001", "delete", NAME, "--yes", "--deadline", "1ms", "-o", "json");
    assertThat(left.path("exists")).isNotEmpty();
    ctl.run("delete", NAME, "--yes").exits(0);
    Clusters.assertNothingLeft(ctl, block);
  }

  private Ctl.Said readOnly(int exit, String... command) throws Exception {
    String state = ctl.state().toString();
    List<String> argv =
        new ArrayList<>(
            List.of(
                "unshare",
                "-m",
                "sh",
                "-c",
                "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"",
                state));
    Ctl.Said allowed = ctl.tool(Map.of(), List.of("unshare", "-m", "true").toArray(String[]::new));
    Assumptions.assumeTrue(
        allowed.exit() == 0, "SKIPPED: a read-only state needs the right to mount");
    argv.addAll(Ctl.command(command));
    Ctl.Said said = ctl.tool(Map.of(), argv.toArray(String[]::new)).exits(exit);
    if (exit == 7) {
      JsonNode problem = Clusters.problem(said);
      assertThat(problem.path("code").asText()).isEqualTo("SSK-STATE-003");
      assertThat(problem.toString()).containsIgnoringCase("read-only file system");
    }
    return said;
  }

  @Test
  void touchesNoProcessOfSomebodyElseAndSurvivesLostDisks() throws Exception {
    ctl.run("apply", "-f", file.toString()).exits(0);
    Path folder = ctl.state().resolve("clusters").resolve(NAME);
    J03KilledIT.killAll(ctl);
    Ctl.remove(folder.resolve("disks"));
    JsonNode status = ctl.status(NAME);
    assertThat(status.path("state").asText()).isEqualTo("failed");
    assertThat(status.path("problem").path("code").asText()).isEqualTo("SSK-INFRA-004");
    // The machines come back, empty. An empty cluster is not passed off as the one that was there.
    JsonNode lost =
        Clusters.problem(ctl.run("apply", "-f", file.toString(), "-o", "json").exits(4));
    assertThat(lost.path("code").asText()).isEqualTo("SSK-TALOS-006");
    ctl.run("delete", NAME, "--yes").exits(0);
    ctl.run("apply", "-f", file.toString()).exits(0);
    Clusters.assertReady(ctl.status(NAME), 2);

    // The host is dead, and its pid is another program's by now.
    J03KilledIT.killAll(ctl);
    Process stranger = new ProcessBuilder("sleep", "600").start();
    try {
      Path pidFile;
      try (var all = Files.walk(ctl.runtime)) {
        pidFile = all.filter(p -> p.endsWith("host.pid")).findFirst().orElseThrow();
      }
      String recorded = Files.readString(pidFile);
      Files.writeString(pidFile, stranger.pid() + recorded.substring(recorded.indexOf('-')));
      Clusters.deleteAndLook(ctl, NAME);
      assertThat(stranger.isAlive()).as("a process that is not ours").isTrue();
    } finally {
      stranger.destroyForcibly();
    }
  }

  @Test
  void deletesWhatAFailedApplyMadeWhenAskedTo() throws Exception {
    Path bin = Files.createDirectories(ctl.folder.resolve("bin"));
    Path fake = bin.resolve("kube-apiserver");
    Files.writeString(
        fake,
        """
        #!/bin/sh
        if [ "$1" = --version ]; then echo "Kubernetes v1.36.3"; exit 0; fi
        echo "E1124 told to die" >&2
        exit 1
        """);
    assertThat(fake.toFile().setExecutable(true)).isTrue();
    ctl.environment.merge("PATH", bin.toString(), (path, own) -> own + File.pathSeparator + path);
    ctl.environment.put("SSKUBA_CACHE_DIR", ctl.folder.resolve("cache").toString());
    JsonNode problem =
        Clusters.problem(
            ctl.run("apply", "-f", file.toString(), "--on-failure", "delete", "-o", "json")
                .exits(7));
    assertThat(problem.path("code").asText()).isEqualTo("SSK-INFRA-005");
    assertThat(problem.path("facts").toString()).contains("deleted", "with a receipt");
    Clusters.assertNothingLeft(ctl, "127.64.");
    ObjectNode receipt =
        (ObjectNode) ctl.run("delete", NAME, "--yes", "-o", "json").exits(0).json();
    assertThat(receipt.path("leftovers")).isEmpty();
  }
}
