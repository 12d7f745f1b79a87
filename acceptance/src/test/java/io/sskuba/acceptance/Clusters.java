package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.secret.Receipts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// What the journeys ask of a cluster again and again.
final class Clusters {
  /// How private keys begin: as they are, and in base64 as configs carry them.
  static final List<String> SECRETS =
      List.of(
          "PRIVATE KEY-----",
          "AGE-SECRET-KEY-",
          base64("-----BEGIN PRIVATE KEY--"),
          base64("-----BEGIN RSA PRIVATE K"),
          base64("-----BEGIN EC PRIVATE KE"),
          base64("-----BEGIN ED25519 PRIVA"));

  private Clusters() {}

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  /// A small cluster: what must be made for it takes the least time.
  static String yaml(String name, int controlPlanes, int workers) {
    return """
    apiVersion: sskuba.io/v1alpha1
    kind: Cluster
    metadata: {name: %s, domain: sskuba.test}
    target:
      provider: local
      controlPlane: {count: %d}
      workers:
        - {name: general, count: %d}
    """
        .formatted(name, controlPlanes, workers);
  }

  static List<String> names(JsonNode status) {
    List<String> names = new ArrayList<>();
    status.path("nodes").forEach(node -> names.add(node.path("name").asText()));
    return names;
  }

  static JsonNode node(JsonNode status, String name) {
    for (JsonNode node : status.path("nodes")) {
      if (node.path("name").asText().equals(name)) {
        return node;
      }
    }
    throw new AssertionError("no node " + name + " in " + names(status));
  }

  static JsonNode component(JsonNode status, String name) {
    for (JsonNode component : status.path("components")) {
      if (component.path("name").asText().equals(name)) {
        return component;
      }
    }
    throw new AssertionError("no component " + name + " in " + status.path("components"));
  }

  static void assertReady(JsonNode status, int nodes) {
    assertThat(status.path("state").asText()).as("%s", status).isEqualTo("ready");
    assertThat(names(status)).hasSize(nodes);
    status
        .path("nodes")
        .forEach(node -> assertThat(node.path("ready").asBoolean()).as("%s", node).isTrue());
  }

  /// The first three numbers and the upper half of the fourth of the cluster's loopback network are
  /// its own; all of its machines in a journey share the third number.
  static String block(JsonNode record) {
    JsonNode twins = record.path("details").path("topology").path("twins");
    assertThat(twins.isObject()).as("twins of %s", record).isTrue();
    String first = twins.elements().next().asText();
    return first.substring(0, first.lastIndexOf('.') + 1);
  }

  /// What identifies a cluster whatever happens to the processes that make it: its id, its
  /// Kubernetes CA, the contents of its etcd.
  static List<String> identity(Ctl ctl, String name) throws IOException, InterruptedException {
    String id = ctl.record(name).path("clusterId").asText();
    String kubeconfig = ctl.run(Ctl.SHORT, "kubeconfig", name).exits(0).out();
    String authority =
        kubeconfig
            .lines()
            .filter(line -> line.contains("certificate-authority-data"))
            .findFirst()
            .orElseThrow();
    return List.of(id, authority.strip(), etcdContents(ctl, name));
  }

  /// The name that the API gave to the contents of etcd when they were new. etcd's own ids are
  /// worked out from names and addresses: they would be the same after a second bootstrap.
  static String etcdContents(Ctl ctl, String name) throws IOException, InterruptedException {
    String uid =
        ctl.kubectl(name, "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
            .exits(0)
            .out()
            .strip();
    assertThat(uid).hasSize(36);
    return uid;
  }

  /// Deletes a cluster, and holds what the receipt says against what can be seen.
  static ObjectNode deleteAndLook(Ctl ctl, String name) throws IOException, InterruptedException {
    String block = block(ctl.record(name));
    Ctl.Said said = ctl.run("delete", name, "--yes", "-o", "json").exits(0);
    ObjectNode receipt = (ObjectNode) said.json();
    assertThat(Receipts.verify(receipt)).isEqualTo(Receipts.Verdict.VALID);
    assertThat(receipt.path("cluster").asText()).isEqualTo(name);
    assertThat(receipt.path("leftovers")).isEmpty();
    assertThat(receipt.path("resources").size()).isGreaterThan(4);
    assertNothingLeft(ctl, block);
    return receipt;
  }

  /// No process, no listener, no file but receipts and the emptied bookkeeping of Pulumi.
  static void assertNothingLeft(Ctl ctl, String block) throws IOException {
    assertThat(ctl.processes()).as("processes").isEmpty();
    assertThat(Ctl.listening(block)).as("listeners").isEmpty();
    assertThat(Ctl.files(ctl.runtime)).as("memory-backed files").isEmpty();
    assertThat(Ctl.files(ctl.state()))
        .as("files in the state")
        .allMatch(
            file ->
                file.startsWith("receipts/")
                    || file.equals("store.lock")
                    || file.startsWith(".pulumi/meta.yaml"));
  }

  /// No file of the state holds what only sealed files may hold.
  static void assertNoPlaintextSecret(Path state) throws IOException {
    for (String name : Ctl.files(state)) {
      Path file = state.resolve(name);
      if (name.contains("/etcd/") || Files.size(file) > (8 << 20)) {
        continue;
      }
      String text = Files.readString(file, StandardCharsets.ISO_8859_1);
      for (String secret : SECRETS) {
        assertThat(text.contains(secret)).as("%s holds %s", name, secret).isFalse();
      }
    }
  }

  static void assertReadyDeployment(Ctl ctl, String name, String deployment, int replicas)
      throws IOException, InterruptedException {
    ctl.kubectl(name, "rollout", "status", "deployment/" + deployment, "--timeout=40s").exits(0);
    JsonNode found =
        ctl.kubectl(name, "get", "deployment", deployment, "-o", "json").exits(0).json();
    assertThat(found.path("status").path("readyReplicas").asInt()).isEqualTo(replicas);
  }

  /// Keeps a value in the cluster, in etcd.
  static void remember(Ctl ctl, String name, String value)
      throws IOException, InterruptedException {
    ctl.kubectl(name, "create", "configmap", "kept", "--from-literal=value=" + value).exits(0);
  }

  static String remembered(Ctl ctl, String name) throws IOException, InterruptedException {
    return ctl.kubectl(name, "get", "configmap", "kept", "-o", "jsonpath={.data.value}")
        .exits(0)
        .out()
        .strip();
  }

  static JsonNode problem(Ctl.Said said) {
    JsonNode problem = Json.parse(said.out());
    assertThat(problem.path("kind").asText()).as(said.out()).isEqualTo("Problem");
    return problem;
  }
}
