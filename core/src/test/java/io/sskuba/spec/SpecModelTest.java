package io.sskuba.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.testkit.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a valid file becomes: defaults, JSON and back, differences, documentation, schema.
class SpecModelTest {
  private static final Path HERE = Path.of("src/test/resources/spec");
  private static final Path SCHEMA = Path.of("../docs/schema/cluster.schema.json");
  private static final Path FULL = HERE.resolve("valid");

  private static final String LOCAL =
      """
      apiVersion: sskuba.io/v1alpha1
      kind: Cluster
      metadata: {name: demo, domain: sskuba.test, owner: a}
      target:
        provider: local
        controlPlane: {count: 1}
        workers:
          - {name: general, count: 2}
          - {name: extra, count: 1}
      """;

  static List<Path> files() throws IOException {
    List<Path> files = new java.util.ArrayList<>(ExamplesTest.examples());
    try (var more = Files.list(FULL)) {
      more.filter(f -> f.toString().endsWith(".yaml")).sorted().forEach(files::add);
    }
    return files;
  }

  private static ClusterSpec read(String text, boolean rehearsal) {
    return SpecReader.read(text.getBytes(StandardCharsets.UTF_8), "t.yaml", HERE, rehearsal);
  }

  private static ClusterSpec read(Path file) throws IOException {
    return SpecReader.read(
        Files.readAllBytes(file),
        file.getFileName().toString(),
        file.resolveSibling("").toAbsolutePath(),
        false);
  }

