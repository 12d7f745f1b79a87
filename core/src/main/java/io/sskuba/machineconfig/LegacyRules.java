package io.sskuba.machineconfig;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Talos's rules for the v1alpha1 document, in its order and words.
/// - Source: Talos v1.13.9 `types/v1alpha1/v1alpha1_validation.go` and `labels/validate.go`.
final class LegacyRules {
  private static final Pattern DNS_NAME =
      Pattern.compile(
          "([a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})(\\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*[._]?");
  private static final Pattern QUALIFIED =
      Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final int LABEL_MAX = 63;
  private static final int DNS_NAME_MAX = 255;
  private static final int PORT_MAX = 65_535;
  private static final Set<String> EFFECTS = Set.of("NoSchedule", "PreferNoSchedule", "NoExecute");
  private static final List<String> PROTECTED_KUBELET_FIELDS =
      List.of(
          "apiVersion",
          "authentication",
          "authorization",
          "cgroupRoot",
          "kind",
          "kubeletCgroups",
          "port",
          "protectKernelDefaults",
          "resolvConf",
          "rotateCertificates",
          "systemCgroups",
          "staticPodPath",
          "seccompDefault");

  private final Map<String, Object> root;
  private final String mode;
  private final List<String> errors = new ArrayList<>();

  private LegacyRules(Map<String, Object> root, String mode) {
    this.root = root;
    this.mode = mode;
  }

  static List<String> check(Map<String, Object> root, String mode) {
    LegacyRules rules = new LegacyRules(root, mode);
    if (rules.at("machine") == null) {
      return List.of("machine instructions are required");
    }
    rules.cluster();
    rules.install();
    rules.hostDns();
    rules.authorities();
    rules.kubelet();
    rules.kubeSpan();
    rules.names();
    if (Boolean.FALSE.equals(rules.at("persist"))) {
      rules.errors.add(".persist should be enabled");
    }
    return rules.errors;
  }

  private void cluster() {
    if (at("cluster") == null) {
      errors.add("cluster instructions are required");
      return;
    }
    String endpoint = text("cluster", "controlPlane", "endpoint");
    if (endpoint.isEmpty()) {
      errors.add("cluster controlplane endpoint is required");
      return;
    }
    String problem = endpointProblem(endpoint);
    if (problem != null) {
      errors.add("invalid controlplane endpoint: " + problem);
    }
    String domain = text("cluster", "network", "dnsDomain");
    if (!domain.isEmpty()
        && (domain.length() > DNS_NAME_MAX || !DNS_NAME.matcher(domain).matches())) {
      errors.add("\"" + domain + "\" is not a valid DNS name");
    }
    if (at("cluster", "etcd") != null) {
      if (!controlPlane()) {
        errors.add("etcd config is only allowed on control plane machines");
      } else if (at("cluster", "etcd", "ca") == null) {
        errors.add("key/cert combination should not be empty");
      }
    }
    if (!controlPlane() && !text("cluster", "ca", "key").isEmpty()) {
      errors.add("cluster CA key is not allowed on non-controlplane nodes (.cluster.ca)");
    }
    inlineManifests();
    discovery();
  }

  private void inlineManifests() {
    Set<String> names = new HashSet<>();
    for (Object manifest : list("cluster", "inlineManifests")) {
      String name =
          String.valueOf(Docs.at(manifest, "name") == null ? "" : Docs.at(manifest, "name"));
      if (name.isBlank()) {
        errors.add("inline manifest name can't be empty");
      }
      if (!names.add(name)) {
        errors.add("inline manifest name \"" + name + "\" is duplicate");
      }
    }
  }

  private void discovery() {
    boolean enabled = Boolean.TRUE.equals(at("cluster", "discovery", "enabled"));
    boolean service =
        !Boolean.TRUE.equals(at("cluster", "discovery", "registries", "service", "disabled"));
    if (!enabled || !service) {
      return;
    }
    if (text("cluster", "id").isEmpty()) {
      errors.add("cluster discovery service requires .cluster.id");
    }
    if (text("cluster", "secret").isEmpty()) {
      errors.add("cluster discovery service requires .cluster.secret");
    }
  }

