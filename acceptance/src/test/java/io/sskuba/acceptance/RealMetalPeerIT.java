package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.testkit.Peers;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// `apply` without `--rehearse` on machines that exist: somebody else's, in maintenance mode, on
/// addresses that are dialled as they stand in the file.
class RealMetalPeerIT {
  private static final String NET = "127.232.7.";

  /// What a machine tells of itself comes after what talosctl tells of itself.
  private static final Pattern SERVED = Pattern.compile("(?s)Server:.*Tag:\\s+v1\\.13\\.9");

  private Ctl ctl;
  private Process somebody;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
  }

  @AfterEach
  void close() throws Exception {
    if (somebody != null) {
      somebody.destroyForcibly();
    }
    if (ctl != null) {
      ctl.close();
    }
  }

  private void machines(String... hosts) throws Exception {
    somebody =
        SomebodysMachines.start(
            ctl,
            Peers.require("etcd").getParent(),
            List.of(hosts).stream().map(h -> NET + h).toList());
  }

  private String fingerprint(String host) throws Exception {
    JsonNode told =
        Json.parse(
            Files.readString(ctl.folder.resolve("somebody").resolve(SomebodysMachines.TOLD)));
    for (JsonNode machine : told.path("machines")) {
      if (machine.path("address").asText().equals(NET + host)) {
        return machine.path("fingerprint").asText();
      }
    }
    throw new AssertionError("no machine " + host);
  }

  private String file(String name, String endpoint, String fingerprint, String... workers)
      throws Exception {
    StringBuilder yaml =
        new StringBuilder(
            """
            apiVersion: sskuba.io/v1alpha1
            kind: Cluster
            metadata: {name: %s, domain: edge.example.org}
            lifetime: {ttl: 2h}
            target:
              provider: metal
              endpoint: {%s}
              controlPlane:
                machines:
                  - {address: %s11, disk: /dev/nvme0n1%s}
            """
                .formatted(
                    name,
                    endpoint,
                    NET,
                    fingerprint.isEmpty() ? "" : ", fingerprint: \"" + fingerprint + "\""));
    if (workers.length > 0) {
      yaml.append("  workers:\n    - name: pi\n      machines:\n");
      for (String worker : workers) {
        yaml.append("        - {address: ")
            .append(NET)
            .append(worker)
            .append(", disk: /dev/sda}\n");
      }
    }
    return ctl.file(name + ".yaml", yaml.toString()).toString();
  }

  /// Contract, section 5: somebody has to be able to open the cluster again.
  private void anIdentity() throws Exception {
    ctl.run("render", "-f", file("other", "", ""), "--out", ctl.folder.resolve("made").toString())
        .exits(0);
  }

  private static void assertProblem(Ctl.Said said, int exit, String code) {
    said.exits(exit);
    assertThat(said.json().path("code").asText()).as(said.err()).isEqualTo(code);
  }

  /// As anybody would see it, by the real talosctl.
  private String insecureVersion(String host) throws Exception {
    Ctl.Said said =
        ctl.tool(
            java.util.Map.of(),
            Peers.require("talosctl").toString(),
            "--nodes",
            NET + host,
            "version",
            "--insecure");
    return said.out() + said.err();
  }

  @Test
  void machinesBecomeAClusterAndAreGivenBack() throws Exception {
    Peers.require("talosctl");
    machines("11", "21", "22");
    String file = file("field-kit", "virtualAddress: " + NET + "10", fingerprint("11"), "21", "22");

    assertProblem(ctl.run("apply", "-f", file, "-o", "json"), 5, "SSK-SEC-002");
    assertThat(ctl.state().resolve("clusters")).as("nothing made").doesNotExist();
    anIdentity();

    Ctl.Running first = ctl.start("apply", "-f", file, "--events", "-");
    assertThat(first.starts("configure-machines")).as(first.err()).isTrue();
    first.kill();
    JsonNode status = ctl.run("apply", "-f", file, "-o", "json").exits(0).json();
    Clusters.assertReady(status, 3);
    assertThat(status.path("rehearsal").asBoolean()).isFalse();
    assertThat(status.path("endpoint").asText()).isEqualTo("https://" + NET + "10:6443");
    for (String name : List.of("talos", "etcd", "kubelet", "kube-apiserver")) {
      JsonNode component = Clusters.component(status, name);
      assertThat(component.path("real").asBoolean()).as("%s", component).isTrue();
      assertThat(component.path("ready").asBoolean()).as("%s", component).isTrue();
    }
    assertThat(ctl.bootstraps("field-kit")).isEqualTo(1);
    assertThat(ctl.record("field-kit").path("details").path("topology").path("twins")).isEmpty();
    assertThat(ctl.pids("HostMain")).as("no host of ours").isEmpty();

    assertThat(ctl.kubectl("field-kit", "get", "nodes", "-o", "name").exits(0).out().lines())
        .containsExactlyInAnyOrder(
            "node/field-kit-control-plane-1", "node/field-kit-pi-1", "node/field-kit-pi-2");
    ctl.talosctl("field-kit", "--nodes", NET + "21", "version").exits(0);
    assertThat(insecureVersion("21")).as("a member lets nobody in").doesNotContainPattern(SERVED);

    assertThat(ctl.run("apply", "-f", file).exits(0).err()).contains("nothing to do");
    JsonNode plan =
        ctl.run("plan", "-f", file, "-o", "json", "--detailed-exitcode").exits(0).json();
    assertThat(plan.path("changes").path("same").asInt()).isEqualTo(3);

    othersAreRefused();

    Ctl.Said gone = ctl.run("delete", "field-kit", "--yes", "-o", "json").exits(0);
    assertThat(gone.json().path("leftovers")).isEmpty();
    for (String host : List.of("11", "21", "22")) {
      assertThat(observed(gone.json(), NET + host)).startsWith("in maintenance mode");
      assertThat(insecureVersion(host)).as("in maintenance mode").containsPattern(SERVED);
      assertThat(Ctl.files(ctl.folder.resolve("somebody/machine-" + host)))
          .noneMatch(name -> name.contains("etcd/member"));
    }
    assertThat(Ctl.files(ctl.folder.resolve("state/sskuba/.pulumi/stacks")))
        .noneMatch(name -> name.contains("field-kit"));
    ctl.run("delete", "field-kit", "--yes").exits(0);
  }

  /// Another cluster wants a machine that this one has: nothing is overwritten.
  private void othersAreRefused() throws Exception {
    String other = file("other", "", "");
    Ctl.Said said = ctl.run("apply", "-f", other, "-o", "json");
    assertProblem(said, 6, "SSK-TALOS-005");
    assertThat(said.out()).contains("nothing was overwritten");
    assertThat(ctl.state().resolve("clusters/other")).doesNotExist();
    assertThat(ctl.status("field-kit").path("state").asText()).isEqualTo("ready");
  }

  private static String observed(JsonNode receipt, String id) {
    for (JsonNode resource : receipt.path("resources")) {
      if (resource.path("id").asText().equals(id)) {
        return resource.path("proof").path("observed").asText();
      }
    }
    throw new AssertionError("no " + id + " in " + receipt);
  }

  @Test
  @Tag("slow")
  void whatCannotBeTakenOverIsSaidBeforeAnythingIsMade() throws Exception {
    machines("11");
    anIdentity();
    String another = file("field-kit", "", "6f1kS0a1cV2mH8y0b1mJvXcN1g4mGq2j0mA3m0o2xS8=");
    Ctl.Said said = ctl.run("apply", "-f", another, "-o", "json");
    assertProblem(said, 5, "SSK-TALOS-003");
    assertThat(said.out()).contains(fingerprint("11"));
    assertProblem(ctl.run("plan", "-f", another, "-o", "json"), 5, "SSK-TALOS-003");

    String silent = file("field-kit", "", fingerprint("11"), "98", "99");
    said = ctl.run("apply", "-f", silent, "-o", "json");
    assertProblem(said, 8, "SSK-TALOS-001");
    assertThat(said.out()).contains(NET + "98").contains(NET + "99");
    assertThat(ctl.state().resolve("clusters")).doesNotExist();
  }

  /// A machine that was switched off holds what it held: the receipt says so, and delete goes on
  /// once it is back.
  @Test
  @Tag("slow")
  void aMachineThatIsAwayIsNotCountedAsGivenBack() throws Exception {
    machines("11", "21");
    anIdentity();
    String file = file("field-kit", "", fingerprint("11"), "21");
    ctl.run("apply", "-f", file).exits(0);
    somebody.destroyForcibly().waitFor();

    Ctl.Said said = ctl.run("delete", "field-kit", "--yes", "-o", "json");
    assertProblem(said, 8, "SSK-DEL-001");
    assertThat(said.out()).contains("unreachable").contains("talos.experimental.wipe");

    Files.delete(ctl.folder.resolve("somebody").resolve(SomebodysMachines.TOLD));
    somebody =
        SomebodysMachines.start(
            ctl, Peers.require("etcd").getParent(), List.of(NET + "11", NET + "21"));
    ctl.run("delete", "field-kit", "--yes").exits(0);
  }
}
