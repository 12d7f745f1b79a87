package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.secret.Receipts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A running cluster whose journal and record are damaged: `apply` and `status` refuse and say what
/// to do, nothing is overwritten, and `delete` takes everything away by what is left.
class BrokenStatePeerIT {
  private static final String NAME = "broken";
  private Ctl ctl;
  private Path file;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("broken.yaml", Clusters.yaml(NAME, 1, 1));
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  @Test
  void isDeletedByWhatIsLeft() throws Exception {
    ctl.run("apply", "-f", file.toString()).exits(0);
    String id = ctl.record(NAME).path("clusterId").asText();
    String block = Clusters.block(ctl.record(NAME));
    Path folder = ctl.state().resolve("clusters").resolve(NAME);
    Path journal = folder.resolve("journal.jsonl");

    // The journal: whole lines, one of them no JSON.
    String before = Files.readString(journal);
    Files.writeString(journal, "{\"kind\": no json\n", StandardOpenOption.APPEND);
    String damaged = Files.readString(journal);
    ctl.file("broken.yaml", Clusters.yaml(NAME, 1, 2));
    refuses("line " + (before.lines().count() + 1), "apply", "-f", file.toString(), "-o", "json");
    assertThat(Files.readString(journal)).isEqualTo(damaged);
    // Looking needs no journal: what runs is told, and why the last apply failed.
    JsonNode status = ctl.status(NAME);
    assertThat(status.path("problem").path("code").asText()).isEqualTo("SSK-STATE-001");
    assertThat(Clusters.node(status, "broken-general-1").path("ready").asBoolean()).isTrue();

    // The record too: as a full disk or an editor leaves it, the end gone.
    Path record = folder.resolve("record.json");
    String whole = Files.readString(record);
    String torn = whole.substring(0, whole.indexOf("\"clusterId\""));
    Files.writeString(record, torn);
    refuses("no JSON", "apply", "-f", file.toString(), "-o", "json");
    refuses("no JSON", "status", NAME, "-o", "json");
    assertThat(Files.readString(record)).isEqualTo(torn);
    assertThat(ctl.pids("HostMain")).hasSize(1);

    // Neither the record, nor its id, nor an identity.
    ctl.environment.put("SSKUBA_CONFIG_DIR", ctl.folder.resolve("elsewhere").toString());
    ObjectNode receipt =
        (ObjectNode) ctl.run("delete", NAME, "--yes", "-o", "json").exits(0).json();
    assertThat(Receipts.verify(receipt)).isEqualTo(Receipts.Verdict.VALID);
    assertThat(receipt.path("clusterId").asText()).isEqualTo(id);
    assertThat(receipt.path("leftovers")).isEmpty();
    assertThat(receipt.path("resources").toString())
        .contains("sskuba:local:Machine", "broken-general-1", block + "2:50000");
    assertKept(receipt.path("corrupt").get(0), torn);
    assertKept(receipt.path("corrupt").get(1), damaged);
    Clusters.assertNothingLeft(ctl, block);
    assertThat(ctl.run("delete", NAME, "--yes", "-o", "json").exits(0).json()).isEqualTo(receipt);
  }

  private void refuses(String cause, String... command) throws Exception {
    JsonNode problem = Clusters.problem(ctl.run(command).exits(6));
    assertThat(problem.path("code").asText()).isEqualTo("SSK-STATE-001");
    assertThat(problem.path("facts").toString()).contains(cause);
    assertThat(problem.path("next").get(0).asText()).startsWith("sskuba-ctl delete broken --yes");
  }

  private static void assertKept(JsonNode corrupt, String content) throws Exception {
    assertThat(Files.readString(Path.of(corrupt.path("kept").asText()))).isEqualTo(content);
  }
}