  private void install() {
    if (!mode.equals("metal")) {
      return;
    }
    if (at("machine", "install") == null) {
      errors.add("install instructions are required in \"metal\" mode");
      return;
    }
    if (text("machine", "install", "disk").isEmpty()
        && at("machine", "install", "diskSelector") == null) {
      errors.add("either install disk or diskSelector should be defined");
    }
    if (!list("machine", "install", "extraKernelArgs").isEmpty()
        && Boolean.TRUE.equals(at("machine", "install", "grubUseUKICmdline"))) {
      errors.add("install.extraKernelArgs and install.grubUseUKICmdline can't be used together");
    }
  }

  private void hostDns() {
    boolean enabled = Boolean.TRUE.equals(at("machine", "features", "hostDNS", "enabled"));
    boolean forward =
        Boolean.TRUE.equals(at("machine", "features", "hostDNS", "forwardKubeDNSToHost"));
    if (mode.equals("container")) {
      if (!enabled) {
        errors.add(
            "feature HostDNS should be enabled in container mode"
                + " (.machine.features.hostDNS.enabled)");
      }
      if (!forward) {
        errors.add(
            "feature HostDNS should forward kube-dns to host in container mode"
                + " (.machine.features.hostDNS.forwardKubeDNSToHost)");
      }
    }
    if (forward && !enabled) {
      errors.add(
          "feature hostDNS.forwardKubeDNSToHost requires hostDNS.enabled to be true"
              + " (.machine.features.hostDNS)");
    }
  }

  private void authorities() {
    boolean ca = at("machine", "ca") != null;
    boolean accepted = !list("machine", "acceptedCAs").isEmpty();
    boolean key = !text("machine", "ca", "key").isEmpty();
    if (!ca && !accepted) {
      errors.add("issuing CA or some accepted CAs are required (.machine.ca, machine.acceptedCAs)");
    }
    switch (text("machine", "type")) {
      case "init", "controlplane" -> {
        if (!ca) {
          errors.add("issuing CA is required (.machine.ca)");
        } else if (!key) {
          errors.add("issuing CA key is required for controlplane nodes (.machine.ca.key)");
        }
      }
      case "worker" -> {
        if (ca && key) {
          errors.add(
              "issuing Talos API CA key is not allowed on non-controlplane nodes (.machine.ca)");
        }
        if (ca && text("machine", "ca", "crt").isEmpty() && !accepted) {
          errors.add(
              "trusted CA certificates are required on non-controlplane nodes (.machine.ca.crt,"
                  + " .machine.acceptedCAs)");
        }
        if (!text("cluster", "ca", "key").isEmpty()) {
          errors.add(
              "issuing Kubernetes API CA key is not allowed on non-controlplane nodes"
                  + " (.cluster.ca)");
        }
      }
      default -> errors.add("unknown machine type \"" + text("machine", "type") + "\"");
    }
  }

  private void kubelet() {
    for (String field : PROTECTED_KUBELET_FIELDS) {
      if (at("machine", "kubelet", "extraConfig", field) != null) {
        errors.add("kubelet configuration field \"" + field + "\" can't be overridden");
      }
    }
  }

  private void kubeSpan() {
    if (!Boolean.TRUE.equals(at("machine", "network", "kubespan", "enabled"))) {
      return;
    }
    if (!Boolean.TRUE.equals(at("cluster", "discovery", "enabled"))) {
      errors.add(".cluster.discovery should be enabled when .machine.network.kubespan is enabled");
    }
    if (text("cluster", "id").isEmpty()) {
      errors.add(".cluster.id should be set when .machine.network.kubespan is enabled");
    }
    if (text("cluster", "secret").isEmpty()) {
      errors.add(".cluster.secret should be set when .machine.network.kubespan is enabled");
    }
  }

