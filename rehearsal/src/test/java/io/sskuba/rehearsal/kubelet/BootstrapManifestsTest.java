package io.sskuba.rehearsal.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.rehearsal.machine.MachineConfigView;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BootstrapManifestsTest {
  private static final String BASE =
      """
      machine:
        type: controlplane
        features: {kubePrism: {enabled: true, port: 7445}%s}
      cluster:
        token: abcdef.0123456789abcdef
        controlPlane: {endpoint: 'https://10.64.0.1:6443'}
        network: {dnsDomain: dom.example, podSubnets: [10.200.0.0/16], serviceSubnets: [10.111.0.0/16]%s}
      """;

  private static List<ObjectNode> of(String features, String network, String more) {
    return BootstrapManifests.of(
        MachineConfigView.parse(BASE.formatted(features, network) + more.indent(2)));
  }

  private static List<String> names(List<ObjectNode> objects) {
    return objects.stream()
        .map(o -> o.path("kind").asText() + "/" + o.at("/metadata/name").asText())
        .toList();
  }

  private static String text(List<ObjectNode> objects, String name) {
    return objects.stream()
        .filter(o -> names(List.of(o)).getFirst().equals(name))
        .findFirst()
        .orElseThrow()
        .toString();
  }

  @Test
  void theConfigsValuesAreInThem() {
    List<ObjectNode> objects =
        of(
            "",
            "",
            "proxy: {image: 'example.org/proxy:v1', extraArgs: {v: '2'}}\ncoreDNS: {image: 'example.org/dns:v1'}");
    assertThat(names(objects).subList(0, BootstrapManifests.JOIN))
        .containsExactly(
            "Secret/bootstrap-token-abcdef",
            "ClusterRoleBinding/system-bootstrap-node-bootstrapper",
            "ClusterRoleBinding/system-bootstrap-approve-node-client-csr",
            "ClusterRoleBinding/system-bootstrap-node-renewal");
    assertThat(text(objects, "Service/kube-dns")).contains("\"clusterIP\":\"10.111.0.10\"");
    assertThat(text(objects, "ConfigMap/coredns")).contains("kubernetes dom.example in-addr.arpa");
    assertThat(text(objects, "Deployment/coredns")).contains("example.org/dns:v1");
    assertThat(text(objects, "ConfigMap/kube-flannel-cfg")).contains("10.200.0.0/16");
    assertThat(text(objects, "DaemonSet/kube-flannel"))
        .contains("{\"name\":\"KUBERNETES_SERVICE_PORT\",\"value\":\"7445\"}");
    assertThat(text(objects, "DaemonSet/kube-proxy"))
        .contains("example.org/proxy:v1")
        .contains(
            "\"--cluster-cidr=10.200.0.0/16\",\"--conntrack-max-per-core=0\","
                + "\"--hostname-override=$(NODE_NAME)\",\"--kubeconfig=/etc/kubernetes/kubeconfig\","
                + "\"--proxy-mode=nftables\",\"--v=2\"");
    assertThat(text(objects, "ConfigMap/kubeconfig-in-cluster"))
        .contains("server: https://127.0.0.1:7445");
    assertThat(objects.toString()).doesNotContainPattern("@[A-Z_]+@");
    assertThat(names(objects)).doesNotContain("CustomResourceDefinition/serviceaccounts.talos.dev");
  }

  @Test
  void whatIsSwitchedOffIsNotThere() {
    List<String> names =
        names(of("", ", cni: {name: none}", "proxy: {disabled: true}\ncoreDNS: {disabled: true}"));
    assertThat(names)
        .noneMatch(n -> n.contains("flannel") || n.contains("proxy") || n.contains("coredns"))
        .hasSize(BootstrapManifests.JOIN + 3);
  }

  @Test
  void whatIsSwitchedOnIs() {
    assertThat(names(of(", kubernetesTalosAPIAccess: {enabled: true}", "", "")))
        .contains("CustomResourceDefinition/serviceaccounts.talos.dev");
  }

  @Test
  void inlineManifestsComeLastAndBadOnesAreRefused() {
    List<ObjectNode> objects =
        of(
            "",
            "",
            """
            inlineManifests:
              - name: mine
                contents: |
                  apiVersion: v1
                  kind: Namespace
                  metadata: {name: mine}
                  ---
                  apiVersion: v1
                  kind: List
                  items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: mine}}]
            """);
    assertThat(names(objects).subList(objects.size() - 2, objects.size()))
        .containsExactly("Namespace/mine", "ConfigMap/a");
    assertThatThrownBy(() -> of("", "", "inlineManifests: [{name: bad, contents: 'just: text'}]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bad");
  }

  @Test
  void manifestsByUrlAreNamedNotFetched() {
    assertThat(
            BootstrapManifests.skipped(
                MachineConfigView.parse(
                    "cluster: {extraManifests: ['https://example.org/x.yaml']}")))
        .containsExactly("https://example.org/x.yaml");
  }

  @Test
  void aConfigWithoutTokenIsRefused() {
    assertThatThrownBy(
            () -> BootstrapManifests.of(MachineConfigView.parse("cluster: {token: short}")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theDnsAddressIsTheTenth() {
    assertThat(BootstrapManifests.dnsAddress("10.96.0.0/12")).isEqualTo("10.96.0.10");
    assertThat(BootstrapManifests.dnsAddress("fd00:1::/112")).isEqualTo("fd00:1:0:0:0:0:0:a");
  }
}
