package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The state of a cluster is lost: no record, no stack, no file. What carries its tags is found,
/// adopted by the engine, and destroyed in the order that the cloud asks for.
class ByTagLongIT {
  private static final String FQDN = "lab.aws.example.org";
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

  private String file(String name) throws Exception {
    return ctl.file(
            name + ".yaml",
            """
            apiVersion: sskuba.io/v1alpha1
            kind: Cluster
            metadata: {name: %s, domain: aws.example.org}
            target:
              provider: aws
              region: eu-central-1
              controlPlane: {count: 1, type: m7i.large}
              workers:
                - {name: general, count: 1, type: m7i.large}
            gitops: {url: "https://git.example.org/lab.git", path: lab, token: {env: NOT_SET}}
            """
                .formatted(name))
        .toString();
  }

  @Test
  void whatCarriesTheTagsIsFoundAndTakenAway() throws Exception {
    ctl.run("apply", "--rehearse", "-f", file("lab")).exits(0);
    ctl.run("apply", "--rehearse", "-f", file("other")).exits(0);
    int both = J04RehearsalIT.held(ctl).size();
    ctl.run("delete", "--by-tag", FQDN, "--target", "aws", "--rehearse", "-f", file("lab"), "--yes")
        .exits(2);

    lose("rehearsal.lab");
    Ctl.Said unasked =
        ctl.run("delete", "--by-tag", FQDN, "--target", "aws", "--rehearse", "-f", file("lab"));
    unasked.exits(2);
    assertThat(unasked.err()).contains("found     aws:ec2/vpc:Vpc").contains("--yes");
    assertThat(J04RehearsalIT.held(ctl)).as("listing changes nothing").hasSize(both);

    ctl.environment.put("AWS_REGION", "eu-central-1");
    Ctl.Said gone =
        ctl.run("delete", "--by-tag", FQDN, "--target", "aws", "--rehearse", "--yes", "-o", "json")
            .exits(0);
    assertThat(gone.json().path("leftovers")).isEmpty();
    assertThat(gone.json().path("resources").size()).isGreaterThan(20);
    int swept = 0;
    for (JsonNode resource : gone.json().path("resources")) {
      if (resource.path("proof").path("observed").asText().startsWith("was left over")) {
        swept++;
      }
    }
    assertThat(swept).as("what the engine did not take away itself: %s", gone.err()).isZero();
    // The other cluster has as many, and keeps them.
    assertThat(J04RehearsalIT.held(ctl)).hasSize(both / 2);
    assertThat(ctl.status("rehearsal/other").path("state").asText()).isEqualTo("ready");
    Ctl.Said again =
        ctl.run("delete", "--by-tag", FQDN, "--target", "aws", "--rehearse", "--yes").exits(0);
    assertThat(again.err()).contains("nothing carries the tags");
  }

  /// A disk that was lost: record, journal, sealed files, stack, and the machines' processes.
  private void lose(String key) throws Exception {
    for (long pid : ctl.pids("HostMain", key)) {
      Ctl.kill(pid);
    }
    for (long pid : ctl.pids("/" + key + "-")) {
      Ctl.kill(pid);
    }
    Ctl.remove(ctl.state().resolve("clusters").resolve(key));
    Path stacks = ctl.state().resolve(".pulumi/stacks/sskuba");
    for (String ending : new String[] {".json", ".json.bak", ".json.attrs", ".json.bak.attrs"}) {
      Files.deleteIfExists(stacks.resolve(key + ending));
    }
    assertThat(ctl.run("list", "-o", "json").exits(0).out()).doesNotContain("rehearsal/lab");
  }
}
