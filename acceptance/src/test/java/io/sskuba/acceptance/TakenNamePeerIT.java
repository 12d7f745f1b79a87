package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A name that is another's in the zone of the cloud: refused by plan and by apply, before anything
/// is made.
class TakenNamePeerIT {
  private Ctl ctl;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  @Test
  void planAndApplyNameTheOwner() throws Exception {
    Path here = Path.of("").toAbsolutePath();
    Path root = Files.isDirectory(here.resolve("examples")) ? here : here.getParent();
    String file =
        ctl.file("azure.yaml", Files.readString(root.resolve("examples/azure.yaml"))).toString();
    Path log = ctl.state().resolve("accounts/azure/account.jsonl");
    Files.createDirectories(log.getParent());
    String theirs =
        """
        {"put":{"id":"/theirs","type":"azure-native:dns:RecordSet","cluster":"aaaaaaaaaa",\
        "name":"dns-owner","inputs":{"resourceGroupName":"dns","zoneName":"data.example.org",\
        "relativeRecordSetName":"_sskuba.claims-lab","recordType":"TXT"},"outputs":{},"tags":{},\
        "createdAt":"2026-01-01T00:00:00Z"}}
        """;
    Files.writeString(log, theirs);
    for (String command : new String[] {"plan", "apply"}) {
      JsonNode problem =
          Clusters.problem(ctl.run(command, "--rehearse", "-f", file, "-o", "json").exits(6));
      assertThat(problem.path("code").asText()).isEqualTo("SSK-DNS-004");
      assertThat(problem.path("facts").toString()).contains("cluster aaaaaaaaaa");
      assertThat(problem.path("next")).isNotEmpty();
    }
    assertThat(Files.readString(log)).isEqualTo(theirs);
    assertThat(ctl.processes()).isEmpty();
    assertThat(ctl.run("list", "-o", "json").exits(0).json().path("items")).isEmpty();

    // The same record in another zone is in nobody's way.
    Files.writeString(log, theirs.replace("data.example.org", "other.example.org"));
    ctl.run("plan", "--rehearse", "-f", file).exits(0);
  }
}
