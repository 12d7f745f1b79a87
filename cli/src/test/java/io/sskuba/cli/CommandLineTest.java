package io.sskuba.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.problem.ProblemKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The command line against the contract, as far as no cluster has to run for it.
class CommandLineTest {
  private static final Path EXAMPLES = Path.of("../examples").toAbsolutePath().normalize();

  @TempDir Path folder;

  private CommandRun run(String... args) {
    return CommandRun.of(folder, args);
  }

  private String example(String name) {
    return EXAMPLES.resolve(name + ".yaml").toString();
  }

  @Test
  void exitCodesAreTheContracts() {
    assertThat(Stream.of(ProblemKind.values()).map(k -> k.name() + " " + k.exitCode()))
        .containsExactly(
            "INTERNAL 1",
            "USAGE 2",
            "SPEC 3",
            "DENIED 4",
            "CREDENTIAL 5",
            "CONFLICT 6",
            "REMOTE 7",
            "TIMEOUT 8",
            "PARKED 10");
  }

  @Test
  void wrongUsageExitsWithTwoAndSaysWhatToDo() {
    for (String[] args :
        List.of(
            new String[] {"stauts", "demo"},
            new String[] {"apply"},
            new String[] {"apply", "-f", example("local"), "--ttl", "soon"},
            new String[] {"apply", "-f", example("local"), "--on-failure", "cry"},
            new String[] {"--color", "sometimes", "list"},
            new String[] {"list", "-o", "xml"},
            new String[] {"plan", "-f", example("local"), "-o", "xml"},
            new String[] {"delete"},
            new String[] {"delete", "demo", "-f", example("local")},
            new String[] {"delete", "demo", "--deadline", "soon"},
            new String[] {"completion", "tcsh"},
            new String[] {"explain", "nothing.like.this"},
            new String[] {"list", "--state-url", "ftp://somewhere/x"},
            new String[] {"exec", "demo", "kubectl", "get", "-o", "x"},
            new String[] {"toolchain", "where", "nothing"})) {
      CommandRun run = run(args);
      assertThat(run.exit()).as(String.join(" ", args) + "\n" + run.err()).isEqualTo(2);
      assertThat(run.out()).as(String.join(" ", args)).isEmpty();
      assertThat(run.err()).startsWith("error: SSK-").doesNotContain("Exception", "io.sskuba");
    }
  }

  @Test
  void misspeltCommandNamesTheNearest() {
    assertThat(run("stauts", "demo").err()).contains("nearest   status");
  }

  @Test
  void problemIsJsonOnStandardOutputEvenForWrongUsage() {
    for (String[] args :
        List.of(
            new String[] {"apply", "-o", "json"},
            new String[] {"status", "nobody", "--output=json"},
            new String[] {"validate", "-ojson", "-f", "missing.yaml"},
            new String[] {"plan", "-f", example("aws"), "-o", "json"})) {
      CommandRun run = run(args);
      assertThat(fields(run.json()))
          .contains("apiVersion", "kind", "code", "summary", "facts", "exists", "next", "run");
      assertThat(run.json().path("kind").asText()).isEqualTo("Problem");
      assertThat(run.err()).contains(run.json().path("code").asText());
    }
  }

  /// `metal` is not among them: its machines would be dialled.
  @ParameterizedTest
  @CsvSource({
    "aws, 5, SSK-CLOUD-001",
    "azure, 5, SSK-CLOUD-001",
    "docker, 7, SSK-CLOUD-006",
    "vsphere, 5, SSK-SEC-00"
  })
  void whatARealTargetLacksIsSaidBeforeAnythingIsMade(String target, int exit, String code) {
    boolean there = target.equals("docker") && Files.exists(Path.of("/var/run/docker.sock"));
    assumeFalse(there, "there is a Docker here");
    assertThat(run("validate", "-f", example(target)).exit()).isZero();
    CommandRun plan = run("plan", "-f", example(target));
    assertThat(plan.exit()).as(plan.err()).isEqualTo(exit);
    assertThat(plan.out()).isEmpty();
    assertThat(plan.err()).contains(code, "plan --rehearse");
    CommandRun apply = run("apply", "-f", example(target));
    assertThat(apply.exit()).as(apply.err()).isEqualTo(exit);
    assertThat(apply.out()).isEmpty();
    CommandRun program = run("plan", "-f", example(target), "-o", "yaml");
    assertThat(program.exit()).isZero();
    assertThat(program.out()).startsWith("name: ").contains("runtime: yaml", "resources:");
    assertThat(folder.resolve("state")).doesNotExist();
    assertThat(folder.resolve("config")).doesNotExist();
    assertThat(folder.resolve("runtime")).doesNotExist();
  }

