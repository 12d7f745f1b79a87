package io.sskuba.machineconfig;

import static io.sskuba.machineconfig.Docs.map;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The API server's audit policy. The first rule that matches decides.
final class AuditPolicy {
  private AuditPolicy() {}

  static Map<String, Object> policy() {
    List<Map<String, Object>> rules = new ArrayList<>(withoutBodies());
    rules.addAll(byNoiseAndWorth());
    return map(
        "apiVersion",
        "audit.k8s.io/v1",
        "kind",
        "Policy",
        "omitStages",
        List.of("RequestReceived"),
        "rules",
        rules);
  }

  /// What may carry a secret: who did what, never a body.
  private static List<Map<String, Object>> withoutBodies() {
    return List.of(
        // Before all else: what may carry a secret is never logged with a body.
        map(
            "level",
            "Metadata",
            "resources",
            List.of(
                map(
                    "group",
                    "",
                    "resources",
                    List.of("secrets", "configmaps", "serviceaccounts/token")),
                map("group", "authentication.k8s.io", "resources", List.of("tokenreviews")))),
        map(
            "level",
            "Metadata",
            "resources",
            List.of(
                map(
                    "group",
                    "",
                    "resources",
                    List.of(
                        "pods/exec",
                        "pods/attach",
                        "pods/portforward",
                        "pods/proxy",
                        "services/proxy",
                        "nodes/proxy")))));
  }

  /// The rest, from what nobody reads to what everybody asks for afterwards.
  private static List<Map<String, Object>> byNoiseAndWorth() {
    return List.of(
        // Health and discovery, by anyone who may.
        map(
            "level",
            "None",
            "nonResourceURLs",
            List.of("/healthz*", "/livez*", "/readyz*", "/version", "/openapi*")),
        // Leases, events, and status that components renew every few seconds.
        map(
            "level",
            "None",
            "userGroups",
            List.of("system:nodes", "system:serviceaccounts:kube-system"),
            "verbs",
            List.of("get", "list", "watch")),
        map(
            "level",
            "None",
            "users",
            List.of("system:kube-controller-manager", "system:kube-scheduler"),
            "verbs",
            List.of("get", "list", "watch")),
        map(
            "level",
            "None",
            "resources",
            List.of(
                map("group", "coordination.k8s.io", "resources", List.of("leases")),
                map("group", "", "resources", List.of("events")),
                map("group", "events.k8s.io", "resources", List.of("events")))),
        // Who may do what: the whole change.
        map(
            "level",
            "RequestResponse",
            "verbs",
            List.of("create", "update", "patch", "delete", "deletecollection"),
            "resources",
            List.of(
                map("group", "rbac.authorization.k8s.io"),
                map("group", "admissionregistration.k8s.io"),
                map("group", "apiregistration.k8s.io"),
                map("group", "certificates.k8s.io"))),
        map("level", "Metadata"));
  }
}