  @ParameterizedTest
  @MethodSource("files")
  void becomesJsonAndComesBack(Path file) throws IOException {
    ClusterSpec spec = read(file);
    ObjectNode json = SpecJson.toJson(spec);
    String name = file.getFileName().toString().replace(".yaml", ".json");
    String root = Path.of("..").toAbsolutePath().normalize().toString();
    Golden.assertMatches("spec/resolved/" + name, Json.pretty(json).replace(root, "/checkout"));
    ObjectNode again = (ObjectNode) Json.parse(Json.compact(json));
    assertThat(SpecJson.fromJson(again)).isEqualTo(spec);
    assertThat(SpecJson.toJson(SpecJson.fromJson(again))).isEqualTo(json);
    assertThat(SpecDiff.between(spec, SpecJson.fromJson(again))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("files")
  void theSchemaAccepts(Path file) throws IOException {
    assertThat(SchemaChecker.check(Files.readString(file))).isEmpty();
  }

  @Test
  void jsonIsYaml() throws IOException {
    String json =
        "{\r\n\t\"apiVersion\": \"sskuba.io/v1alpha1\",\r\n\t\"kind\": \"Cluster\",\r\n"
            + "\t\"metadata\": {\"name\": \"demo\", \"domain\": \"a.test\","
            + " \"owner\": \"\\u00e4\\ud83d\\ude00 \\/\"},\r\n"
            + "\t\"target\": {\"provider\": \"local\", \"controlPlane\": {\"count\": 1}}\r\n}";
    assertThat(read("\uFEFF" + json, false).metadata().owner()).isEqualTo("ä😀 /");
  }

  @Test
  void endsByItselfHereAndInRehearsals() {
    assertThat(read(LOCAL, false).lifetime().ttl()).isEqualTo(Duration.ofHours(8));
    String metal =
        LOCAL
            .replace("local", "metal")
            .replace("{count: 1}", "{machines: [{address: 10.1.1.1}]}")
            .replaceAll("(?s)  workers.*", "");
    assertThat(read(metal, false).lifetime().ttl()).isNull();
    assertThat(read(metal, true).lifetime().ttl()).isEqualTo(Duration.ofHours(8));
    String forever = LOCAL + "lifetime: {ttl: none}\n";
    assertThat(read(forever, true).lifetime().ttl()).isNull();
  }

  @Test
  void withoutWorkersTheControlPlaneTakesWorkloads() {
    assertThat(read(LOCAL, false).target().controlPlaneTakesWorkloads()).isFalse();
    String alone = LOCAL.replaceAll("(?s)  workers.*", "");
    assertThat(read(alone, false).target().controlPlaneTakesWorkloads()).isTrue();
    assertThat(read(alone + "  workers: []\n", false).target().controlPlaneTakesWorkloads())
        .isTrue();
  }

  @Test
  void readsPatchesFromFilesAndMappings() {
    ClusterSpec spec =
        read(
            LOCAL + "machineConfig: {patches: [patches/sysctls.yaml, {machine: {a: 1}}]}\n", false);
    assertThat(spec.machineConfigPatches()).hasSize(2);
    assertThat(spec.machineConfigPatches().get(0).yaml()).contains("vm.max_map_count");
    assertThat(spec.machineConfigPatches().get(0).source()).isEqualTo("patches/sysctls.yaml");
    assertThat(spec.machineConfigPatches().get(1).yaml()).isEqualTo("machine:\n  a: 1\n");
    assertThat(spec.machineConfigPatches().get(1).source()).isEqualTo("t.yaml:10:49");
  }

  @Test
  void keepsWhatTheRecordSays() {
    String older = LOCAL + "versions: {talos: v1.12.4, kubernetes: v1.34.1}\n";
    ClusterSpec recorded = read(older, false);
    ClusterSpec again =
        SpecReader.read(LOCAL.getBytes(StandardCharsets.UTF_8), "t.yaml", HERE, false, recorded);
    assertThat(SpecDiff.between(recorded, again)).isEmpty();
    assertThat(SpecDiff.between(recorded, read(LOCAL, false)))
        .extracting(SpecDiff.Change::path)
        .containsExactly("versions.talos", "versions.kubernetes");
  }

  private static String diff(String before, String after) {
    return SpecDiff.between(read(before, false), read(after, false)).stream()
        .map(c -> c.kind() + " " + c.path())
        .collect(Collectors.joining("\n"));
  }

  @Test
  void tellsWhatAChangedFileChanges() {
    assertThat(diff(LOCAL, LOCAL)).isEmpty();
    assertThat(diff(LOCAL, LOCAL.replace("count: 2", "count: 4")))
        .isEqualTo("POOL_SIZE target.workers[general].count");
    assertThat(diff(LOCAL, LOCAL.replace("name: extra", "name: other")))
        .isEqualTo("POOL_SIZE target.workers[extra]\nPOOL_SIZE target.workers[other]");
    assertThat(diff(LOCAL, LOCAL + "lifetime: {ttl: 9h}\n")).isEqualTo("LIVE lifetime.ttl");
    assertThat(diff(LOCAL, LOCAL.replace("owner: a", "owner: b, labels: {x: y}")))
        .isEqualTo("LIVE metadata.owner\nLIVE metadata.labels");
    assertThat(diff(LOCAL, LOCAL + "sealing: {recipients: [\"vaulttransit:a\"]}\n"))
        .isEqualTo("LIVE sealing.recipients");
    assertThat(diff(LOCAL, LOCAL.replace("controlPlane: {count: 1}", "controlPlane: {count: 3}")))
        .isEqualTo("REPLACE target.controlPlane.count");
    assertThat(diff(LOCAL, LOCAL.replace("count: 2", "count: 2, labels: {a: b}")))
        .isEqualTo("REPLACE target.workers[general].labels.a");
    assertThat(diff(LOCAL, LOCAL.replace("provider: local", "provider: docker")))
        .contains("REPLACE target.provider");
    String git = "gitops: {url: \"https://a.example.org/b\", token: {env: A}}\n";
    assertThat(diff(LOCAL + git, LOCAL + git.replace("env: A", "env: B")))
        .isEqualTo("LIVE gitops.token");
    assertThat(diff(LOCAL, LOCAL + git)).isEqualTo("REPLACE gitops");
    String patch = "machineConfig: {patches: [{machine: {a: 1}}]}\n";
    assertThat(diff(LOCAL + patch, "# moved by a line\n" + LOCAL + patch)).isEmpty();
    assertThat(diff(LOCAL + patch, LOCAL + patch.replace("a: 1", "a: 2")))
        .isEqualTo("REPLACE machineConfig.patches");
  }

  @Test
  void machinesComeAndGoByAddress() {
    String metal =
        """
        apiVersion: sskuba.io/v1alpha1
        kind: Cluster
        metadata: {name: demo, domain: sskuba.test}
        target:
          provider: metal
          controlPlane: {machines: [{address: 10.0.0.1}]}
          workers:
            - {name: pi, machines: [{address: 10.0.0.2}, {address: 10.0.0.3}]}
        """;
    assertThat(diff(metal, metal.replace(", {address: 10.0.0.3}", "")))
        .isEqualTo("POOL_SIZE target.workers[pi].machines[10.0.0.3]");
    assertThat(diff(metal, metal.replace("10.0.0.3}", "10.0.0.3, disk: /dev/sdb}")))
        .isEqualTo("REPLACE target.workers[pi].machines[10.0.0.3].disk");
    assertThat(
            diff(
                metal,
                metal.replace(
                    "{address: 10.0.0.2}, {address: 10.0.0.3}",
                    "{address: 10.0.0.3}, {address: 10.0.0.2}")))
        .isEmpty();
  }

  @Test
  void explainsEveryKey() {
    String all =
        SpecDocs.keys().stream()
            .map(k -> SpecDocs.explain(k).orElseThrow(() -> new AssertionError(k)))
            .collect(Collectors.joining("\n"));
    Golden.assertMatches("spec/explain.txt", all);
    assertThat(SpecDocs.explain("target.workers.taints.effect")).isPresent();
    assertThat(SpecDocs.explain("target.workers[0].count")).isPresent();
    assertThat(SpecDocs.explain("target.worker")).isEmpty();
    assertThat(SpecDocs.nearest("target.worker")).containsExactly("target.workers");
    assertThat(SpecDocs.nearest("podCidr")).containsExactly("target.network.podCidr");
  }

  @Test
  void thePublishedSchemaIsCurrent() throws IOException {
    String schema = Json.pretty(SpecJsonSchema.generate());
    if (Boolean.getBoolean("golden.record")) {
      Files.createDirectories(SCHEMA.getParent());
      Files.writeString(SCHEMA, schema);
    }
    assertThat(Files.readString(SCHEMA)).isEqualTo(schema);
  }
}
