package io.sskuba.machineconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.io.Yaml;
import io.sskuba.pki.SecretsBundleFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Our strategic merge against `talosctl machineconfig patch`, on a config that has something of
/// everything.
class StrategicMergePeerIT {
  /// Content for patches to meet.
  private static final String PREPARED =
      """
      machine:
        network:
          interfaces:
            - interface: eth0
              addresses: [10.0.0.2/24]
              vlans: [{vlanId: 5, addresses: [10.5.0.2/24]}]
            - deviceSelector: {busPath: "0000:01"}
              dhcp: true
        sysctls: {a.b: "1", c.d: "2"}
        files: [{path: /var/a, op: create, permissions: 420, content: x}]
        kubelet: {extraArgs: {v: "2", feature-gates: A=true}}
      cluster:
        apiServer: {certSANs: [a.example.org], extraArgs: {v: "2"}}
        inlineManifests: [{name: one, contents: "a: b"}]
      ---
      apiVersion: v1alpha1
      kind: ExtensionServiceConfig
      name: nut
      configFiles: [{content: old, mountPath: /etc/nut}]
      environment: [A=b]
      ---
      apiVersion: v1alpha1
      kind: NetworkRuleConfig
      name: api
      portSelector: {ports: [50000], protocol: tcp}
      ingress: [{subnet: 10.0.0.0/8}]
      ---
      apiVersion: v1alpha1
      kind: EnvironmentConfig
      variables: {http_proxy: "http://a", https_proxy: "http://b"}
      """;

  static List<Map<String, Object>> base;
  @TempDir static Path folder;
  static Talosctl talosctl;

  @BeforeAll
  static void makeBase() throws Exception {
    talosctl = new Talosctl(folder);
    var secrets = SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
    List<Map<String, Object>> plain =
        new BaseConfig(
                BaseConfig.Options.of("demo", "https://10.0.0.1:6443", "v1.13.9", "v1.36.3"),
                secrets)
            .controlPlane();
    base = StrategicMerge.apply(plain, Docs.parse(PREPARED, "prepared"));
    Files.writeString(folder.resolve("base.yaml"), Yaml.dumpAll(base));
  }

