package io.sskuba.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.apply.SignedPlan;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.secret.Receipts;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.FileStateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Signed plans of clusters that are not there yet: every refusal comes before a program, a network
/// or a record is touched.
class SignedPlanTest {
  private static final String FILE =
      """
      apiVersion: sskuba.io/v1alpha1
      kind: Cluster
      metadata: {name: demo, domain: sskuba.test}
      target:
        provider: docker
        network: {cidr: 10.5.0.0/24}
        controlPlane: {count: 1}
        workers:
          - {name: general, count: 1}
      machineConfig:
        patches:
          - machine: {env: {PASSWORD: hunter2}}
      """;

  @TempDir Path folder;

  @BeforeEach
  void plan() throws IOException {
    Files.writeString(folder.resolve("demo.yaml"), FILE);
    CommandRun run = CommandRun.of(folder, "plan", "--rehearse", "-f", "demo.yaml", "--out", "p");
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.err()).contains("signed by sha256:", "apply --rehearse --file demo.yaml --plan");
  }

  private String text() throws IOException {
    return Files.readString(folder.resolve("p"));
  }

  private ObjectNode json() throws IOException {
    return (ObjectNode) Json.parse(text());
  }

  private void put(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private CommandRun apply(String plan, String... more) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("apply", "--rehearse", "-f", "demo.yaml", "--plan", plan, "-o", "json"));
    words.addAll(List.of(more));
    return CommandRun.of(folder, words.toArray(String[]::new));
  }

  private void refused(CommandRun run, ProblemCode code, String... parts) {
    assertThat(run.exit()).as(run.out() + run.err()).isEqualTo(4);
    JsonNode problem = run.json();
    assertThat(problem.path("code").asText()).as("%s", problem).isEqualTo(code.id());
    for (String part : parts) {
      assertThat(problem.toString()).contains(part);
    }
    assertThat(folder.resolve("state/sskuba/clusters/rehearsal.demo")).doesNotExist();
  }

  @Test
  void aPlanIsSignedAndSaysWhatItWasMadeOf() throws IOException {
    ObjectNode plan = json();
    assertThat(Receipts.verify(plan)).isEqualTo(Receipts.Verdict.VALID);
    assertThat(plan.path("name").asText()).isEqualTo("rehearsal/demo");
    assertThat(plan.path("target").asText()).isEqualTo("docker");
    assertThat(plan.path("rehearsal").asBoolean()).isTrue();
    assertThat(plan.path("file").path("digest").asText()).startsWith("sha256:");
    assertThat(plan.path("tools").path("pulumi").asText()).isEqualTo("3.259.0");
    assertThat(plan.path("tools").path("sskuba").asText()).isEqualTo(VersionCommand.VERSION);
    assertThat(plan.path("tools").has("docker")).isTrue();
    assertThat(plan.path("resources")).hasSize(6);
    assertThat(plan.path("base").path("resources")).isEmpty();
    assertThat(Instant.parse(plan.path("createdAt").asText()).plus(SignedPlan.VALID))
        .isEqualTo(Instant.parse(plan.path("validUntil").asText()));
    // Nobody knows what a patch holds.
    assertThat(text()).doesNotContain("hunter2", "AGE-SECRET-KEY", "PRIVATE KEY");
  }

  @Test
  void theSameFileGivesTheSameSteps() throws IOException {
    ObjectNode first = json();
    CommandRun.of(folder, "plan", "--rehearse", "-f", "demo.yaml", "--out", "p");
    ObjectNode second = json();
    for (String times : List.of("createdAt", "validUntil", "digest", "signature")) {
      first.remove(times);
      second.remove(times);
    }
    assertThat(second).isEqualTo(first);
  }

  /// Every field, changed alone: the digest stands for all of them.
  @Test
  void whateverIsChangedShows() throws IOException {
    ObjectNode plan = json();
    List<String> names = new ArrayList<>();
    plan.fieldNames().forEachRemaining(names::add);
    assertThat(names).hasSizeGreaterThan(18);
    for (String name : names) {
      ObjectNode changed = plan.deepCopy();
      changed.remove(name);
      assertThat(Receipts.verify(changed)).as(name).isNotEqualTo(Receipts.Verdict.VALID);
    }
    put("p2", text().replace("\"10.5.0.0/24\"", "\"10.5.0.0/16\""));
    refused(apply("p2"), ProblemCode.PLAN_TAMPERED, "digest does not fit");
    put("p2", Json.pretty(json().put("signature", json().path("publicKey").asText())));
    refused(apply("p2"), ProblemCode.PLAN_TAMPERED, "publicKey, digest or signature");
  }

  @Test
  void aFileThatIsNoPlanIsToldWithThePlaceWhereItBreaks() throws IOException {
    String text = text();
    List<String> lines = text.lines().toList();
    put("cut", String.join("\n", lines.subList(0, 20)) + "\n  \"na");
    refused(apply("cut"), ProblemCode.PLAN_UNREADABLE, "cut:21:");
    put("more", text + "{}");
    refused(apply("more"), ProblemCode.PLAN_UNREADABLE, "more:");
    put("twice", text.replaceFirst("\\{", "{\"kind\": \"SignedPlan\","));
    refused(apply("twice"), ProblemCode.PLAN_UNREADABLE, "twice:", "kind");
    put("other", "{\"kind\": \"Receipt\"}");
    refused(apply("other"), ProblemCode.PLAN_UNREADABLE, "no signed plan");
    put("half", "{\"kind\": \"SignedPlan\", \"format\": 1}");
    refused(apply("half"), ProblemCode.PLAN_UNREADABLE, "its field allotment is missing");
    put("newer", "{\"kind\": \"SignedPlan\", \"format\": 2}");
    refused(apply("newer"), ProblemCode.PLAN_UNREADABLE, "a newer sskuba wrote it");
    put("empty", "");
    refused(apply("empty"), ProblemCode.PLAN_UNREADABLE, "no signed plan");
    put("deep", "[".repeat(100_000));
    refused(apply("deep"), ProblemCode.PLAN_UNREADABLE, "deep:");
    Files.write(folder.resolve("huge"), new byte[SignedPlan.BYTES_MAX + 5]);
    refused(apply("huge"), ProblemCode.PLAN_UNREADABLE, "larger than 16 MiB");
    assertThat(apply("nowhere").exit()).isEqualTo(2);
  }

  @Test
  void onlyKnownKeysCount() throws IOException {
    String key = json().path("publicKey").asText();
    Path config = folder.resolve("config");
    Files.move(config, folder.resolve("somebody"));
    refused(
        apply("p"),
        ProblemCode.PLAN_SIGNER_UNKNOWN,
        Receipts.fingerprint(key),
        "none: no identity is at hand");
    // With their key named, the signature counts: what is told next is the file.
    Files.writeString(folder.resolve("demo.yaml"), FILE.replace("general", "other"));
    refused(apply("p", "--plan-key", key), ProblemCode.PLAN_FILE_CHANGED);
    put("key.pem", "-----BEGIN PUBLIC KEY-----\n" + key + "\n-----END PUBLIC KEY-----\n");
    refused(apply("p", "--plan-key", "key.pem"), ProblemCode.PLAN_FILE_CHANGED);
    assertThat(apply("p", "--plan-key", "sha256:abc").exit()).isEqualTo(2);
  }

  @Test
  void aPlanHasItsTime() throws IOException {
    Files.delete(folder.resolve("p"));
    CommandRun.of(
        folder, "plan", "--rehearse", "-f", "demo.yaml", "--out", "p", "--valid-for", "1ms");
    refused(apply("p"), ProblemCode.PLAN_EXPIRED, "until");
  }

  @Test
  void aChangedFileIsToldByPath() throws IOException {
    Files.writeString(
        folder.resolve("demo.yaml"),
        FILE.replace("general, count: 1", "general, count: 3").replace("hunter2", "hunter3"));
    refused(
        apply("p"),
        ProblemCode.PLAN_FILE_CHANGED,
        "target.workers[general].count: 1 → 3",
        "machineConfig.patches: ",
        "sskuba-ctl plan --rehearse --file demo.yaml --out p");
    Files.writeString(folder.resolve("demo.yaml"), FILE.replace("name: demo", "name: other"));
    refused(apply("p"), ProblemCode.PLAN_FILE_CHANGED, "is one of rehearsal/demo on docker");
  }

  @Test
  void aFileThatIsOnlyWrittenOtherwiseIsTheSame() throws IOException {
    Files.writeString(folder.resolve("demo.yaml"), "# a comment\n" + FILE.replace("general", "x"));
    refused(apply("p"), ProblemCode.PLAN_FILE_CHANGED);
    Files.writeString(folder.resolve("demo.yaml"), "# a comment\n" + FILE);
    taken();
    // What is told now is no more the file.
    refused(apply("p"), ProblemCode.PLAN_WORLD_CHANGED);
  }

  /// Another cluster takes the addresses that the plan was made with.
  private void taken() {
    ObjectNode spec = json("{}");
    ObjectNode details = json("{\"allotment\": {\"slot\": 0, \"indexes\": {}}}");
    new FileStateStore(folder.resolve("state/sskuba"), TimeSource.system(), RandomSource.system())
        .create(
            new ClusterRecord(
                ClusterRecord.FORMAT,
                "rehearsal.another",
                "0123456789",
                "another",
                "another.sskuba.test",
                true,
                "docker",
                "creating",
                null,
                null,
                Instant.now(),
                null,
                null,
                spec,
                details,
                null));
  }

  private static ObjectNode json(String text) {
    return (ObjectNode) Json.parse(text);
  }

  @Test
  void aWorldThatIsAnotherIsToldByResourceAndProperty() {
    taken();
    refused(
        apply("p"), ProblemCode.PLAN_WORLD_CHANGED, "allotment: slot: was 0, now 1", "nothing was");
  }

  @Test
  void whatIsNoPlanIsNotOverwritten() throws IOException {
    put("notes", "my notes");
    CommandRun run =
        CommandRun.of(folder, "plan", "--rehearse", "-f", "demo.yaml", "--out", "notes");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.out()).as("said before the work").isEmpty();
    assertThat(folder.resolve("notes")).hasContent("my notes");
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("notes"));
    assertThat(
            CommandRun.of(folder, "plan", "--rehearse", "-f", "demo.yaml", "--out", "link").exit())
        .isEqualTo(2);
  }

  @Test
  void optionsThatWouldChangeThePlanAreRefused() {
    assertThat(apply("p", "--ttl", "1h").exit()).isEqualTo(2);
    assertThat(apply("p", "--replace").exit()).isEqualTo(2);
    assertThat(CommandRun.of(folder, "apply", "-f", "demo.yaml", "--plan-key", "x").exit())
        .isEqualTo(2);
    assertThat(CommandRun.of(folder, "plan", "-f", "demo.yaml", "-o", "yaml", "--out", "q").exit())
        .isEqualTo(2);
    assertThat(
            CommandRun.of(
                    folder,
                    "plan",
                    "--rehearse",
                    "-f",
                    "demo.yaml",
                    "--out",
                    "q",
                    "--valid-for",
                    "x")
                .exit())
        .isEqualTo(2);
  }
}
