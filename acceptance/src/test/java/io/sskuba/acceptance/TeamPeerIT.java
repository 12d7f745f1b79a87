package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.secret.Receipts;
import io.sskuba.testkit.Peers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What one machine began, another one of the team sees, finishes, extends and deletes: the state
/// in a bucket, machines that exist.
class TeamPeerIT {
  private static final String NET = "127.242.7.";
  private Team team;
  private Process somebody;

  @AfterEach
  void close() throws Exception {
    if (somebody != null) {
      somebody.destroyForcibly();
    }
    if (team != null) {
      team.close();
    }
  }

  static String metal(String name, String net) {
    return """
        apiVersion: sskuba.io/v1alpha1
        kind: Cluster
        metadata: {name: %s, domain: edge.example.org}
        lifetime: {ttl: 2h}
        target:
          provider: metal
          endpoint: {virtualAddress: %s10}
          controlPlane:
            machines:
              - {address: %s11, disk: /dev/nvme0n1}
        """
        .formatted(name, net, net);
  }

  @Test
  void whatOneBeganAnotherFinishes() throws Exception {
    team = Team.s3("127.242.7.1");
    Ctl ada = team.member();
    somebody = SomebodysMachines.start(ada, Peers.require("etcd").getParent(), List.of(NET + "11"));
    Ctl.Running first = ada.start("apply", "-f", file(ada), "--events", "-");
    assertThat(first.starts("configure-machines")).as(first.err()).isTrue();
    first.kill();

    Ctl bob = team.member();
    JsonNode seen = bob.run(Ctl.SHORT, "list", "-o", "json").exits(0).json().path("items").path(0);
    assertThat(seen.path("name").asText()).isEqualTo("field-kit");
    assertThat(seen.path("state").asText()).isEqualTo("failed");
    assertThat(bob.status("field-kit").path("phase").asText()).isNotEmpty();

    JsonNode status = bob.run("apply", "-f", file(bob), "-o", "json").exits(0).json();
    Clusters.assertReady(status, 1);
    assertThat(
            bob.run("events", "field-kit")
                .exits(0)
                .out()
                .lines()
                .filter(l -> l.contains(" log ") && l.contains("etcd bootstrapped on")))
        .hasSize(1);
    assertThat(ada.status("field-kit").path("state").asText()).isEqualTo("ready");
    assertThat(ada.kubectl("field-kit", "get", "nodes", "-o", "name").exits(0).out())
        .contains("field-kit-control-plane-1");

    Instant before = Instant.parse(status.path("expiresAt").asText());
    bob.run("apply", "-f", file(bob), "--ttl", "9h").exits(0);
    assertThat(Instant.parse(ada.status("field-kit").path("expiresAt").asText()))
        .isAfter(before.plus(Duration.ofHours(6)));

    ObjectNode receipt =
        (ObjectNode) bob.run("delete", "field-kit", "--yes", "-o", "json").exits(0).json();
    assertThat(Receipts.verify(receipt)).isEqualTo(Receipts.Verdict.VALID);
    assertThat(receipt.path("leftovers")).isEmpty();
    assertThat(receipt.path("resources").toString()).contains(NET + "11", "in maintenance mode");
    assertOnlyTheReceipt();
    assertThat(ada.run("delete", "field-kit", "--yes", "-o", "json").exits(0).json())
        .isEqualTo(receipt);
    for (Ctl each : List.of(ada, bob)) {
      assertThat(Ctl.files(each.state())).as("nothing of it on a disk of ours").isEmpty();
    }
  }

  /// Contract, section 2, "This machine": its clusters ask no bucket, and go on while it is away.
  @Test
  void clustersOfThisMachineDoNotAskTheBucket() throws Exception {
    team = Team.s3("127.242.8.1");
    Ctl ada = team.member();
    String file = ada.file("here.yaml", Clusters.yaml("here", 1, 0)).toString();
    int before = team.door.taken();
    ada.run("plan", "-f", file).exits(0);
    Clusters.assertReady(ada.run("apply", "-f", file, "-o", "json").exits(0).json(), 1);
    assertThat(ada.status("here").path("state").asText()).isEqualTo("ready");
    ada.kubectl("here", "get", "nodes").exits(0);
    ada.run("plan", "--rehearse", "-f", file).exits(0);
    assertThat(team.door.taken()).as("connections to the bucket").isEqualTo(before);

    team.door.shut();
    ada.run("apply", "-f", file).exits(0);
    Ctl.Said list = ada.run(Ctl.SHORT, "list", "-o", "json").exits(0);
    assertThat(list.json().path("items").path(0).path("name").asText()).isEqualTo("here");
    assertThat(list.json().path("complete").asBoolean(true)).isFalse();
    assertThat(list.json().path("warnings").toString()).contains("SSK-STATE-010");
    ada.run("delete", "here", "--yes").exits(0);
    Ctl.Said nothing = ada.run(Ctl.SHORT, "list", "-o", "json").exits(7);
    assertThat(nothing.json().path("code").asText()).isEqualTo("SSK-STATE-010");
    team.door.open();
    ada.run(Ctl.SHORT, "list").exits(0);
    assertThat(team.objects()).isEmpty();
  }

  private static String file(Ctl ctl) throws Exception {
    Path file = ctl.file("field-kit.yaml", metal("field-kit", NET));
    return file.toString();
  }

  /// The version of the engine's layout is the bucket's, not the cluster's.
  private void assertOnlyTheReceipt() {
    assertThat(team.objects())
        .allMatch(name -> name.startsWith("receipts/") || name.equals(".pulumi/meta.yaml"))
        .anyMatch(name -> name.startsWith("receipts/field-kit/"));
  }
}
