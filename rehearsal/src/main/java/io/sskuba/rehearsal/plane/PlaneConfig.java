package io.sskuba.rehearsal.plane;

import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import io.sskuba.rehearsal.machine.MachineConfigView;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a machine configuration says about the control plane and the kubelet, with Talos's defaults
/// filled in.
/// - Errors: `IllegalArgumentException` where something that is needed is missing.
final class PlaneConfig {
  private final MachineConfigView view;

  PlaneConfig(MachineConfigView view) {
    this.view = view;
  }

  MachineConfigView view() {
    return view;
  }

  boolean controlPlane() {
    return view.controlPlane();
  }

  /// Hostname: HostnameConfig, then `machine.network.hostname`, then the machine's own name.
  String hostname(String machine) {
    for (Map<?, ?> document : view.documents("HostnameConfig")) {
      if (document.get("hostname") != null) {
        return String.valueOf(document.get("hostname"));
      }
    }
    String configured = view.string("machine", "network", "hostname");
    return configured == null || configured.isEmpty() ? machine : configured;
  }

  /// The Node's name: the hostname up to its first dot, as Talos registers it.
  String nodeName(String machine) {
    String hostname = hostname(machine).toLowerCase(Locale.ROOT);
    int dot = hostname.indexOf('.');
    boolean full = Boolean.parseBoolean(view.string("machine", "kubelet", "registerWithFQDN"));
    return dot < 0 || full ? hostname : hostname.substring(0, dot);
  }

  String endpoint() {
    return need("cluster", "controlPlane", "endpoint");
  }

  URI endpointUri() {
    return URI.create(endpoint());
  }

  int apiPort() {
    String port = view.string("cluster", "controlPlane", "localAPIServerPort");
    return port == null ? PlaneDeviations.API_PORT : Integer.parseInt(port);
  }

  String clusterName() {
    String name = view.string("cluster", "clusterName");
    return name == null ? "" : name;
  }

  String dnsDomain() {
    String domain = view.string("cluster", "network", "dnsDomain");
    return domain == null ? "cluster.local" : domain;
  }

  List<String> podSubnets() {
    List<String> subnets = texts(view.list("cluster", "network", "podSubnets"));
    return subnets.isEmpty() ? List.of("10.244.0.0/16") : subnets;
  }

  List<String> serviceSubnets() {
    List<String> subnets = texts(view.list("cluster", "network", "serviceSubnets"));
    return subnets.isEmpty() ? List.of("10.96.0.0/12") : subnets;
  }

  List<String> apiCertSans() {
    return texts(view.list("cluster", "apiServer", "certSANs"));
  }

  Map<?, ?> extraArgs(String component) {
    return view.map("cluster", component, "extraArgs");
  }

  /// `machine.controlPlane.NAME.disabled`.
  boolean disabled(String component) {
    return Boolean.parseBoolean(view.string("machine", "controlPlane", component, "disabled"));
  }

  String kubernetesVersion() {
    String image = view.string("machine", "kubelet", "image");
    int colon = image == null ? -1 : image.lastIndexOf(':');
    return image == null || colon < 0
        ? "v1.36.3"
        : image.substring(colon + 1).replaceAll("@.*", "");
  }

  boolean schedulesOnControlPlanes() {
    return Boolean.parseBoolean(view.string("cluster", "allowSchedulingOnControlPlanes"))
        || Boolean.parseBoolean(view.string("cluster", "allowSchedulingOnMasters"));
  }

  /// Labels of the Node: the configured ones and, on a control plane, the role.
  Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    if (controlPlane()) {
      labels.put("node-role.kubernetes.io/control-plane", "");
    }
    view.map("machine", "nodeLabels").forEach((k, v) -> labels.put(text(k), text(v)));
    return labels;
  }

  /// `key=value:effect`.
  List<String> taints() {
    List<String> taints = new ArrayList<>();
    if (controlPlane() && !schedulesOnControlPlanes()) {
      taints.add("node-role.kubernetes.io/control-plane=:NoSchedule");
    }
    view.map("machine", "nodeTaints")
        .forEach(
            (k, v) -> {
              String value = text(v);
              taints.add(text(k) + "=" + (value.contains(":") ? value : ":" + value));
            });
    return taints;
  }

  String bootstrapToken() {
    return need("cluster", "token");
  }

  String kubernetesCa() {
    return pem("cluster", "ca", "crt");
  }

  /// The secrets of a control-plane configuration as a bundle.
  SecretsBundle secrets() {
    return new SecretsBundle(
        text(view.string("cluster", "id")),
        text(view.string("cluster", "secret")),
        bootstrapToken(),
        text(view.string("cluster", "secretboxEncryptionSecret")),
        text(view.string("machine", "token")),
        pair("cluster", "etcd", "ca"),
        pair("cluster", "ca"),
        pair("cluster", "aggregatorCA"),
        pem("cluster", "serviceAccount", "key"),
        pair("machine", "ca"));
  }

  private CertAndKey pair(String... path) {
    return new CertAndKey(pem(join(path, "crt")), pem(join(path, "key")));
  }

  private String pem(String... path) {
    try {
      return new String(Base64.getDecoder().decode(need(path)), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(String.join(".", path) + " is missing or not base64", e);
    }
  }

  private String need(String... path) {
    String value = view.string(path);
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException(String.join(".", path) + " is missing");
    }
    return value;
  }

  private static String[] join(String[] path, String last) {
    String[] longer = java.util.Arrays.copyOf(path, path.length + 1);
    longer[path.length] = last;
    return longer;
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : String.valueOf(value);
  }

  private static List<String> texts(List<?> list) {
    return list.stream().map(String::valueOf).toList();
  }

  @Override
  public String toString() {
    return "PlaneConfig[hidden]";
  }
}
