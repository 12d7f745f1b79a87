package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.rehearsal.machine.MachineConfigView;
import io.sskuba.testkit.Peers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// A real control plane with bootstrap manifests, and kubelets for it.
final class KubeletFixture implements AutoCloseable {
  static final Duration CALL = Duration.ofSeconds(20);
  final TestPlane plane;
  final KubeApi api;
  final Path memory;
  SimKubelets kubelets;

  /// @param block such as `127.206.1`: the plane takes `.1`, nodes begin at `.10`
  KubeletFixture(String block) throws Exception {
    this(block, 45);
  }

  KubeletFixture(String block, int graceSeconds) throws Exception {
    this(block, graceSeconds, true);
  }

  /// @param whole false for only what lets kubelets join: no DaemonSets that put pods on each node
  KubeletFixture(String block, int graceSeconds, boolean whole) throws Exception {
    plane = new TestPlane(block + ".1", graceSeconds);
    api = plane.api();
    memory = plane.folder().resolve("kubelets");
    kubelets = fleet();
    try {
      List<ObjectNode> manifests = BootstrapManifests.of(config(plane.url()));
      ManifestApplier.apply(api, whole ? manifests : manifests.subList(0, BootstrapManifests.JOIN));
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  SimKubelets fleet() {
    return new SimKubelets(TimeSource.system(), RandomSource.system(), () -> Optional.of(api));
  }

  static MachineConfigView config(String endpoint) {
    return MachineConfigView.parse(
        """
        version: v1alpha1
        machine:
          type: controlplane
          features: {kubePrism: {enabled: true, port: 7445}}
        cluster:
          token: %s
          controlPlane: {endpoint: '%s'}
          network: {dnsDomain: cluster.local, podSubnets: [10.244.0.0/16], serviceSubnets: [10.96.0.0/12]}
          proxy: {image: 'registry.k8s.io/kube-proxy:v1.36.3'}
        """
            .formatted(TestPlane.TOKEN, endpoint));
  }

  KubeletSpec spec(String name, String address) {
    return spec(name, address, Map.of(), List.of(), Map.of(), List.of());
  }

  KubeletSpec spec(
      String name,
      String address,
      Map<String, String> labels,
      List<String> taints,
      Map<String, String> capacity,
      List<String> mirrorPods) {
    return new KubeletSpec(
        name,
        address,
        address,
        plane.url(),
        TestPlane.TOKEN,
        plane.caPem,
        labels,
        taints,
        capacity,
        "v1.36.3",
        "v1.13.9",
        "amd64",
        mirrorPods,
        memory.resolve(name),
        plane.folder().resolve("kubelet-" + name + ".log"));
  }

  /// Looks every 50 ms until `look` gives an empty text; fails with the last one after `seconds`.
  static void until(int seconds, Supplier<String> look) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    String last;
    do {
      long began = System.nanoTime();
      try {
        last = look.get();
      } catch (UncheckedIOException | KubeStatusException e) {
        last = String.valueOf(e.getMessage());
      }
      if (last.isEmpty()) {
        return;
      }
      // As long as the look took, so that looking at a thousand objects does not become the load.
      Thread.sleep(Math.max(50, 2 * (System.nanoTime() - began) / 1_000_000));
    } while (System.nanoTime() < end);
    throw new AssertionError("not within " + seconds + " s: " + last);
  }

  static String ready(JsonNode object) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText();
      }
    }
    return "absent";
  }

  void awaitNodes(int seconds, int count) throws InterruptedException {
    until(
        seconds,
        () -> {
          long ready =
              api.list("/api/v1/nodes", null, CALL).stream()
                  .filter(n -> ready(n).equals("True"))
                  .count();
          return ready == count ? "" : ready + " of " + count + " nodes Ready";
        });
  }

  /// Waits until exactly `count` pods with a label exist and all are Ready.
  void awaitPods(int seconds, String selector, int count) throws InterruptedException {
    until(
        seconds,
        () -> {
          List<JsonNode> pods =
              api.list("/api/v1/namespaces/default/pods", "labelSelector=" + selector, CALL);
          long ready = pods.stream().filter(p -> ready(p).equals("True")).count();
          return ready == count && pods.size() == count
              ? ""
              : ready + " of " + pods.size() + " pods Ready";
        });
  }

  void deployment(String name, int replicas) {
    api.create(
        "/apis/apps/v1/namespaces/default/deployments",
        Json.parse(
            """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"NAME"},
             "spec":{"replicas":COUNT,"selector":{"matchLabels":{"app":"NAME"}},
              "template":{"metadata":{"labels":{"app":"NAME"}},
               "spec":{"containers":[{"name":"web","image":"nginx"}]}}}}
            """
                .replace("NAME", name)
                .replace("COUNT", Integer.toString(replicas))),
        CALL);
  }

  record Said(int code, String text, long ms) {}

  /// Runs the real kubectl as the administrator.
  Said kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Peers.require("kubectl").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", plane.kubeconfigFile().toString());
    builder.environment().put("HOME", plane.folder().toString());
    Path output = Files.createTempFile(plane.folder(), "kubectl", ".txt");
    builder.redirectOutput(output.toFile());
    long begin = System.nanoTime();
    Process process = builder.start();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        return new Said(-1, "kubectl hangs", 30_000);
      }
    } finally {
      process.destroyForcibly();
    }
    return new Said(
        process.exitValue(),
        Files.readString(output, StandardCharsets.UTF_8),
        (System.nanoTime() - begin) / 1_000_000);
  }

  @Override
  public void close() throws Exception {
    kubelets.close();
    api.close();
    plane.close();
    AtomicFiles.deleteTree(memory);
  }
}
