package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.cloud.CloudServices;
import io.sskuba.dns.ClusterNames;
import io.sskuba.dns.UpdateServer;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.io.TimeSource;
import io.sskuba.secret.SecretValue;
import io.sskuba.testkit.DnsPeers;
import io.sskuba.testkit.TestServices;
import io.sskuba.wait.Observation;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A cluster's names in a real BIND: written, served, taken away again, and everything that can be
/// in their way.
class NamesPeerIT {
  private static final String HOST = "127.0.0.1"; // BIND listens on addresses of interfaces only
  @TempDir Path folder;
  private TestServices.Running server;
  private Ctl ctl;

  @BeforeEach
  void open() throws Exception {
    server = DnsPeers.bind(HOST, folder.resolve("bind"));
    ctl = Ctl.open();
  }

  @AfterEach
  void close() throws Exception {
    if (server != null) {
      server.close();
    }
    if (ctl != null) {
      ctl.close();
    }
  }

  private Path metal(String name, String zone, String secret) throws Exception {
    return ctl.file(
        name + ".yaml",
        """
        apiVersion: sskuba.io/v1alpha1
        kind: Cluster
        metadata: {name: %s, domain: %s}
        lifetime: {ttl: 1h}
        target:
          provider: metal
          endpoint: {virtualAddress: 192.168.50.10}
          controlPlane: {machines: [{address: 192.168.50.11, disk: /dev/nvme0n1}]}
        dns:
          provider: rfc2136
          server: 192.0.2.53
          tsig: {name: %s, secret: %s}
        """
            .formatted(name, zone, DnsPeers.KEY, secret));
  }

  private Path local(String name, String zone, String variable) throws Exception {
    return ctl.file(
        name + ".yaml",
        """
        apiVersion: sskuba.io/v1alpha1
        kind: Cluster
        metadata: {name: %s, domain: %s}
        target: {provider: local, controlPlane: {count: 1}, workers: []}
        dns:
          provider: rfc2136
          server: %s
          tsig: {name: %s, secret: {env: %s}}
        """
            .formatted(name, zone, server.address(), DnsPeers.KEY, variable));
  }

  private ZoneWriter writer(String zone) {
    UpdateServer.TsigKey key =
        new UpdateServer.TsigKey(
            DnsPeers.KEY, DnsPeers.ALGORITHM, new SecretValue(DnsPeers.SECRET));
    return ServiceLoader.load(CloudServices.class)
        .findFirst()
        .orElseThrow()
        .zone(
            new UpdateServer(server.address(), zone, zone.equals(DnsPeers.OPEN) ? null : key),
            TimeSource.system());
  }

  private static ClusterNames names(String fqdn, String owner, String address) {
    return new ClusterNames(
        fqdn,
        owner,
        new ClusterNames.Target.Addresses(List.of(InetAddress.ofLiteral(address))),
        ClusterNames.TTL);
  }

  private String[] rehearse(Path file) {
    return new String[] {
      "apply",
      "--rehearse",
      "-f",
      file.toString(),
      "--rehearse-with",
      "dns=" + server.address(),
      "-o",
      "json"
    };
  }

  private static JsonNode named(JsonNode list) {
    for (JsonNode entry : list) {
      if (entry.path("kind").asText().equals("dns")) {
        return entry;
      }
    }
    throw new AssertionError("nothing of kind dns in " + list);
  }

  @Test
  @Tag("slow")
  void aRehearsalWritesItsNamesToTheServerItIsGivenAndTakesThemAway() throws Exception {
    Path ran = folder.resolve("ran");
    Path file = metal("kit", DnsPeers.OPEN, "{exec: [touch, " + ran + "]}");
    String fqdn = "kit." + DnsPeers.OPEN;
    JsonNode status = ctl.run(rehearse(file)).exits(0).json();
    Clusters.assertReady(status, 1);
    assertThat(Clusters.component(status, "dns").path("ready").asBoolean()).isTrue();
    assertThat(Clusters.component(status, "dns").path("real").asBoolean()).isTrue();
    assertThat(ran).as("a rehearsal resolves no secret").doesNotExist();

    String id = ctl.record("rehearsal.kit").path("clusterId").asText();
    ClusterNames names = names(fqdn, id, "192.168.50.10");
    assertThat(writer(DnsPeers.OPEN).owns(names)).isTrue();
    assertThat(writer(DnsPeers.OPEN).served(names)).isEqualTo(Observation.met(1));

    // The server goes away: what cannot be taken back is a leftover, and named.
    server.close();
    Ctl.Said away = ctl.run("delete", "rehearsal/kit", "--yes", "--deadline", "8s", "-o", "json");
    JsonNode problem = Clusters.problem(away.exits(8));
    assertThat(problem.path("code").asText()).isEqualTo("SSK-DEL-001");
    assertThat(problem.path("exists").toString()).contains("dns " + fqdn, "SSK-DNS-005");
    Path receipt = Path.of(fact(problem, "receipt"));
    JsonNode left = io.sskuba.io.Json.parse(Files.readString(receipt)).path("leftovers");
    assertThat(left).hasSize(1);
    assertThat(named(left).path("id").asText()).isEqualTo(fqdn);

    server = DnsPeers.bind(HOST, server.port(), folder.resolve("bind"));
    assertThat(writer(DnsPeers.OPEN).owns(names)).as("kept by the server").isTrue();
    JsonNode gone = ctl.run("delete", "rehearsal/kit", "--yes", "-o", "json").exits(0).json();
    JsonNode entry = named(gone.path("resources"));
    assertThat(entry.path("proof").path("method").asText())
        .isEqualTo("ask " + server.address() + " for _sskuba." + fqdn + " TXT");
    assertThat(entry.path("goneAt").asText()).isNotEmpty();
    assertThat(writer(DnsPeers.OPEN).owns(names)).isFalse();
    assertThat(writer(DnsPeers.OPEN).served(names)).isInstanceOf(Observation.NotYet.class);
  }