  @Test
  void validateTellsAllProblemsWithTheirPlaces() throws IOException {
    Files.writeString(folder.resolve("bad.yaml"), "kind: Clusterx\nmetadata: {name: Foo}\n");
    CommandRun text = run("validate", "-f", "bad.yaml");
    assertThat(text.exit()).isEqualTo(3);
    assertThat(text.out()).isEmpty();
    assertThat(text.err())
        .contains(
            "bad.yaml:1:7: kind is \"Clusterx\"", "did you mean \"Cluster\"?", "bad.yaml:2:18");
    JsonNode json = run("validate", "-f", "bad.yaml", "-o", "json").json();
    assertThat(json.path("facts")).hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void deleteOfWhatIsNotThere() {
    CommandRun unknown = run("delete", "demo");
    assertThat(unknown.exit()).isEqualTo(2);
    assertThat(unknown.err()).contains("SSK-STATE-006");
    CommandRun neverMade = run("delete", "-f", example("local"));
    assertThat(neverMade.exit()).isZero();
    assertThat(neverMade.out()).isEmpty();
    CommandRun json = run("delete", "-f", example("local"), "-o", "json");
    assertThat(json.exit()).isZero();
    assertThat(json.json().path("state").asText()).isEqualTo("absent");
    for (String odd : List.of("Demo", "../x", "demo/x", "", "rehearsal/", "a.b.c", "-")) {
      CommandRun run = run("status", odd);
      assertThat(run.exit()).as(odd + "\n" + run.err()).isEqualTo(2);
    }
  }

  @Test
  void planOfANewClusterHasTheContractsFields() {
    CommandRun run = run("plan", "-f", example("local"), "-o", "json");
    assertThat(run.exit()).isZero();
    JsonNode plan = run.json();
    assertThat(fields(plan)).contains("apiVersion", "kind", "changes", "resources", "machines");
    assertThat(fields(plan.path("changes")))
        .containsExactly("create", "update", "replace", "delete", "same");
    assertThat(fields(plan.path("resources").get(0)))
        .contains("op", "type", "name", "inputs", "diff");
    assertThat(plan.path("machines")).hasSize(4);
    assertThat(fields(plan.path("machines").get(0))).contains("name", "role", "configDigest");
    assertThat(run("plan", "-f", example("local"), "--detailed-exitcode").exit()).isEqualTo(9);
    assertThat(run("plan", "-f", example("local"), "-o", "yaml").out()).contains("runtime: yaml");
    assertThat(folder.resolve("state")).doesNotExist();
  }

  @Test
  void lookingChangesNothing() {
    assertThat(run("doctor").exit()).isZero();
    assertThat(run("doctor", "-o", "json").json().path("findings")).isNotEmpty();
    assertThat(run("list").exit()).isZero();
    assertThat(run("list", "-o", "json").json().path("items")).isEmpty();
    assertThat(run("toolchain", "list").exit()).isZero();
    assertThat(run("schema").json().path("$schema").asText()).isNotEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void doctorSaysWhatIsBroken() throws IOException {
    Files.writeString(folder.resolve("config"), "a file where a folder should be");
    CommandRun run = run("doctor");
    assertThat(run.exit()).isEqualTo(7);
    assertThat(run.out()).contains("broken  config", "SSKUBA_CONFIG_DIR");
  }

  @Test
  void versionIsOneLineOrJson() {
    assertThat(run("version").out()).startsWith("sskuba-ctl ").hasLineCount(1);
    assertThat(fields(run("version", "-o", "json").json()))
        .contains("apiVersion", "kind", "version", "talos", "kubernetes");
  }

  @Test
  void renderSealsUnlessAskedNotToAndPrintsNoKey() throws IOException {
    CommandRun sealed = run("render", "-f", example("aws"), "--out", "sealed");
    assertThat(sealed.exit()).as(sealed.err()).isZero();
    assertThat(names(folder.resolve("sealed")))
        .contains("talosconfig.age", "fraud-lab-control-plane-1.yaml.age")
        .allMatch(n -> n.endsWith(".age"));
    CommandRun plain = run("render", "-f", example("aws"), "--out", "plain", "--plaintext");
    assertThat(plain.exit()).isZero();
    assertThat(plain.err()).contains("warning: ");
    assertThat(names(folder.resolve("plain")))
        .contains("talosconfig", "fraud-lab-control-plane-1.yaml")
        .noneMatch(n -> n.endsWith(".age"));
    String config = Files.readString(folder.resolve("plain/fraud-lab-control-plane-1.yaml"));
    assertThat(config).contains("key: ");
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
        if (!file.startsWith(folder.resolve("plain"))) {
          Secrets.assertNone(
              file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1), config);
        }
      }
    }
    for (CommandRun run : List.of(sealed, plain)) {
      Secrets.assertNone("standard output", run.out(), config);
      Secrets.assertNone("standard error", run.err(), config);
    }
  }

  @Test
  void unreadableSecretsBundleIsNotQuoted() throws IOException {
    Files.writeString(folder.resolve("secrets.yaml"), "cluster: {secret: hunter2hunter2, id: [}\n");
    CommandRun run =
        run(
            "render",
            "-f",
            example("aws"),
            "--out",
            "x",
            "--with-secrets",
            "secrets.yaml",
            "--stacktrace");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.out() + run.err()).doesNotContain("hunter2");
  }

  @Test
  void explainKnowsEveryKey() {
    for (String key : io.sskuba.spec.SpecDocs.keys()) {
      CommandRun run = run("explain", key);
      assertThat(run.exit()).as(key).isZero();
      assertThat(run.out()).as(key).startsWith(key + "\n");
    }
  }

  @Test
  void readOnlyOrUnsupportedStateIsOneProblem() throws IOException {
    CommandRun run = run("list", "--state-url", "gs://bucket/x");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("SSK-STATE-007");
  }

  static List<String> fields(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }
}
