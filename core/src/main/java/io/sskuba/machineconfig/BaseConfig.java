package io.sskuba.machineconfig;

import static io.sskuba.machineconfig.Docs.document;
import static io.sskuba.machineconfig.Docs.map;

import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The documents that `talosctl gen config` writes (v1.13 contract, no comments), before any patch
/// of ours.
/// - Source: Talos v1.13.9 `machinery/config/generate`; semantic equality is checked against the
///   real `talosctl` over many option combinations in `GenConfigPeerIT`.
public final class BaseConfig {
  private static final int KUBE_PRISM_PORT = 7445;

  private final Options options;
  private final SecretsBundle secrets;

  public BaseConfig(Options options, SecretsBundle secrets) {
    this.options = options;
    this.secrets = secrets;
  }

  /// The options of `talosctl gen config` that we use.
  ///
  /// @param endpoint `https://HOST:PORT`
  /// @param talosVersion tag of the installer image, `v1.13.9`
  /// @param kubernetesVersion with its `v`
  /// @param additionalSans further certificate SANs, of both APIs
  /// @param kubespan adds the KubeSpanConfig document
  /// @param registryMirrors registry host to its mirrors' URLs
  public record Options(
      String clusterName,
      String endpoint,
      String talosVersion,
      String kubernetesVersion,
      List<String> additionalSans,
      String dnsDomain,
      String installDisk,
      @Nullable String installImage,
      boolean discovery,
      boolean kubespan,
      Map<String, List<String>> registryMirrors) {

    public static final String DNS_DOMAIN = "cluster.local";
    public static final String INSTALL_DISK = "/dev/sda";

    public Options {
      additionalSans = List.copyOf(additionalSans);
      registryMirrors = new TreeMap<>(registryMirrors);
    }

    /// `gen config NAME ENDPOINT` with nothing else said.
    public static Options of(
        String clusterName, String endpoint, String talosVersion, String kubernetesVersion) {
      return new Options(
          clusterName,
          endpoint,
          talosVersion,
          kubernetesVersion,
          List.of(),
          DNS_DOMAIN,
          INSTALL_DISK,
          null,
          true,
          false,
          Map.of());
    }
  }

  public List<Map<String, Object>> controlPlane() {
    Map<String, Object> machine = machine("controlplane", encoded(secrets.os()));
    machine.put("nodeLabels", map("node.kubernetes.io/exclude-from-external-load-balancers", ""));
    Map<String, Object> cluster = cluster(encoded(secrets.kubernetes()));
    cluster.put("secretboxEncryptionSecret", secrets.secretboxEncryptionSecret());
    cluster.put("aggregatorCA", encoded(secrets.aggregator()));
    cluster.put("serviceAccount", map("key", base64(secrets.serviceAccountKey())));
    cluster.put("apiServer", apiServer());
    cluster.put("controllerManager", image("registry.k8s.io/kube-controller-manager"));
    cluster.put("proxy", image("registry.k8s.io/kube-proxy"));
    cluster.put("scheduler", image("registry.k8s.io/kube-scheduler"));
    putDiscovery(cluster);
    cluster.put("etcd", map("ca", encoded(secrets.etcd())));
    return documents(machine, cluster);
  }

  public List<Map<String, Object>> worker() {
    Map<String, Object> machine = machine("worker", certificateOnly(secrets.os()));
    Map<String, Object> cluster = cluster(certificateOnly(secrets.kubernetes()));
    putDiscovery(cluster);
    return documents(machine, cluster);
  }

  private List<Map<String, Object>> documents(
      Map<String, Object> machine, Map<String, Object> cluster) {
    List<Map<String, Object>> documents = new ArrayList<>();
    documents.add(
        map(
            "version",
            "v1alpha1",
            "debug",
            false,
            "persist",
            true,
            "machine",
            machine,
            "cluster",
            cluster));
    options
        .registryMirrors()
        .forEach(
            (host, urls) ->
                documents.add(
                    document(
                        "RegistryMirrorConfig",
                        "name",
                        host,
                        "endpoints",
                        urls.stream().map(url -> map("url", url)).toList())));
    documents.add(document("HostnameConfig", "auto", "stable"));
    if (options.kubespan()) {
      documents.add(document("KubeSpanConfig", "enabled", true));
    }
    return documents;
  }

