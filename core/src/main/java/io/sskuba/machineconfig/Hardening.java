package io.sskuba.machineconfig;

import static io.sskuba.machineconfig.Docs.map;

import io.sskuba.io.Yaml;
import io.sskuba.pki.LeafCertificates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The secure settings that we add to Talos's own.
public final class Hardening {
  private Hardening() {}

  /// The hardening patches of a machine.
  ///
  /// @param ttl the cluster's, or null for none
  static List<NamedPatch> patches(boolean controlPlane, @Nullable Duration ttl) {
    List<NamedPatch> patches = new ArrayList<>();
    if (controlPlane) {
      patches.add(clientCertificates(LeafCertificates.clientLifetime(ttl)));
      patches.add(AUDIT);
      patches.add(API_SERVER);
      patches.add(CONTROLLER_MANAGER);
    }
    patches.add(KUBELET);
    return patches;
  }

  private static final NamedPatch AUDIT =
      new NamedPatch(
          "hardening/audit-policy",
          "Audit policy",
          "Who changed what, with request bodies for access rules; never a body of a Secret,"
              + " a token or a ConfigMap; no noise of reads by the control plane itself.",
          Yaml.dump(map("cluster", map("apiServer", map("auditPolicy", AuditPolicy.policy())))));

  private static final NamedPatch API_SERVER =
      new NamedPatch(
          "hardening/api-server",
          "API server flags",
          "TLS 1.3 only; service account tokens end when they say so; no Service may take external"
              + " addresses.",
          Yaml.dump(
              map(
                  "cluster",
                  map(
                      "apiServer",
                      map(
                          "extraArgs",
                          map(
                              "tls-min-version",
                              "VersionTLS13",
                              "service-account-extend-token-expiration",
                              "false",
                              "enable-admission-plugins",
                              "NodeRestriction,DenyServiceExternalIPs"))))));

  private static final NamedPatch CONTROLLER_MANAGER =
      new NamedPatch(
          "hardening/controller-manager",
          "Controller-manager flags",
          "Finished pods are collected early, so that they cannot fill etcd.",
          Yaml.dump(
              map(
                  "cluster",
                  map(
                      "controllerManager",
                      map("extraArgs", map("terminated-pod-gc-threshold", "1000"))))));

  private static final NamedPatch KUBELET =
      new NamedPatch(
          "hardening/kubelet",
          "Kubelet configuration",
          "A pod cannot take all process ids of its node; events are not dropped silently.",
          Yaml.dump(
              map(
                  "machine",
                  map(
                      "kubelet",
                      map("extraConfig", map("eventRecordQPS", 50, "podPidsLimit", 4096))))));

  private static NamedPatch clientCertificates(Duration lifetime) {
    Map<String, Object> admin = map("certLifetime", goDuration(lifetime));
    return new NamedPatch(
        "hardening/client-certificates",
        "Lifetime of client certificates",
        "The kubeconfig that Talos hands out ends with the cluster.",
        Yaml.dump(map("cluster", map("adminKubeconfig", admin))));
  }

  /// The text of `docs/security/hardening.md`.
  static String document() {
    StringBuilder text =
        new StringBuilder(
            """
            # Secure settings, by the CIS Kubernetes benchmark

            Printed from `HardeningList`; a test fails when this page is not what the code says. Numbers are those
            of edition 1.11 of the benchmark. *Talos* is what Talos v1.13 does by itself, *added* what our patches
            add. Where nothing is added and the reason is not "met", the rule is left open on purpose.

            The patches: `hardening/client-certificates`, `hardening/audit-policy`, `hardening/api-server`,
            `hardening/controller-manager` (control planes) and `hardening/kubelet` (all machines). A user's patch is applied after them and can change any of it.
            """);
    section(text, "Files", HardeningList.FILES);
    section(text, "API server", HardeningList.API_SERVER);
    section(text, "Controller-manager and scheduler", HardeningList.CONTROLLERS);
    section(text, "etcd", HardeningList.ETCD);
    section(text, "Access and audit", HardeningList.ACCESS);
    section(text, "Kubelet", HardeningList.KUBELET);
    section(text, "Pods, kernel, machine", HardeningList.PLATFORM);
    text.append("\n## The audit policy\n\n```yaml\n")
        .append(Yaml.dump(AuditPolicy.policy()))
        .append("```\n");
    return text.toString();
  }

  private static void section(StringBuilder text, String title, List<HardeningEntry> entries) {
    text.append("\n## ").append(title).append("\n\n");
    text.append("| CIS | rule | Talos | added | why |\n|---|---|---|---|---|\n");
    for (HardeningEntry e : entries) {
      text.append(
          String.join(
              " | ",
              "| " + e.id(),
              e.rule(),
              e.talos(),
              e.added().isEmpty() ? "-" : e.added(),
              e.why()));
      text.append(" |\n");
    }
  }

  /// Go's own form, `8h0m0s`: what Talos writes back.
  static String goDuration(Duration d) {
    return d.toHours() + "h" + d.toMinutesPart() + "m" + d.toSecondsPart() + "s";
  }
}