  static Stream<Arguments> patches() {
    return Stream.of(
            "scalar; machine: {install: {disk: /dev/vdb}}",
            "false over true; machine: {features: {diskQuotaSupport: false}}",
            "empty string changes nothing; machine: {install: {disk: \"\"}}",
            "null changes nothing; machine: {install: null, sysctls: null}",
            "map entry; machine: {sysctls: {c.d: \"3\", e.f: \"4\"}}",
            "empty string in a map; machine: {sysctls: {a.b: \"\"}}",
            "list appends; cluster: {apiServer: {certSANs: [b.example.org, a.example.org]}}",
            "files append; machine: {files: [{path: /var/b, op: create, content: y}]}",
            "subnets replace; cluster: {network: {podSubnets: [10.1.0.0/16], serviceSubnets: [10.2.0.0/16]}}",
            "audit policy replaces; cluster: {apiServer: {auditPolicy: {kind: Policy, rules: []}}}",
            "admission merges by name; cluster: {apiServer: {admissionControl: [{name: PodSecurity,"
                + " configuration: {exemptions: {namespaces: [a]}, defaults: {enforce: privileged}}},"
                + " {name: Other, configuration: {a: 1}}]}}",
            "interface by name; machine: {network: {interfaces: [{interface: eth0, addresses:"
                + " [10.0.0.3/24], vlans: [{vlanId: 5, mtu: 1400}, {vlanId: 6}]}]}}",
            "interface by selector; machine: {network: {interfaces: [{deviceSelector: {busPath:"
                + " \"0000:01\"}, mtu: 9000}, {interface: eth1, dhcp: true}]}}",
            "flags replace; machine: {kubelet: {extraArgs: {v: \"9\"}}}",
            "flags take lists; cluster: {apiServer: {extraArgs: {v: [\"1\", \"2\"]}}}",
            "flags can be emptied; machine: {kubelet: {extraArgs: {v: \"\"}}}",
            "delete a key; machine: {sysctls: {$patch: delete}}",
            "delete a map entry; machine: {sysctls: {a.b: {$patch: delete}}}",
            "delete an absent field; machine: {logging: {$patch: delete}}",
            "delete a list entry; machine: {network: {interfaces: [{interface: eth0, $patch: delete}]}}",
            "delete and add; machine: {sysctls: {a.b: {$patch: delete}, g.h: \"5\"}}",
            "delete a manifest; cluster: {inlineManifests: [{name: one, $patch: delete}]}",
            "delete admission; cluster: {apiServer: {admissionControl: {$patch: delete}}}",
            "delete a document; apiVersion: v1alpha1\nkind: HostnameConfig\n$patch: delete",
            "delete a named document; apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: api\n$patch: delete",
            "delete inside a document; apiVersion: v1alpha1\nkind: EnvironmentConfig\nvariables: {http_proxy: {$patch: delete}}",
            "add a document; apiVersion: v1alpha1\nkind: KubeSpanConfig\nenabled: true",
            "another name, another document; apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: b\n"
                + "portSelector: {ports: [1], protocol: tcp}\ningress: [{subnet: 10.0.0.0/8}]",
            "rules replace; apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: api\nportSelector:"
                + " {ports: [50001], protocol: tcp}\ningress: [{subnet: 11.0.0.0/8}]",
            "config files by path; apiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: nut\n"
                + "configFiles: [{content: new, mountPath: /etc/nut}, {content: x, mountPath: /etc/o}]\n"
                + "environment: [C=d]",
            "hostname; apiVersion: v1alpha1\nkind: HostnameConfig\nauto: \"off\"\nhostname: a",
            "several documents; machine: {time: {servers: [a]}}\n---\napiVersion: v1alpha1\nkind:"
                + " EnvironmentConfig\nvariables: {no_proxy: x}")
        .map(
            text ->
                Arguments.of(
                    text.substring(0, text.indexOf(';')), text.substring(text.indexOf(';') + 2)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patches")
  void resultIsTalosctls(String name, String patch) throws Exception {
    Files.writeString(folder.resolve("patch.yaml"), patch);
    talosctl.ok("machineconfig", "patch", "base.yaml", "--patch", "@patch.yaml", "-o", "out.yaml");
    assertThat(
            Differences.between(
                normal(Yaml.dumpAll(StrategicMerge.apply(base, Docs.parse(patch, name)))),
                normal(Files.readString(folder.resolve("out.yaml")))))
        .isEmpty();
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("an entry that is not there", "machine: {sysctls: {x.y: {$patch: delete}}}"),
        Arguments.of(
            "a list entry that is not there",
            "machine: {network: {interfaces: [{interface: eth7, $patch: delete}]}}"),
        Arguments.of(
            "types that differ",
            "cluster: {apiServer: {admissionControl: [{name: PodSecurity, configuration: {defaults: [a]}}]}}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void bothRefuse(String name, String patch) throws Exception {
    Files.writeString(folder.resolve("patch.yaml"), patch);
    assertThat(talosctl.run("machineconfig", "patch", "base.yaml", "--patch", "@patch.yaml").exit())
        .isNotZero();
    assertThatThrownBy(() -> StrategicMerge.apply(base, Docs.parse(patch, name)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /// The same text form for both: `talosctl` prints what its types hold, so ours goes through it
  /// too.
  private static List<Map<String, Object>> normal(String yaml) throws Exception {
    Files.writeString(folder.resolve("in.yaml"), yaml);
    talosctl.ok(
        "machineconfig", "patch", "in.yaml", "--patch", "{debug: false}", "-o", "normal.yaml");
    return Docs.parse(Files.readString(folder.resolve("normal.yaml")), "normal");
  }
}
