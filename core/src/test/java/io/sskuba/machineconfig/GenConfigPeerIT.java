package io.sskuba.machineconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.io.Yaml;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import io.sskuba.pki.SecretsBundleYaml;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// With one secrets bundle given to both, `talosctl gen config` and we write semantically equal
/// documents, for many combinations of options and patches.
class GenConfigPeerIT {
  private static final int COMBINATIONS = 48;
  private static final List<String> ENDPOINTS =
      List.of(
          "https://10.0.0.10:6443", "https://api.demo.example.org:443", "https://[fd00::1]:6443");
  private static final List<List<String>> SANS =
      List.of(
          List.of(), List.of("demo.example.org"), List.of("a.example.org", "192.0.2.7", "fd00::7"));
  private static final List<String> VERSIONS = List.of("v1.36.3", "v1.35.0", "v1.34.2", "v1.33.1");
  private static final List<Map<String, List<String>>> MIRRORS =
      List.of(
          Map.of(),
          Map.of("docker.io", List.of("https://mirror.example.org")),
          Map.of(
              "registry.k8s.io",
              List.of("https://m1.example.org", "https://m2.example.org/k8s"),
              "docker.io",
              List.of("http://10.0.0.5:5000")));
  private static final List<String> DISKS = List.of("/dev/sda", "/dev/nvme0n1", "/dev/vda");
  private static final List<String> DOMAINS = List.of("cluster.local", "k8s.example.org");

  /// Patches for both roles, then for the control plane, then for workers.
  private static final List<List<String>> PATCHES =
      List.of(
          List.of("", "", ""),
          List.of(
              "machine: {nodeLabels: {a: b, c: \"\"}, nodeTaints: {gpu: \"yes:NoSchedule\"}}",
              "",
              ""),
          List.of(
              "cluster: {network: {podSubnets: [10.128.0.0/14], serviceSubnets: [172.20.0.0/16]}}",
              "cluster: {allowSchedulingOnControlPlanes: true, apiServer: {extraArgs: {v: \"2\"}}}",
              "machine: {sysctls: {net.core.bpf_jit_harden: \"1\"}, kernel: {modules: [{name: nvidia}]}}"),
          List.of(
              "apiVersion: v1alpha1\nkind: HostnameConfig\nauto: \"off\"\nhostname: node-1\n---\n"
                  + "apiVersion: v1alpha1\nkind: TrustedRootsConfig\nname: org\ncertificates: x\n",
              "cluster: {apiServer: {auditPolicy: {apiVersion: audit.k8s.io/v1, kind: Policy, rules: []},"
                  + " admissionControl: [{name: PodSecurity, configuration: {exemptions: {namespaces: [a]}}}]}}",
              "machine: {kubelet: {extraArgs: {v: \"4\"}, extraConfig: {podPidsLimit: 4096}}}"));

  static SecretsBundle secrets;

  @TempDir static Path shared;
  @TempDir Path folder;

  @BeforeAll
  static void makeSecrets() throws Exception {
    new Talosctl(shared);
    secrets = SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
    Files.writeString(shared.resolve("secrets.yaml"), SecretsBundleYaml.write(secrets));
  }

  record Combination(BaseConfig.Options options, List<String> patches) {
    @Override
    public String toString() {
      return options + " patches " + PATCHES.indexOf(patches);
    }
  }

  static Stream<Combination> combinations() {
    return IntStream.range(0, COMBINATIONS).mapToObj(GenConfigPeerIT::combination);
  }

  private static Combination combination(int i) {
    return new Combination(
        new BaseConfig.Options(
            "demo-" + i,
            pick(ENDPOINTS, i),
            "v1.13.9",
            pick(VERSIONS, i),
            pick(SANS, i / 3),
            pick(DOMAINS, i / 5),
            pick(DISKS, i / 2),
            i % 7 == 3 ? "registry.example.org/installer:v1.13.9" : null,
            i % 11 != 5,
            i % 4 == 1 && i % 11 != 5,
            pick(MIRRORS, i / 4)),
        pick(PATCHES, i / 3 + i));
  }