  private static String fact(JsonNode problem, String label) {
    for (JsonNode fact : problem.path("facts")) {
      if (fact.path("label").asText().equals(label)) {
        return fact.path("value").asText();
      }
    }
    throw new AssertionError("no " + label + " in " + problem);
  }

  /// All of it before anything is made.
  @Test
  void refusesWhatIsSomebodyElses() throws Exception {
    writer(DnsPeers.OPEN).put(names("mine." + DnsPeers.OPEN, "theirs", "192.0.2.1"));
    JsonNode problem =
        Clusters.problem(ctl.run(rehearse(metal("mine", DnsPeers.OPEN, "{env: X}"))).exits(6));
    assertThat(problem.path("code").asText()).isEqualTo("SSK-DNS-004");
    assertThat(fact(problem, "owner")).isEqualTo("cluster theirs");
    assertThat(problem.path("exists").toString()).contains("nothing of rehearsal/mine was made");
    // A person's name, with no ownership record.
    problem =
        Clusters.problem(ctl.run(rehearse(metal("taken", DnsPeers.OPEN, "{env: X}"))).exits(6));
    assertThat(problem.path("code").asText()).isEqualTo("SSK-DNS-004");

    for (String elsewhere :
        List.of("192.0.2.53:53", "dns.example.org:53", "127.0.0.1", "127.0.0.1:x")) {
      String[] command = rehearse(metal("far", DnsPeers.OPEN, "{env: X}"));
      command[5] = "dns=" + elsewhere;
      ctl.run(Ctl.SHORT, command).exits(2);
    }
    assertThat(ctl.run("list", "-o", "json").exits(0).json().path("items")).isEmpty();
    assertThat(ctl.processes()).isEmpty();
  }

  /// A cluster of this machine is no rehearsal: its updates are signed.
  @Test
  void signsWithAKeyThatIsResolvedLateAndKeptNowhere() throws Exception {
    Path file = local("signed", DnsPeers.ZONE, "TSIG");
    ctl.environment.put("TSIG", "d3JvbmctLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0=");
    assertFault(file, 5, "SSK-DNS-002");
    ctl.environment.remove("TSIG");
    assertFault(file, 5, "SSK-SEC-001");
    ctl.environment.put("TSIG", DnsPeers.SECRET);
    assertFault(local("shut", "closed.example.org", "TSIG"), 5, "SSK-DNS-001");
    assertFault(local("none", "missing.example.org", "TSIG"), 7, "SSK-DNS-003");
    assertThat(ctl.processes()).isEmpty();

    ctl.run("apply", "-f", file.toString()).exits(0);
    String id = ctl.record("signed").path("clusterId").asText();
    String twin =
        ctl.record("signed").path("details").path("names").path("addresses").get(0).asText();
    assertThat(twin).startsWith("127.");
    ClusterNames names = names("signed." + DnsPeers.ZONE, id, twin);
    assertThat(writer(DnsPeers.ZONE).served(names)).isEqualTo(Observation.met(1));
    for (String name : Ctl.files(ctl.folder)) {
      String text = Files.readString(ctl.folder.resolve(name), StandardCharsets.ISO_8859_1);
      assertThat(text.contains(DnsPeers.SECRET)).as(name).isFalse();
    }
    ctl.environment.remove("TSIG");
    JsonNode problem =
        Clusters.problem(
            ctl.run("delete", "signed", "--yes", "--deadline", "8s", "-o", "json").exits(8));
    assertThat(problem.path("exists").toString()).contains("SSK-SEC-001").contains("env TSIG");
    assertThat(writer(DnsPeers.ZONE).owns(names)).isTrue();
    ctl.environment.put("TSIG", DnsPeers.SECRET);
    ctl.run("delete", "signed", "--yes").exits(0);
    assertThat(writer(DnsPeers.ZONE).owns(names)).isFalse();
  }

  /// One problem, before anything is made, with a cause and a command that goes on.
  private void assertFault(Path file, int exit, String code) throws Exception {
    JsonNode problem =
        Clusters.problem(ctl.run("apply", "-f", file.toString(), "-o", "json").exits(exit));
    assertThat(problem.path("code").asText()).isEqualTo(code);
    assertThat(problem.path("exists").toString()).contains("nothing of ");
    assertThat(fact(problem, "cause")).isNotEmpty();
    assertThat(problem.path("next").get(0).asText()).isEqualTo("sskuba-ctl apply --file " + file);
  }
}