  private Map<String, Object> machine(String type, Map<String, Object> ca) {
    return map(
        "type", type,
        "token", secrets.trustdToken(),
        "ca", ca,
        "certSANs", options.additionalSans(),
        "kubelet",
            map(
                "image", "ghcr.io/siderolabs/kubelet:" + options.kubernetesVersion(),
                "defaultRuntimeSeccompProfileEnabled", true,
                "disableManifestsDirectory", true),
        "install",
            map(
                "disk",
                options.installDisk(),
                "image",
                installImage(),
                "wipe",
                false,
                "grubUseUKICmdline",
                true),
        "features",
            map(
                "diskQuotaSupport", true,
                "kubePrism", map("enabled", true, "port", KUBE_PRISM_PORT),
                "hostDNS", map("enabled", true, "forwardKubeDNSToHost", true)));
  }

  private String installImage() {
    String image = options.installImage();
    return image != null ? image : "ghcr.io/siderolabs/installer:" + options.talosVersion();
  }

  private Map<String, Object> cluster(Map<String, Object> ca) {
    return map(
        "id", secrets.clusterId(),
        "secret", secrets.clusterSecret(),
        "controlPlane", map("endpoint", options.endpoint()),
        "clusterName", options.clusterName(),
        "network",
            map(
                "dnsDomain", options.dnsDomain(),
                "podSubnets", List.of("10.244.0.0/16"),
                "serviceSubnets", List.of("10.96.0.0/12")),
        "token", secrets.bootstrapToken(),
        "ca", ca);
  }

  private Map<String, Object> apiServer() {
    Map<String, Object> apiServer = image("registry.k8s.io/kube-apiserver");
    if (!options.additionalSans().isEmpty()) {
      apiServer.put("certSANs", options.additionalSans());
    }
    Map<String, Object> podSecurity =
        map(
            "apiVersion",
            "pod-security.admission.config.k8s.io/v1alpha1",
            "kind",
            "PodSecurityConfiguration",
            "defaults",
            map(
                "audit", "restricted",
                "audit-version", "latest",
                "enforce", "baseline",
                "enforce-version", "latest",
                "warn", "restricted",
                "warn-version", "latest"),
            "exemptions",
            map(
                "namespaces",
                List.of("kube-system"),
                "runtimeClasses",
                List.of(),
                "usernames",
                List.of()));
    apiServer.put(
        "admissionControl", List.of(map("name", "PodSecurity", "configuration", podSecurity)));
    apiServer.put(
        "auditPolicy",
        map(
            "apiVersion",
            "audit.k8s.io/v1",
            "kind",
            "Policy",
            "rules",
            List.of(map("level", "Metadata"))));
    return apiServer;
  }

  private void putDiscovery(Map<String, Object> cluster) {
    cluster.put(
        "discovery",
        map(
            "enabled",
            options.discovery(),
            "registries",
            map("kubernetes", map("disabled", true), "service", new LinkedHashMap<>())));
  }

  private Map<String, Object> image(String name) {
    return map("image", name + ":" + options.kubernetesVersion());
  }

  private static Map<String, Object> encoded(CertAndKey pair) {
    return map("crt", base64(pair.certificate()), "key", base64(pair.key()));
  }

  /// Workers get certificates of the authorities, never keys: Talos refuses a worker that has one.
  private static Map<String, Object> certificateOnly(CertAndKey pair) {
    return map("crt", base64(pair.certificate()), "key", "");
  }

  static String base64(String pem) {
    return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8));
  }
}