  private static <T> T pick(List<T> list, int i) {
    return list.get(i % list.size());
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void documentsAreEqual(Combination combination) throws Exception {
    Talosctl talosctl = new Talosctl(folder);
    talosctl.ok(arguments(combination).toArray(String[]::new));
    BaseConfig ours = new BaseConfig(combination.options(), secrets);
    List<String> patches = combination.patches();
    assertThat(
            Differences.between(
                merged(ours.controlPlane(), patches.get(0), patches.get(1)),
                parsed("out/controlplane.yaml")))
        .isEmpty();
    assertThat(
            Differences.between(
                merged(ours.worker(), patches.get(0), patches.get(2)), parsed("out/worker.yaml")))
        .isEmpty();
  }

  /// The comparison itself can fail: one value changed on our side is seen.
  @Test
  void aDifferenceIsSeen() throws Exception {
    Combination combination = combination(0);
    new Talosctl(folder).ok(arguments(combination).toArray(String[]::new));
    List<Map<String, Object>> ours =
        merged(
            new BaseConfig(combination.options(), secrets).worker(),
            "machine: {install: {wipe: true}}",
            "");
    assertThat(Differences.between(ours, parsed("out/worker.yaml")))
        .containsExactly("[1].machine.install.wipe");
  }

  private List<String> arguments(Combination combination) {
    BaseConfig.Options o = combination.options();
    List<String> args =
        new ArrayList<>(
            List.of(
                "gen",
                "config",
                o.clusterName(),
                o.endpoint(),
                "--with-secrets",
                shared.resolve("secrets.yaml").toString(),
                "--with-docs=false",
                "--with-examples=false",
                "--force",
                "--output",
                "out",
                "--kubernetes-version",
                o.kubernetesVersion(),
                "--dns-domain",
                o.dnsDomain(),
                "--install-disk",
                o.installDisk(),
                "--with-cluster-discovery=" + o.discovery()));
    if (!o.additionalSans().isEmpty()) {
      args.addAll(List.of("--additional-sans", String.join(",", o.additionalSans())));
    }
    if (o.installImage() != null) {
      args.addAll(List.of("--install-image", o.installImage()));
    }
    args.add("--with-kubespan=" + o.kubespan());
    o.registryMirrors()
        .forEach(
            (host, urls) ->
                urls.forEach(url -> args.addAll(List.of("--registry-mirror", host + "=" + url))));
    List<String> flags =
        List.of("--config-patch", "--config-patch-control-plane", "--config-patch-worker");
    for (int i = 0; i < flags.size(); i++) {
      if (!combination.patches().get(i).isEmpty()) {
        args.addAll(List.of(flags.get(i), combination.patches().get(i)));
      }
    }
    return args;
  }

  private static List<Map<String, Object>> merged(
      List<Map<String, Object>> documents, String... patches) {
    List<Map<String, Object>> result = documents;
    for (String patch : patches) {
      if (!patch.isEmpty()) {
        result = StrategicMerge.apply(result, Docs.parse(patch, "patch"));
      }
    }
    // Through text, as a machine would see it.
    return sorted(Docs.parse(Yaml.dumpAll(result), "ours"));
  }

  private List<Map<String, Object>> parsed(String file) throws Exception {
    return sorted(Docs.parse(Files.readString(folder.resolve(file)), file));
  }

  /// `extraManifests: []` and its like mean the same as their absence, and so does the documents'
  /// order.
  private static List<Map<String, Object>> sorted(List<Map<String, Object>> documents) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (Map<String, Object> document : documents) {
      Map<String, Object> copy = new LinkedHashMap<>(document);
      if (copy.get("cluster") instanceof Map<?, ?> cluster) {
        Map<String, Object> rest = new LinkedHashMap<>(Docs.strings(cluster));
        rest.remove("extraManifests", List.of());
        rest.remove("inlineManifests", List.of());
        copy.put("cluster", rest);
      }
      list.add(copy);
    }
    list.sort(
        java.util.Comparator.comparing(d -> String.valueOf(d.get("kind")) + "/" + d.get("name")));
    return list;
  }
}
