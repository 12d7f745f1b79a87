package io.sskuba.machineconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.RandomSource;
import io.sskuba.pki.CertificateAuthorities;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.spec.ClusterSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MachineConfigRendererTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final SecretsBundle SECRETS = secrets();

  private static SecretsBundle secrets() {
    CertificateAuthorities authorities = new CertificateAuthorities(NOW, RandomSource.system());
    return new SecretsBundle(
        "id",
        "secret",
        "token",
        "box",
        "trustd",
        authorities.etcd(),
        authorities.kubernetes(),
        authorities.aggregator(),
        "key",
        authorities.os());
  }

  private static RenderInput input(ExampleClusters.Example example, RenderInput.Values values) {
    return new RenderInput(
        example.spec(), SECRETS, example.topology(), NOW, RandomSource.system(), values);
  }

  private static List<Map<String, Object>> documents(RenderInput input, String machine) {
    String yaml = MachineConfigRenderer.render(input).machines().get(machine);
    assertThat(yaml).as(machine).isNotNull();
    return Docs.parse(yaml, machine);
  }

  private static Map<String, Object> document(List<Map<String, Object>> documents, String kind) {
    return documents.stream()
        .filter(d -> StrategicMerge.kind(d).equals(kind))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void sameInputIsTheSameBytes() {
    RenderInput input = input(ExampleClusters.everything(), RenderInput.Values.NONE);
    assertThat(MachineConfigRenderer.render(input).machines())
        .isEqualTo(MachineConfigRenderer.render(input).machines());
  }

  @Test
  void patchesComeInOrder() {
    RenderInput input = input(ExampleClusters.everything(), RenderInput.Values.NONE);
    List<String> ids =
        MachineConfigRenderer.patches(input, input.topology().workers().getFirst()).stream()
            .map(p -> p.id().substring(0, p.id().indexOf('/')))
            .distinct()
            .toList();
    assertThat(ids).containsExactly("target", "hardening", "user");
  }

  @Test
  void localMachinesCarryTheirTwinsAndLimits() {
    RenderInput input = input(ExampleClusters.local(), RenderInput.Values.NONE);
    Map<String, Object> plane = documents(input, "demo-control-plane-1").getFirst();
    assertThat((List<?>) Docs.at(plane, "cluster", "apiServer", "certSANs"))
        .hasToString("[demo.example.org, 127.64.0.1, 127.64.0.2]");
    assertThat(Docs.at(plane, "cluster", "controllerManager", "extraArgs", "kube-api-qps"))
        .isEqualTo("500");
    assertThat(Docs.at(plane, "cluster", "scheduler", "extraArgs", "kube-api-burst"))
        .isEqualTo("1000");
    assertThat(Docs.at(plane, "cluster", "adminKubeconfig", "certLifetime")).isEqualTo("8h0m0s");
    Map<String, Object> worker = documents(input, "demo-general-1").getFirst();
    assertThat((List<?>) Docs.at(worker, "machine", "certSANs"))
        .hasToString("[demo.example.org, 127.64.0.3]");
    assertThat(Docs.at(worker, "machine", "ca", "key")).isEqualTo("");
    assertThat(Docs.at(worker, "cluster", "aggregatorCA")).isNull();
  }

  @Test
  void gpuMachinesGetModulesLabelsAndTaints() {
    RenderInput input = input(ExampleClusters.aws(), RenderInput.Values.NONE);
    Map<String, Object> gpu = documents(input, "fraud-lab-gpu-1").getFirst();
    assertThat(String.valueOf(Docs.at(gpu, "machine", "kernel", "modules")))
        .isEqualTo("[{name=nvidia}, {name=nvidia_uvm}, {name=nvidia_drm}, {name=nvidia_modeset}]");
    assertThat(Docs.at(gpu, "machine", "sysctls", "net.core.bpf_jit_harden")).isEqualTo("1");
    assertThat(Docs.at(gpu, "machine", "nodeTaints", "nvidia.com/gpu"))
        .isEqualTo("present:NoSchedule");
    assertThat(Docs.at(gpu, "machine", "nodeLabels", "workload")).isEqualTo("training");
    Map<String, Object> plane = documents(input, "fraud-lab-control-plane-1").getFirst();
    assertThat(String.valueOf(Docs.at(plane, "cluster", "inlineManifests")))
        .contains("RuntimeClass");
    assertThat(Docs.at(documents(input, "fraud-lab-general-1").getFirst(), "machine", "kernel"))
        .isNull();
  }

  @Test
  void metalMachinesGetTheirDisksAndTheVirtualAddress() {
    RenderInput input = input(ExampleClusters.metal(), RenderInput.Values.NONE);
    List<Map<String, Object>> plane = documents(input, "field-kit-control-plane-1");
    assertThat(Docs.at(plane.getFirst(), "machine", "install", "disk")).isEqualTo("/dev/nvme0n1");
    assertThat(document(plane, "Layer2VIPConfig")).containsEntry("name", "192.168.50.10");
    assertThat(document(plane, "KubeSpanConfig")).containsEntry("enabled", true);
    List<Map<String, Object>> board = documents(input, "field-kit-pi-2");
    assertThat(Docs.at(board.getFirst(), "machine", "install", "image"))
        .isEqualTo("factory.example.org/installer/pi:v1.13.9");
    assertThat(Docs.at(board.getFirst(), "machine", "install", "disk")).isEqualTo("/dev/sdb");
    assertThat(document(board, "HostnameConfig"))
        .containsEntry("auto", "off")
        .containsEntry("hostname", "field-kit-pi-2");
    assertThat(board).noneMatch(d -> StrategicMerge.kind(d).equals("Layer2VIPConfig"));
  }

  @Test
  void controlPlaneWithoutWorkersTakesWorkloads() {
    RenderInput alone = input(ExampleClusters.singleNode(), RenderInput.Values.NONE);
    assertThat(
            Docs.at(
                documents(alone, "one-control-plane-1").getFirst(),
                "cluster",
                "allowSchedulingOnControlPlanes"))
        .isEqualTo(true);
    RenderInput local = input(ExampleClusters.local(), RenderInput.Values.NONE);
    assertThat(
            Docs.at(
                documents(local, "demo-control-plane-1").getFirst(),
                "cluster",
                "allowSchedulingOnControlPlanes"))
        .isNull();
  }

  @Test
  void referencesStandAsPlaceholdersUntilResolved() {
    ExampleClusters.Example all = ExampleClusters.everything();
    Map<String, Object> login =
        document(documents(input(all, RenderInput.Values.NONE), "all-w-1"), "RegistryAuthConfig");
    assertThat(login).containsEntry("password", "SSKUBA-PLACEHOLDER:registry.credentials.password");
    RenderInput resolved = input(all, new RenderInput.Values("PEM", "me", "pw"));
    assertThat(document(documents(resolved, "all-w-1"), "RegistryAuthConfig"))
        .containsEntry("username", "me")
        .containsEntry("password", "pw");
    assertThat(MachineConfigRenderer.render(resolved).machines().toString())
        .doesNotContain("PLACEHOLDER");
    assertThat(
            resolved
                + MachineConfigRenderer.patches(resolved, all.topology().machines().getFirst())
                    .toString())
        .doesNotContain("pw,", "PEM");
  }

  @Test
  void aPatchThatDoesNotFitIsNamed() {
    ClusterSpec spec = ExampleClusters.singleNode().spec();
    ClusterSpec broken =
        new ClusterSpec(
            spec.metadata(),
            spec.lifetime(),
            spec.versions(),
            spec.target(),
            null,
            spec.sealing(),
            List.of(
                new ClusterSpec.Patch(
                    "machine: {sysctls: {a: {$patch: delete}}}", "machineConfig.patches[0]")),
            spec.access(),
            null,
            null,
            null,
            null,
            null,
            null,
            null);
    ExampleClusters.Example example =
        new ExampleClusters.Example(broken, ExampleClusters.singleNode().topology());
    assertThatThrownBy(() -> MachineConfigRenderer.render(input(example, RenderInput.Values.NONE)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("machineConfig.patches[0]: patch delete");
  }

  @Test
  void talosconfigPointsAtTheControlPlanes() {
    RenderInput input = input(ExampleClusters.aws(), RenderInput.Values.NONE);
    Map<String, Object> config =
        Docs.parse(MachineConfigRenderer.render(input).talosconfig(), "talosconfig").getFirst();
    assertThat(config).containsEntry("context", "fraud-lab");
    assertThat(String.valueOf(Docs.at(config, "contexts", "fraud-lab", "endpoints")))
        .isEqualTo("[10.20.0.2, 10.20.0.3, 10.20.0.4]");
  }
}