  private void names() {
    List<String> labels = new ArrayList<>();
    sorted("machine", "nodeLabels")
        .forEach(
            (key, value) -> {
              add(labels, qualifiedNameProblem(key));
              add(labels, labelValueProblem(value));
            });
    nested("labels", labels);
    List<String> annotations = new ArrayList<>();
    sorted("machine", "nodeAnnotations")
        .forEach((key, value) -> add(annotations, qualifiedNameProblem(key)));
    nested("annotations", annotations);
    List<String> taints = new ArrayList<>();
    sorted("machine", "nodeTaints").forEach((key, value) -> add(taints, taintProblem(key, value)));
    nested("taints", taints);
  }

  private void nested(String what, List<String> problems) {
    if (!problems.isEmpty()) {
      errors.add("invalid machine node " + what + ": " + MachineConfigValidator.list(problems));
    }
  }

  private static void add(List<String> list, @Nullable String problem) {
    if (problem != null) {
      list.add(problem);
    }
  }

  private static @Nullable String taintProblem(String key, String value) {
    String problem = qualifiedNameProblem(key);
    if (problem != null) {
      return problem;
    }
    int colon = value.indexOf(':');
    String effect = value.substring(colon + 1);
    if (!EFFECTS.contains(effect)) {
      return "invalid taint effect: \"" + effect + "\"";
    }
    return colon < 0 ? null : labelValueProblem(value.substring(0, colon));
  }

  private static @Nullable String qualifiedNameProblem(String value) {
    String[] parts = value.split("/", -1);
    if (parts.length > 2) {
      return "invalid format: too many slashes: \"" + value + "\"";
    }
    if (parts.length == 2) {
      if (parts[0].isEmpty()) {
        return "prefix cannot be empty: \"" + value + "\"";
      }
      if (!SUBDOMAIN.matcher(parts[0]).matches()) {
        return "prefix \""
            + parts[0]
            + "\" is invalid: domain doesn't match required format: \""
            + parts[0]
            + "\"";
      }
    }
    String name = parts[parts.length - 1];
    if (name.isEmpty()) {
      return "name cannot be empty: \"" + value + "\"";
    }
    if (name.length() > LABEL_MAX) {
      return "name is too long: \"" + value + "\" (limit is " + LABEL_MAX + ")";
    }
    return QUALIFIED.matcher(name).matches() ? null : "name \"" + name + "\" is invalid";
  }

  private static @Nullable String labelValueProblem(String value) {
    if (value.length() > LABEL_MAX) {
      return "label value length exceeds limit of " + LABEL_MAX + ": \"" + value + "\"";
    }
    return value.isEmpty() || QUALIFIED.matcher(value).matches()
        ? null
        : "label value \"" + value + "\" is invalid";
  }

  private static @Nullable String endpointProblem(String endpoint) {
    try {
      URI uri = new URI(endpoint);
      String host = uri.getHost();
      if (host == null || host.isEmpty()) {
        return "hostname must not be blank";
      }
      int port = uri.getPort();
      return port == 0 || port > PORT_MAX ? "port is not a valid port number" : null;
    } catch (URISyntaxException e) {
      return "parse \"" + endpoint + "\": invalid URI";
    }
  }

  private boolean controlPlane() {
    String type = text("machine", "type");
    return type.equals("controlplane") || type.equals("init");
  }

  private @Nullable Object at(String... path) {
    return Docs.at(root, path);
  }

  private String text(String... path) {
    Object value = at(path);
    return value == null ? "" : value.toString();
  }

  private List<?> list(String... path) {
    return at(path) instanceof List<?> list ? list : List.of();
  }

  private Map<String, String> sorted(String... path) {
    Map<String, String> sorted = new TreeMap<>();
    if (at(path) instanceof Map<?, ?> map) {
      map.forEach((k, v) -> sorted.put(String.valueOf(k), v == null ? "" : String.valueOf(v)));
    }
    return sorted;
  }
}
