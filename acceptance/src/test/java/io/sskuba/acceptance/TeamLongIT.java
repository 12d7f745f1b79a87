package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.secret.Receipts;
import io.sskuba.testkit.Peers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A team's state in a bucket, with a provider's plugin as the engine starts one, and what can go
/// wrong with several machines: a race, a machine that is lost, a bucket that is away.
class TeamLongIT {
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

  private void machines(Ctl ctl, String... addresses) throws Exception {
    somebody = SomebodysMachines.start(ctl, Peers.require("etcd").getParent(), List.of(addresses));
  }

  /// The plugin in the engine's home of a cache that all members share.
  private Path plugin(Ctl first) throws Exception {
    Path cache = first.folder.resolve("cache");
    first.environment.put("SSKUBA_CACHE_DIR", cache.toString());
    Path cloud = Files.createDirectories(first.folder.resolve("cloud"));
    Files.writeString(cloud.resolve("addresses.json"), "{}");
    FakePlugin.install(cache.resolve("pulumi"), "vsphere", "4.18.2", cloud);
    return cloud;
  }

  private static String vsphere(Ctl ctl, String net) throws Exception {
    ctl.environment.put("VC_USER", "sensor");
    Files.writeString(ctl.folder.resolve("vc-password"), "correct-horse\n");
    return ctl.file(
            "lab.yaml",
            """
            apiVersion: sskuba.io/v1alpha1
            kind: Cluster
            metadata: {name: sensor-lab, domain: onprem.example.org}
            lifetime: {ttl: 2h}
            target:
              provider: vsphere
              server: vcenter.example.org
              credentials: {username: {env: VC_USER}, password: {file: vc-password}}
              datacenter: dc1
              cluster: compute1
              datastore: vsan1
              network: {name: k8s-segment, cidr: %s0/24, gateway: %s1}
              endpoint: {virtualAddress: %s10}
              template: {library: talos, item: talos-v1.13.9}
              controlPlane: {count: 1, addresses: [%s21]}
            gitops: {url: "https://git.example.org/lab.git", path: lab, token: {env: NOT_SET}}
            """
                .formatted(net, net, net, net))
        .toString();
  }

  private void assertGone(Ctl ctl, String name) throws Exception {
    ObjectNode receipt =
        (ObjectNode) ctl.run("delete", name, "--yes", "-o", "json").exits(0).json();
    assertThat(Receipts.verify(receipt)).isEqualTo(Receipts.Verdict.VALID);
    assertThat(receipt.path("leftovers")).isEmpty();
    assertThat(team.objects())
        .allMatch(each -> each.startsWith("receipts/") || each.equals(".pulumi/meta.yaml"))
        .anyMatch(each -> each.startsWith("receipts/" + name + "/"));
  }

  /// A machine is lost in the middle of an `up`; one that knows nothing of its processes waits for
  /// its lease to run out, and goes on.
  @Test
  void aMachineIsLostAndAnotherGoesOn() throws Exception {
    String net = "127.242.11.";
    team = Team.s3("127.242.11.1");
    Ctl ada = team.member();
    Path cloud = plugin(ada);
    Files.writeString(cloud.resolve("pause"), "700");
    machines(ada, net + "21");
    Ctl.Running first = ada.start("apply", "-f", vsphere(ada, net), "--events", "-");
    assertThat(first.reaches("create done")).as(first.err()).isTrue();
    first.kill();
    Files.delete(cloud.resolve("pause"));

    Ctl bob = team.memberElsewhere();
    String file = vsphere(bob, net);
    JsonNode seen = bob.run(Ctl.SHORT, "list", "-o", "json").exits(0).json().path("items").path(0);
    assertThat(seen.path("name").asText()).isEqualTo("sensor-lab");
    Ctl.Said early = bob.run("apply", "-f", file, "-o", "json").exits(6);
    assertThat(early.json().path("code").asText()).isEqualTo("SSK-STATE-004");
    assertThat(early.json().path("summary").asText())
        .contains(" works on sensor-lab")
        .doesNotContain("machine-b");
    Ctl.await(
        Duration.ofMinutes(2),
        "the lease of the lost machine is over",
        () -> {
          Thread.sleep(5_000);
          return bob.run("apply", "-f", file).exit() == 0;
        });
    Clusters.assertReady(bob.status("sensor-lab"), 1);
    assertThat(FakePlugin.held(cloud)).contains("id-folder", "id-sensor-lab-control-plane-1");
    assertGone(bob, "sensor-lab");
    assertThat(FakePlugin.held(cloud)).isEmpty();
  }

  /// Two at once: the state has one answer.
  @Test
  void ofTwoThatRaceOneWins() throws Exception {
    String net = "127.242.12.";
    team = Team.s3("127.242.12.1");
    List<Ctl> members = List.of(team.member(), team.memberElsewhere());
    machines(members.getFirst(), net + "11");
    List<Ctl.Running> running = new ArrayList<>();
    for (Ctl each : members) {
      Path file = each.file("race.yaml", TeamPeerIT.metal("field-kit", net));
      running.add(each.start("apply", "-f", file.toString(), "-o", "json"));
    }
    List<Ctl.Said> said = new ArrayList<>();
    for (Ctl.Running each : running) {
      said.add(each.end(Ctl.LONG));
    }
    assertThat(said.stream().map(Ctl.Said::exit)).as("%s", said).containsExactlyInAnyOrder(0, 6);
    Ctl.Said loser = said.stream().filter(s -> s.exit() == 6).findFirst().orElseThrow();
    Ctl.Said winner = said.stream().filter(s -> s.exit() == 0).findFirst().orElseThrow();
    assertThat(loser.json().path("code").asText()).isEqualTo("SSK-STATE-004");
    assertThat(loser.json().path("summary").asText())
        .contains("on " + (winner == said.getFirst() ? hostname() : "machine-b"))
        .contains("works on field-kit");
    Clusters.assertReady(winner.json(), 1);
    assertGone(members.getLast(), "field-kit");
  }

