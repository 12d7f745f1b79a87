package io.sskuba.machineconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.io.Yaml;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Our refusals against those of `talosctl validate`, text for text.
class ValidatorPeerIT {
  @TempDir static Path folder;
  static Talosctl talosctl;
  static SecretsBundle secrets;

  @BeforeAll
  static void prepare() throws Exception {
    talosctl = new Talosctl(folder);
    secrets = SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
  }

  static Stream<Arguments> whole() {
    return Stream.of(
            "metal; machine:\n  tpye: controlplane\n",
            "metal; machine:\n  type: controlplane\n",
            "cloud; machine:\n  type: worker\n",
            "metal; machine:\n  type: bogus\ncluster: {}\n",
            "cloud; machine: {type: worker}\ncluster: {controlPlane: {endpoint: \"https://a:6443\"}, etcd: {}}\n",
            "metal; debug: true\n",
            "metal; ",
            "metal; foo: bar\n",
            "metal; [1,2]\n",
            "metal; apiVersion: v1alpha1\nkind: Nope\nname: x\n",
            "metal; apiVersion: v1alpha1\nkind: HostnameConfig\nauto: \"off\"\nhostname: x\nfoo: 1\n",
            "metal; apiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\nhostname: x\n",
            "metal; apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.0.1\n",
            "metal; kind: HostnameConfig\nauto: \"off\"\n",
            "metal; apiVersion: v1alpha1\nauto: \"off\"\n",
            "metal; machine: {type: worker}\n---\nmachine: {type: worker}\n",
            "metal; apiVersion: v1alpha1\nkind: KubeSpanConfig\nenabled: true\n---\n"
                + "apiVersion: v1alpha1\nkind: KubeSpanConfig\nenabled: true\n",
            "metal; machine: {type: worker, kubelet: {image: [a]}, install: {wipe: maybe}}\n",
            "metal; machine: {typ: worker, features: {x: 1, kubePrism: {enabled: true, prot: 1}},"
                + " files: [{path: a}, {pth: b}]}\nclster: {}\n")
        .map(ValidatorPeerIT::split);
  }

  /// Patches that spoil a good control plane.
  static Stream<Arguments> spoiled() {
    return Stream.of(
            "metal; machine: {nodeLabels: {\"bad key\": x}, nodeTaints: {a: \"b:Nope\"}}",
            "metal; machine: {nodeLabels: {\"a/b/c\": x, \"/a\": y, \"UP.case/a\": z, v: \"not ok\"}}",
            "container; machine: {features: {hostDNS: {forwardKubeDNSToHost: false}}}",
            "container; machine: {features: {hostDNS: {enabled: false}}}",
            "metal; machine: {install: {disk: {$patch: delete}}}",
            "metal; machine: {install: {extraKernelArgs: [a=b]}}",
            "metal; machine: {ca: {key: {$patch: delete}}}",
            "cloud; machine: {ca: {$patch: delete}}",
            "cloud; machine: {type: worker}",
            "cloud; machine: {kubelet: {extraConfig: {port: 1, kind: a}}}",
            "cloud; persist: false",
            "cloud; cluster: {etcd: {ca: {$patch: delete}}}",
            "cloud; cluster: {inlineManifests: [{name: a, contents: b}, {name: a, contents: b}, {name: \"\", contents: c}]}",
            "cloud; cluster: {network: {dnsDomain: \"a b\"}}",
            "cloud; cluster: {id: {$patch: delete}, secret: {$patch: delete}}",
            "cloud; {machine: {network: {kubespan: {enabled: true}}}, cluster: {id: {$patch: delete},"
                + " discovery: {enabled: false}}}")
        .map(ValidatorPeerIT::split);
  }

  private static Arguments split(String text) {
    int at = text.indexOf("; ");
    return Arguments.of(text.substring(0, at), text.substring(at + 2));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("whole")
  void refusesAsTalosDoes(String mode, String yaml) throws Exception {
    assertSame(mode, yaml);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("spoiled")
  void refusesWhatASpoilingPatchLeaves(String mode, String patch) throws Exception {
    var base =
        new BaseConfig(
                BaseConfig.Options.of("demo", "https://10.0.0.1:6443", "v1.13.9", "v1.36.3"),
                secrets)
            .controlPlane();
    assertSame(mode, Yaml.dumpAll(StrategicMerge.apply(base, Docs.parse(patch, "patch"))));
  }

  @Test
  void takesWhatWeRender() {
    for (ExampleClusters.Example example : ExampleClusters.all().values()) {
      MachineConfigs configs =
          MachineConfigRenderer.render(
              new RenderInput(
                  example.spec(),
                  secrets,
                  example.topology(),
                  TimeSource.system().now(),
                  RandomSource.system(),
                  RenderInput.Values.NONE));
      String mode = MachineConfigRenderer.validationMode(example.spec().target().provider());
      configs
          .machines()
          .values()
          .forEach(
              yaml -> assertThat(MachineConfigValidator.validate(yaml, mode)).isEqualTo(List.of()));
    }
  }

  private static void assertSame(String mode, String yaml) throws Exception {
    Files.writeString(folder.resolve("config.yaml"), yaml);
    Talosctl.Result result = talosctl.run("validate", "-m", mode, "-c", "config.yaml");
    assertThat(result.exit()).as(result.output()).isNotZero();
    String ours = MachineConfigValidator.refusal(yaml, mode);
    assertThat(ours == null ? "accepted" : ours.strip()).isEqualTo(result.output().strip());
  }
}
