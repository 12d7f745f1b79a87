package io.sskuba.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A rehearsal whose simulated account lacks something ends before it makes anything, and says all
/// of it.
class PreflightTest {
  @TempDir Path folder;

  private CommandRun run(String command, String target, String scenario) throws IOException {
    Path file = folder.resolve("scenario.yaml");
    Files.writeString(file, "apiVersion: sskuba.io/v1alpha1\nkind: Scenario\n" + scenario);
    return CommandRun.of(
        folder,
        command,
        "--rehearse",
        "--rehearse-with",
        "scenario=" + file,
        "-f",
        Path.of("../examples/" + target + ".yaml").toAbsolutePath().normalize().toString());
  }

  private boolean anythingMade() {
    return Files.exists(folder.resolve("state/sskuba/accounts"))
        || Files.exists(folder.resolve("state/sskuba/clusters"));
  }

  @Test
  void allFindingsAreOneProblem() throws IOException {
    for (String command : List.of("apply", "plan")) {
      CommandRun run =
          run(
              command,
              "aws",
              """
              quotas: {vcpus: 16, elasticIps: 0}
              account: {missingZones: [data.example.org], networks: [10.20.0.0/16]}
              """);
      assertThat(run.exit()).as(run.err()).isEqualTo(7);
      assertThat(run.err())
          .contains("16 allowed, 0 used, 36 needed", "elastic addresses", "SSK-DNS-003");
      assertThat(anythingMade()).as(command).isFalse();
    }
  }

  @Test
  void theGravestDecidesTheExitCode() throws IOException {
    CommandRun run = run("apply", "aws", "quotas: {vcpus: 16}\naccount: {credentials: 0s}\n");
    assertThat(run.exit()).as(run.err()).isEqualTo(5);
    assertThat(run.err()).contains("SSK-CLOUD-001", "also", "16 allowed");
    for (Map.Entry<String, String> other :
        Map.of("azure", "quotas: {vcpus: 4}", "vsphere", "quotas: {vcpus: 4}").entrySet()) {
      CommandRun full = run("apply", other.getKey(), other.getValue() + "\n");
      assertThat(full.exit()).as(full.err()).isEqualTo(7);
      assertThat(full.err()).contains("SSK-CLOUD-003", "4 allowed, 0 used");
    }
  }
}
