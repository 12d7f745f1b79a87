package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.testkit.Peers;
import io.sskuba.testkit.TestServices;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Real clouds as far as they can be seen from where there is none: what is missing is said before
/// anybody is asked, and with a plugin that is there the whole way is gone.
class RealCloudsLongIT {
  private static final String NET = "127.232.8.";
  private static final String PASSWORD = "correct-horse-battery";
  private Ctl ctl;
  private Process somebody;
  private TestServices.Running vcenter;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    // The engine's home lies in the cache: this user's own.
    ctl.environment.put("SSKUBA_CACHE_DIR", ctl.folder.resolve("cache").toString());
  }

  @AfterEach
  void close() throws Exception {
    if (somebody != null) {
      somebody.destroyForcibly();
    }
    if (vcenter != null) {
      vcenter.close();
    }
    if (ctl != null) {
      ctl.close();
    }
  }

  private static Path examples() {
    Path here = Path.of("").toAbsolutePath();
    return (Files.isDirectory(here.resolve("examples")) ? here : here.getParent())
        .resolve("examples");
  }

  private String example(String target) throws Exception {
    return ctl.file(target + ".yaml", Files.readString(examples().resolve(target + ".yaml")))
        .toString();
  }

  private void anIdentity() throws Exception {
    ctl.run("render", "-f", example("local"), "--out", ctl.folder.resolve("made").toString())
        .exits(0);
  }

  /// What is missing is told without a call: the way out leads nowhere, and is not even tried.
  @ParameterizedTest
  @CsvSource({
    "aws, 5, SSK-CLOUD-001",
    "azure, 5, SSK-CLOUD-001",
    "vsphere, 5, SSK-SEC",
    "docker, 7, SSK-CLOUD-006"
  })
  void whatIsMissingIsSaidAndARehearsalOffered(String target, int exit, String code)
      throws Exception {
    if (target.equals("docker") && Files.exists(Path.of("/var/run/docker.sock"))) {
      return;
    }
    anIdentity();
    String file = example(target);
    for (String command : List.of("plan", "apply")) {
      Ctl.Said said = ctl.run(command, "-f", file, "-o", "json").exits(exit);
      assertThat(said.json().path("code").asText()).as(said.err()).startsWith(code);
      assertThat(said.json().path("next").toString())
          .contains("sskuba-ctl " + command + " --rehearse --file " + file);
    }
    assertThat(ctl.state().resolve("clusters")).as("nothing made").doesNotExist();
    assertThat(ctl.run("plan", "-f", file, "-o", "yaml").exits(0).out()).contains("runtime: yaml");
  }

  /// Who cannot look must not say that nothing is there.
  @ParameterizedTest
  @CsvSource({"aws, 5, SSK-CLOUD-001", "docker, 7, SSK-CLOUD-006"})
  void nothingIsSaidToBeGoneByWhoCannotLook(String target, int exit, String code) throws Exception {
    ctl.environment.put("AWS_REGION", "eu-central-1");
    Ctl.Said said =
        ctl.run("delete", "--by-tag", "lab.example.org", "--target", target, "--yes", "-o", "json");
    assertThat(said.exits(exit).json().path("code").asText()).isEqualTo(code);
    ctl.run("delete", "--by-tag", "lab.example.org", "--target", "metal", "--yes").exits(2);
    ctl.run("delete", "--by-tag", "lab.example.org", "--yes").exits(2);
  }

  /// A plugin is neither here nor to be had: the proxy of the user's environment is what the engine
  /// tries, and nobody listens there.
  @Test
  void aPluginThatCannotBeHadIsOneProblem() throws Exception {
    anIdentity();
    plugin("f5bigip", "3.25.1");
    String file = vsphere("");
    ctl.environment.put("HTTPS_PROXY", "http://127.0.0.1:9");
    ctl.environment.put("HTTP_PROXY", "http://127.0.0.1:9");
    for (String command : List.of("plan", "apply")) {
      Ctl.Said said = ctl.run(command, "-f", file, "-o", "json").exits(7);
      assertThat(said.json().path("code").asText()).as(said.out()).isEqualTo("SSK-INFRA-008");
      assertThat(said.out()).contains("vsphere").doesNotContain(PASSWORD);
      assertThat(said.json().path("next").toString()).contains(" --rehearse --file " + file);
    }
    ctl.run("delete", "sensor-lab", "--yes").exits(0);
  }

  private Path plugin(String pkg, String version) throws Exception {
    Path cloud = Files.createDirectories(ctl.folder.resolve("cloud"));
    Files.writeString(
        cloud.resolve("addresses.json"),
        Json.compact(Json.object().put("sensor-lab-general-1", NET + "22")));
    FakePlugin.install(ctl.folder.resolve("cache/pulumi"), pkg, version, cloud);
    return cloud;
  }

  /// A file for vcsim: what is there already is looked up in it, what the plugin makes is not.
  private String vsphere(String more) throws Exception {
    Path folder = Files.createDirectories(ctl.folder.resolve("vcenter"));
    vcenter = TestServices.vcsim("127.232.8.9", "sensor", PASSWORD, folder);
    ctl.environment.put("VC_USER", "sensor");
    Files.writeString(ctl.folder.resolve("vc-password"), PASSWORD + "\n");
    return ctl.file(
            "vsphere-real.yaml",
            """
            apiVersion: sskuba.io/v1alpha1
            kind: Cluster
            metadata: {name: sensor-lab, domain: onprem.example.org}
            lifetime: {ttl: 2h}
            target:
              provider: vsphere
              server: %s
              credentials: {username: {env: VC_USER}, password: {file: vc-password}}
              datacenter: dc1
              cluster: compute1
              datastore: vsan1
              network: {name: k8s-segment, cidr: %s0/24, gateway: %s1}
              endpoint: {virtualAddress: %s10}
              template: {library: talos, item: talos-v1.13.9}
              controlPlane: {count: 1, addresses: [%s21]}
              workers:
                - {name: general, count: 1}
            gitops: {url: "https://git.example.org/lab.git", path: lab, token: {env: NOT_SET}}
            trust: {bundle: %s}
            %s
            """
                .formatted(
                    vcenter.address(), NET, NET, NET, NET, folder.resolve("vcsim.pem"), more))
        .toString();
  }

  /// The whole way with a plugin that the engine starts as a program: credentials of the file, what
  /// the provider looks up, machines that it makes, and their end.
  @Test
  void aPluginGetsTheFilesCredentialsAndMakesACluster() throws Exception {
    anIdentity();
    Path cloud = plugin("vsphere", "4.18.2");
    somebody =
        SomebodysMachines.start(
            ctl, Peers.require("etcd").getParent(), List.of(NET + "21", NET + "22"));
    ctl.environment.put("AWS_SECRET_ACCESS_KEY", "DECOY");
    ctl.environment.put("PULUMI_ACCESS_TOKEN", "DECOY");
    String file = vsphere("");

    JsonNode plan = ctl.run("plan", "-f", file, "-o", "json").exits(0).json();
    assertThat(plan.path("changes").path("create").asInt()).isGreaterThan(4);
    assertThat(FakePlugin.held(cloud)).as("a plan makes nothing").isEmpty();
    assertThat(Ctl.files(ctl.state())).as("and leaves nothing").isEmpty();

    JsonNode status = ctl.run("apply", "-f", file, "-o", "json").exits(0).json();
    Clusters.assertReady(status, 2);
    assertThat(Clusters.node(status, "sensor-lab-general-1").path("address").asText())
        .isEqualTo(NET + "22");
    List<String> made = FakePlugin.held(cloud);
    assertThat(made).contains("id-sensor-lab-general-1", "id-folder");

    assertSeen(cloud);
    assertNowhere(PASSWORD);

    // The plugin answers each question anew; what runs stays as it is.
    JsonNode again =
        ctl.run("plan", "-f", file, "-o", "json", "--detailed-exitcode").exits(0).json();
    assertThat(again.path("changes").path("same").asInt()).isEqualTo(made.size());
    assertThat(again.path("drift")).isEmpty();
    assertDriftShows(cloud, file);

    Ctl.Said gone = ctl.run("delete", "sensor-lab", "--yes", "-o", "json").exits(0);
    assertThat(gone.json().path("leftovers")).isEmpty();
    assertThat(FakePlugin.held(cloud)).isEmpty();
    assertNowhere(PASSWORD);
  }

  /// What was changed behind our back is named by `plan`, which writes nothing down, and put right
  /// by `apply`.
  private void assertDriftShows(Path cloud, String file) throws Exception {
    Path machine = cloud.resolve("id-sensor-lab-general-1");
    ObjectNode changed = (ObjectNode) Json.parse(Files.readAllBytes(machine));
    int cpus = changed.path("numCpus").asInt();
    assertThat(cpus).isPositive();
    Files.writeString(machine, Json.pretty(changed.put("numCpus", cpus + 3)));
    String rule = FakePlugin.held(cloud).stream().filter(i -> i.contains("tag")).findFirst().get();
    Files.delete(cloud.resolve(rule));
    Map<String, String> before = stacks();

    JsonNode plan =
        ctl.run("plan", "-f", file, "-o", "json", "--detailed-exitcode").exits(9).json();
    assertThat(plan.path("drift"))
        .anyMatch(
            d ->
                d.path("name").asText().equals("sensor-lab-general-1")
                    && d.toString().contains("numCpus"))
        .anyMatch(
            d ->
                ("id-" + d.path("name").asText()).equals(rule)
                    && d.path("kind").asText().equals("gone"));
    assertThat(ctl.run("plan", "-f", file).exits(0).out())
        .contains("numCpus", rule.substring("id-".length()));
    assertThat(stacks()).as("a plan touches nothing").isEqualTo(before);
    assertThat(FakePlugin.held(cloud)).as("nor makes anything").doesNotContain(rule);

    ctl.run("apply", "-f", file, "--ttl", "3h").exits(0);
    assertThat(Json.parse(Files.readAllBytes(machine)).path("numCpus").asInt()).isEqualTo(cpus);
    assertThat(cloud.resolve(rule)).as("made anew").exists();
    JsonNode clean = ctl.run("plan", "-f", file, "-o", "json").exits(0).json();
    assertThat(clean.path("drift")).isEmpty();
  }

  /// The engine's checkpoints, by name.
  private Map<String, String> stacks() throws Exception {
    Map<String, String> found = new TreeMap<>();
    Path folder = ctl.state().resolve(".pulumi/stacks");
    for (String name : Ctl.files(folder)) {
      found.put(name, Files.readString(folder.resolve(name)));
    }
    return found;
  }

  private void assertSeen(Path cloud) throws Exception {
    List<String> starts = Files.readAllLines(cloud.resolve(FakePlugin.SEEN));
    assertThat(starts).isNotEmpty();
    for (String start : starts) {
      JsonNode seen = Json.parse(start);
      JsonNode environment = seen.path("environment");
      assertThat(environment.path("VSPHERE_SERVER").asText()).isEqualTo(vcenter.address());
      assertThat(environment.path("VSPHERE_USER").asText()).isEqualTo("sensor");
      assertThat(environment.path("VSPHERE_PASSWORD").asText()).isEqualTo(PASSWORD);
      assertThat(environment.has("AWS_SECRET_ACCESS_KEY")).isFalse();
      assertThat(environment.has("PULUMI_ACCESS_TOKEN")).isFalse();
      assertThat(seen.path("engine").asText()).contains("pulumi").doesNotContain(PASSWORD);
    }
  }

  /// In no file of this user but the one that the reference names, and what the plugin wrote down.
  private void assertNowhere(String secret) throws Exception {
    List<Path> found = new ArrayList<>();
    for (Path root : List.of(ctl.folder, ctl.runtime)) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path one : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
          String text = new String(Files.readAllBytes(one), StandardCharsets.ISO_8859_1);
          if (text.contains(secret)) {
            found.add(ctl.folder.relativize(one));
          }
        }
      }
    }
    assertThat(found)
        .containsExactlyInAnyOrder(Path.of("vc-password"), Path.of("cloud", FakePlugin.SEEN));
  }
}
