package io.sskuba.rehearsal.machine;

import io.sskuba.io.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Whether Talos would take a config, in Talos's words.
/// - Source: texts of Talos v1.13.9's config loader and validation.
final class ConfigCheck {
  private static final Set<String> TOP =
      Set.of("version", "debug", "persist", "machine", "cluster");
  private static final Set<String> MACHINE =
      Set.of(
          "type",
          "token",
          "ca",
          "acceptedCAs",
          "certSANs",
          "controlPlane",
          "kubelet",
          "pods",
          "network",
          "disks",
          "install",
          "files",
          "env",
          "time",
          "sysctls",
          "sysfs",
          "registries",
          "systemDiskEncryption",
          "features",
          "udev",
          "logging",
          "kernel",
          "seccompProfiles",
          "baseRuntimeSpecOverrides",
          "nodeLabels",
          "nodeAnnotations",
          "nodeTaints");
  private static final Set<String> CLUSTER =
      Set.of(
          "id",
          "secret",
          "controlPlane",
          "clusterName",
          "network",
          "token",
          "aescbcEncryptionSecret",
          "secretboxEncryptionSecret",
          "ca",
          "acceptedCAs",
          "aggregatorCA",
          "serviceAccount",
          "apiServer",
          "controllerManager",
          "proxy",
          "scheduler",
          "discovery",
          "etcd",
          "coreDNS",
          "externalCloudProvider",
          "extraManifests",
          "extraManifestHeaders",
          "inlineManifests",
          "adminKubeconfig",
          "allowSchedulingOnControlPlanes",
          "allowSchedulingOnMasters");

  private ConfigCheck() {}

  /// A config that Talos refuses. The message holds no value of the config but its type.
  static final class Invalid extends Exception {
    Invalid(String text) {
      super(text);
    }
  }

  /// Parses and validates. Errors: [Invalid].
  ///
  /// @param mode `metal`, `cloud` or `container`
  static MachineConfigView check(String text, String mode, boolean installed) throws Invalid {
    List<Object> documents;
    try {
      documents = Yaml.loadAll(text);
    } catch (RuntimeException e) {
      throw new Invalid("decode error: yaml: the document cannot be parsed");
    }
    if (documents.isEmpty()) {
      throw new Invalid("no configuration documents provided");
    }
    boolean main = false;
    for (Object document : documents) {
      if (!(document instanceof Map<?, ?> map)) {
        throw new Invalid("expected a YAML document at line 1");
      }
      if (map.containsKey("kind")) {
        if (!"v1alpha1".equals(map.get("apiVersion"))) {
          throw new Invalid(
              "error decoding document "
                  + map.get("apiVersion")
                  + "/"
                  + map.get("kind")
                  + "/ (line 1): missing apiVersion");
        }
        continue;
      }
      unknown(map);
      main = true;
    }
    MachineConfigView view = MachineConfigView.parse(text);
    if (main) {
      validate(view, mode, installed);
    }
    return view;
  }

  private static void unknown(Map<?, ?> document) throws Invalid {
    StringBuilder found = new StringBuilder();
    for (Map.Entry<?, ?> entry : document.entrySet()) {
      String key = String.valueOf(entry.getKey());
      if (!TOP.contains(key)) {
        found.append(indented(Yaml.dump(Map.of(key, orEmpty(entry.getValue()))), 0));
      }
    }
    unknown(document, "machine", MACHINE, found);
    unknown(document, "cluster", CLUSTER, found);
    if (!found.isEmpty()) {
      throw new Invalid(
          "error decoding document /v1alpha1/ (line 1): unknown keys found during decoding:\n"
              + found);
    }
  }

  private static void unknown(
      Map<?, ?> document, String section, Set<String> known, StringBuilder found) {
    if (!(document.get(section) instanceof Map<?, ?> map)) {
      return;
    }
    boolean first = true;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      String key = String.valueOf(entry.getKey());
      if (!known.contains(key)) {
        found.append(first ? section + ":\n" : "");
        first = false;
        found.append(indented(Yaml.dump(Map.of(key, orEmpty(entry.getValue()))), 4));
      }
    }
  }

  private static Object orEmpty(@org.jspecify.annotations.Nullable Object value) {
    return value == null ? "" : value;
  }

  private static String indented(String yaml, int spaces) {
    return yaml.lines().map(line -> " ".repeat(spaces) + line + "\n").reduce("", String::concat);
  }

  private static void validate(MachineConfigView view, String mode, boolean installed)
      throws Invalid {
    List<String> errors = new ArrayList<>();
    String type = view.string("machine", "type");
    if (view.map("machine").isEmpty()) {
      errors.add("machine instructions are required");
    }
    if (view.map("cluster").isEmpty()) {
      errors.add("cluster instructions are required");
    } else if (view.string("cluster", "controlPlane", "endpoint") == null) {
      errors.add("cluster controlplane endpoint is required");
    }
    if (type == null || type.isEmpty()) {
      errors.add("machine type is required");
    } else if (!Set.of("controlplane", "worker", "init").contains(type)) {
      errors.add("unknown machine type \"" + type + "\"");
    }
    if (mode.equals("metal") && !installed && view.map("machine", "install").isEmpty()) {
      errors.add("install instructions are required in \"metal\" mode");
    }
    String certificate = view.string("machine", "ca", "crt");
    String key = view.string("machine", "ca", "key");
    boolean hasKey = key != null && !key.isEmpty();
    if (view.controlPlane() && (certificate == null || !hasKey)) {
      errors.add("issuing CA key is required for controlplane nodes");
    }
    if ("worker".equals(type)) {
      if (certificate == null) {
        errors.add("trusted CA certificates are required on worker nodes");
      }
      if (hasKey) {
        errors.add("issuing Talos API CA key is not allowed on non-controlplane nodes");
      }
    }
    if (errors.isEmpty()) {
      return;
    }
    throw new Invalid(
        "1 error occurred:\n\t* v1alpha1.Config: "
            + errors.size()
            + (errors.size() == 1 ? " error" : " errors")
            + " occurred:\n\t* "
            + String.join("\n\t* ", errors)
            + "\n\n\n");
  }
}