  private static String hostname() throws Exception {
    return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
  }

  /// The bucket is away from the first resource on: one problem, what exists, and the same command
  /// goes on; what was made and could not be written down is not made again.
  @Test
  void theBucketGoesAwayInTheMiddle() throws Exception {
    String net = "127.242.13.";
    team = Team.s3("127.242.13.1");
    Ctl ada = team.member();
    Path cloud = plugin(ada);
    Files.writeString(cloud.resolve("pause"), "1500");
    machines(ada, net + "21");
    String file = vsphere(ada, net);
    Ctl.Running first = ada.start("apply", "-f", file, "--events", "-", "-o", "json");
    Ctl.await(Ctl.LONG, "something is made", () -> !FakePlugin.made(cloud).isEmpty());
    team.door.shut();
    Ctl.Said said = first.end(Ctl.LONG).exits(7);
    JsonNode problem = Json.parse(said.out());
    assertThat(problem.path("code").asText()).as(said.out()).isEqualTo("SSK-STATE-010");
    for (String made : FakePlugin.made(cloud)) {
      assertThat(problem.path("exists").toString()).contains(" " + made);
    }
    assertThat(problem.path("next").toString()).contains("sskuba-ctl apply --file " + file);
    assertThat(ada.run(Ctl.SHORT, "apply", "-f", file).exit()).as("still away").isEqualTo(7);

    Files.delete(cloud.resolve("pause"));
    team.door.open();
    Clusters.assertReady(ada.run("apply", "-f", file, "-o", "json").exits(0).json(), 1);
    assertThat(FakePlugin.made(cloud)).doesNotHaveDuplicates();
    assertGone(ada, "sensor-lab");
    assertThat(FakePlugin.held(cloud)).isEmpty();
  }

  /// A record that nobody can read, and then none at all: `delete` goes by what is left.
  @Test
  void aBrokenRecordIsDeletedByWhatIsLeft() throws Exception {
    String net = "127.242.15.";
    team = Team.s3("127.242.15.1");
    Ctl ada = team.member();
    machines(ada, net + "11");
    String file = ada.file("field-kit.yaml", TeamPeerIT.metal("field-kit", net)).toString();
    for (boolean gone : List.of(false, true)) {
      Clusters.assertReady(ada.run("apply", "-f", file, "-o", "json").exits(0).json(), 1);
      String record = "records/field-kit.json";
      String whole =
          new String(
              team.bucket().read(record).orElseThrow().bytes(),
              java.nio.charset.StandardCharsets.UTF_8);
      if (gone) {
        team.bucket().delete(record);
      } else {
        team.bucket()
            .put(
                record,
                whole
                    .substring(0, whole.indexOf("\"clusterId\""))
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Ctl.Said refused = ada.run("apply", "-f", file, "-o", "json").exits(6);
        assertThat(refused.json().path("code").asText()).isEqualTo("SSK-STATE-001");
      }
      ObjectNode receipt =
          (ObjectNode) ada.run("delete", "field-kit", "--yes", "-o", "json").exits(0).json();
      assertThat(Receipts.verify(receipt)).isEqualTo(Receipts.Verdict.VALID);
      assertThat(receipt.path("leftovers")).isEmpty();
      assertThat(receipt.path("resources").toString()).contains("in maintenance mode");
      assertThat(receipt.path("corrupt").path(0).path("file").asText())
          .isEqualTo("s3://team-state/labs/" + record);
      assertThat(team.objects())
          .allMatch(n -> n.startsWith("receipts/") || n.equals(".pulumi/meta.yaml"));
    }
    assertThat(team.objects()).anyMatch(n -> n.endsWith(".corrupt"));
  }

  /// The same way on Azure's blobs.
  @Test
  void aContainerOfAzureHoldsItToo() throws Exception {
    String net = "127.242.14.";
    team = Team.azure("127.242.14.1");
    Ctl ada = team.member();
    machines(ada, net + "11");
    Path file = ada.file("field-kit.yaml", TeamPeerIT.metal("field-kit", net));
    Ctl.Running first = ada.start("apply", "-f", file.toString(), "--events", "-");
    assertThat(first.starts("configure-machines")).as(first.err()).isTrue();
    first.kill();
    Ctl bob = team.member();
    Path his = bob.file("field-kit.yaml", TeamPeerIT.metal("field-kit", net));
    Clusters.assertReady(bob.run("apply", "-f", his.toString(), "-o", "json").exits(0).json(), 1);
    team.door.shut();
    assertThat(ada.run("apply", "-f", file.toString()).exit()).isEqualTo(7);
    team.door.open();
    ada.run("apply", "-f", file.toString(), "--ttl", "5h").exits(0);
    assertGone(ada, "field-kit");
  }
}
