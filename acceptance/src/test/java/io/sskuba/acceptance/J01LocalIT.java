package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.testkit.Peers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// The newcomer's journey on this machine, from the first `apply` to the receipt. One cluster, the
/// methods in order; each is a chapter.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class J01LocalIT {
  private static final String NAME = "demo";
  private Ctl ctl;
  private Path file;
  private String yaml;

  @BeforeAll
  void open() throws Exception {
    ctl = Ctl.open();
    yaml = Files.readString(Ctl.root().resolve("examples/local.yaml"));
    file = ctl.file("demo.yaml", yaml);
  }

  @AfterAll
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  @Test
  @Order(1)
  void appliesTheExample() throws Exception {
    Path events = ctl.folder.resolve("events.jsonl");
    Ctl.Said said = ctl.run("apply", "-f", file.toString(), "--events", events.toString());
    said.exits(0);
    assertThat(said.err()).contains("next", "kubectl get nodes");
    List<JsonNode> all = Files.readAllLines(events).stream().map(Json::parse).toList();
    assertThat(all).allSatisfy(e -> assertThat(e.path("run").asText()).isNotEmpty());
    assertThat(all.getLast().path("kind").asText()).isEqualTo("runFinished");
    assertThat(ctl.bootstraps(NAME)).isEqualTo(1);
  }

  @Test
  @Order(2)
  void saysWhatThereIs() throws Exception {
    JsonNode status = ctl.status(NAME);
    Clusters.assertReady(status, 4);
    assertThat(Instant.parse(status.path("expiresAt").asText())).isAfter(Instant.now());
    JsonNode gpu = Clusters.node(status, "demo-gpu-1");
    assertThat(gpu.path("capacity").path("nvidia.com/gpu").asText()).isEqualTo("1");
    assertThat(gpu.path("labels").path("sskuba.io/pool").asText()).isEqualTo("gpu");
    assertThat(gpu.path("taints").toString()).contains("nvidia.com/gpu=present:NoSchedule");
    assertThat(Clusters.node(status, "demo-general-1").path("capacity").has("nvidia.com/gpu"))
        .isFalse();
    for (String real : List.of("etcd", "kube-apiserver", "kube-scheduler")) {
      assertThat(Clusters.component(status, real).path("real").asBoolean()).as(real).isTrue();
    }
    for (String simulated : List.of("talos", "kubelet", "coredns")) {
      JsonNode component = Clusters.component(status, simulated);
      assertThat(component.path("real").asBoolean()).as(simulated).isFalse();
      assertThat(component.path("message").asText()).contains("simulated");
    }
    JsonNode list = ctl.run("list", "-o", "json").exits(0).json();
    assertThat(list.path("items").get(0).path("name").asText()).isEqualTo(NAME);
  }

  @Test
  @Order(3)
  void worksWithKubectl() throws Exception {
    ctl.kubectl(NAME, "create", "deployment", "web", "--image=web:1", "--replicas=10").exits(0);
    Clusters.assertReadyDeployment(ctl, NAME, "web", 10);
    ctl.kubectl(NAME, "scale", "deployment/web", "--replicas=12").exits(0);
    Clusters.assertReadyDeployment(ctl, NAME, "web", 12);
    ctl.kubectl(NAME, "set", "image", "deployment/web", "web=web:2").exits(0);
    Clusters.assertReadyDeployment(ctl, NAME, "web", 12);
    assertThat(ctl.kubectl(NAME, "auth", "can-i", "create", "nodes").exits(0).out())
        .startsWith("yes");
    assertThat(
            ctl.kubectl(NAME, "auth", "can-i", "get", "secrets", "--as=system:node:demo-gpu-1")
                .out())
        .startsWith("no");
    // A watch sees what happens after it began, and ends when asked to.
    Ctl.Running watch =
        ctl.start(
            "exec",
            NAME,
            "--",
            "kubectl",
            "get",
            "configmaps",
            "--watch-only",
            "-o",
            "name",
            "--request-timeout=8s");
    Thread.sleep(2_500);
    ctl.kubectl(NAME, "create", "configmap", "seen").exits(0);
    assertThat(watch.end(Duration.ofSeconds(30)).out()).contains("configmap/seen");
    // No GPU pod without the toleration; the node takes none of the deployment.
    assertThat(
            ctl.kubectl(NAME, "get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}")
                .exits(0)
                .out())
        .doesNotContain("demo-gpu-1")
        .contains("demo-general-1", "demo-general-2");
  }

  @Test
  @Order(4)
  void answersForContainersAtOnce() throws Exception {
    for (List<String> command :
        List.of(
            List.of("logs", "deployment/web"), List.of("exec", "deployment/web", "--", "true"))) {
      long begun = System.nanoTime();
      Ctl.Said said = ctl.kubectl(NAME, command.toArray(String[]::new));
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(8));
      assertThat(said.out() + said.err()).as("%s", command).contains("simulated");
    }
  }

  @Test
  @Order(5)
  void worksWithTalosctl() throws Exception {
    Peers.require("talosctl");
    assertThat(ctl.talosctl(NAME, "services").exits(0).out())
        .contains("etcd", "kubelet", "apid")
        .doesNotContain("Failed");
    assertThat(ctl.talosctl(NAME, "etcd", "members").exits(0).out())
        .contains("demo-control-plane-1");
    assertThat(ctl.talosctl(NAME, "get", "members").exits(0).out())
        .contains("demo-gpu-1", "demo-general-2");
    assertThat(ctl.talosctl(NAME, "version").exits(0).out()).contains("v1.13.9");
    assertThat(ctl.talosctl(NAME, "logs", "etcd", "--tail", "20").exits(0).out())
        .contains("{\"level\":");
    Ctl.Said again = ctl.talosctl(NAME, "bootstrap");
    assertThat(again.exit()).isNotZero();
    assertThat(again.err()).contains("AlreadyExists");
  }

  @Test
  @Order(6)
  void changesNothingTwice() throws Exception {
    Ctl.Said plan =
        ctl.run("plan", "-f", file.toString(), "--detailed-exitcode", "-o", "json").exits(0);
    JsonNode changes = plan.json().path("changes");
    for (String op : List.of("create", "update", "replace", "delete")) {
      assertThat(changes.path(op).asInt(-1)).as(op).isZero();
    }
    assertThat(changes.path("same").asInt()).isGreaterThan(4);
    List<String> before = Clusters.identity(ctl, NAME);
    Path events = ctl.folder.resolve("again.jsonl");
    ctl.run("apply", "-f", file.toString(), "--events", events.toString()).exits(0);
    assertThat(Files.readAllLines(events).stream().map(Json::parse))
        .noneMatch(
            e ->
                e.path("kind").asText().equals("resource")
                    && !e.path("message").asText().startsWith("same"));
    assertThat(Clusters.identity(ctl, NAME)).isEqualTo(before);
    assertThat(ctl.bootstraps(NAME)).isEqualTo(1);
  }

  @Test
  @Order(7)
  void showsItsStackToPulumiByHand() throws Exception {
    Map<String, String> by =
        Map.of(
            "PULUMI_BACKEND_URL",
            ctl.state().toUri().toString(),
            "PULUMI_HOME",
            ctl.folder.resolve("pulumi").toString(),
            "PULUMI_SKIP_UPDATE_CHECK",
            "1",
            "PULUMI_CONFIG_PASSPHRASE",
            "not it");
    Ctl.Said list = ctl.tool(by, pulumi(), "stack", "ls", "--all", "--json").exits(0);
    assertThat(list.out()).contains("organization/sskuba/demo");
    Ctl.Said export =
        ctl.tool(by, pulumi(), "stack", "export", "--stack", "organization/sskuba/demo").exits(0);
    assertThat(export.out()).contains("sskuba:local:Machine").doesNotContain("PRIVATE KEY");
    Clusters.assertNoPlaintextSecret(ctl.state());
  }

  @Test
  @Order(8)
  void refusesWhatNeedsAnotherCluster() throws Exception {
    Path other = ctl.file("k8s.yaml", yaml + "versions: {kubernetes: v1.36.2}\n");
    Ctl.Said said = ctl.run("apply", "-f", other.toString(), "-o", "json").exits(4);
    assertThat(Clusters.problem(said).toString())
        .contains("SSK-PLAN-001", "versions.kubernetes", "v1.36.3", "v1.36.2", "--replace");
    Clusters.assertReady(ctl.status(NAME), 4);
  }

  @Test
  @Order(9)
  void bringsMetadataUpToDate() throws Exception {
    Path other =
        ctl.file(
            "labels.yaml",
            yaml.replace(
                    "domain: sskuba.test",
                    "domain: sskuba.test\n  owner: someone\n  labels: {team: blue}")
                + "lifetime: {ttl: 3h}\n");
    ctl.run("apply", "-f", other.toString()).exits(0);
    JsonNode status = ctl.status(NAME);
    Clusters.assertReady(status, 4);
    assertThat(status.path("owner").asText()).isEqualTo("someone");
    Instant expires = Instant.parse(status.path("expiresAt").asText());
    assertThat(expires)
        .isBetween(
            Instant.now().plus(Duration.ofMinutes(170)),
            Instant.now().plus(Duration.ofMinutes(181)));
    String stack = Files.readString(ctl.state().resolve(".pulumi/stacks/sskuba/demo.json"));
    assertThat(stack).contains("someone", "blue");
    ctl.run("apply", "-f", other.toString(), "--ttl", "5h").exits(0);
    assertThat(Instant.parse(ctl.status(NAME).path("expiresAt").asText()))
        .isAfter(Instant.now().plus(Duration.ofMinutes(290)));
    file = other;
    yaml = Files.readString(other);
  }

  @Test
  @Order(10)
  void addsAndDrainsAwayWorkers() throws Exception {
    file = ctl.file("demo.yaml", yaml.replace("general, count: 2", "general, count: 3"));
    Ctl.Said plan = ctl.run("plan", "-f", file.toString(), "--detailed-exitcode").exits(9);
    assertThat(plan.out()).contains("demo-general-3");
    ctl.run("apply", "-f", file.toString()).exits(0);
    Clusters.assertReady(ctl.status(NAME), 5);
    file = ctl.file("demo.yaml", yaml.replace("general, count: 2", "general, count: 1"));
    Path events = ctl.folder.resolve("drain.jsonl");
    ctl.run("apply", "-f", file.toString(), "--yes", "--events", events.toString()).exits(0);
    JsonNode status = ctl.status(NAME);
    Clusters.assertReady(status, 3);
    assertThat(Clusters.names(status))
        .containsExactlyInAnyOrder("demo-control-plane-1", "demo-general-1", "demo-gpu-1");
    assertThat(ctl.kubectl(NAME, "get", "nodes", "-o", "name").exits(0).out())
        .doesNotContain("demo-general-2", "demo-general-3");
    Clusters.assertReadyDeployment(ctl, NAME, "web", 12);
    assertThat(ctl.kubectl(NAME, "get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}").out())
        .doesNotContain("demo-general-2", "demo-general-3");
    assertThat(Files.readString(events)).contains("drain");
    assertThat(ctl.bootstraps(NAME)).isEqualTo(1);
  }

  @Test
  @Order(11)
  void letsOneRunWorkAtATime() throws Exception {
    file = ctl.file("demo.yaml", yaml.replace("general, count: 2", "general, count: 4"));
    Ctl.Running first = ctl.start("apply", "-f", file.toString(), "--events", "-");
    assertThat(first.starts("provision-infrastructure")).isTrue();
    // Held still, so that it cannot be done before the other has looked.
    first.signal("STOP");
    Ctl.Said second;
    try {
      second = ctl.run("apply", "-f", file.toString(), "-o", "json");
    } finally {
      first.signal("CONT");
    }
    String said = Clusters.problem(second.exits(6)).toString();
    assertThat(said).contains("SSK-STATE-004", String.valueOf(first.pid()));
    assertThat(said).contains(System.getProperty("user.name"), hostName());
    first.end(Ctl.LONG).exits(0);
    Clusters.assertReady(ctl.status(NAME), 6);
  }

  @Test
  @Order(12)
  void isGoneAndProvesIt() throws Exception {
    ObjectNode receipt = Clusters.deleteAndLook(ctl, NAME);
    JsonNode again = ctl.run("delete", NAME, "--yes", "-o", "json").exits(0).json();
    assertThat(again).isEqualTo(receipt);
    ctl.run("delete", "-f", file.toString(), "--yes").exits(0);
    Ctl.Said list =
        ctl.tool(
                Map.of(
                    "PULUMI_BACKEND_URL", ctl.state().toUri().toString(),
                    "PULUMI_HOME", ctl.folder.resolve("pulumi").toString(),
                    "PULUMI_SKIP_UPDATE_CHECK", "1"),
                pulumi(),
                "stack",
                "ls",
                "--all",
                "--json")
            .exits(0);
    assertThat(Json.parse(list.out())).isEmpty();
    ctl.run("delete", "never", "--yes").exits(2);
  }

  private static String pulumi() {
    return Peers.require("pulumi").toString();
  }

  private static String hostName() throws Exception {
    return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
  }
}
