package io.sskuba.rehearsal.plane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What Talos's control plane tells its own API server so that nodes can join, and about its own
/// Node: by server-side apply as administrator, so that every control plane may do it.
/// - Idempotent: yes.
/// - Errors: `IOException` with the API server's answer.
final class NodeAccess {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final String RBAC = "rbac.authorization.k8s.io";
  private final TlsClient client;
  private final String twin;
  private final int port;

  NodeAccess(TlsClient client, String twin, int port) {
    this.client = client;
    this.twin = twin;
    this.port = port;
  }

  /// The bootstrap token as a Secret, and the three bindings that let nodes ask for certificates.
  void grant(String bootstrapToken) throws IOException {
    int dot = bootstrapToken.indexOf('.');
    String id = bootstrapToken.substring(0, Math.max(0, dot));
    ObjectNode secret = object("v1", "Secret", "bootstrap-token-" + id);
    secret.put("type", "bootstrap.kubernetes.io/token");
    secret
        .putObject("stringData")
        .put("token-id", id)
        .put("token-secret", bootstrapToken.substring(dot + 1))
        .put("usage-bootstrap-authentication", "true")
        .put("auth-extra-groups", "system:bootstrappers:nodes");
    apply("/api/v1/namespaces/kube-system/secrets/bootstrap-token-" + id, secret);
    bind(
        "system-bootstrap-node-bootstrapper",
        "system:node-bootstrapper",
        List.of("system:bootstrappers:nodes", "system:nodes"));
    String csr = "system:certificates.k8s.io:certificatesigningrequests:";
    bind(
        "system-bootstrap-approve-node-client-csr",
        csr + "nodeclient",
        List.of("system:bootstrappers:nodes"));
    bind("system-bootstrap-node-renewal", csr + "selfnodeclient", List.of("system:nodes"));
  }

  /// Labels and taints that a kubelet may not give itself. False while there is no such Node.
  boolean describe(String node, Map<String, String> labels, List<String> taints)
      throws IOException {
    String path = "/api/v1/nodes/" + node;
    TlsClient.Reply found = client.get(twin, port, path, LIMIT);
    if (found.code() == 404) {
      return false;
    }
    check(found);
    JsonNode now = Json.parse(found.body());
    ObjectNode patch = Json.object();
    ObjectNode missing = Json.object();
    labels.forEach(
        (key, value) -> {
          if (!value.equals(now.path("metadata").path("labels").path(key).asText(null))) {
            missing.put(key, value);
          }
        });
    if (!missing.isEmpty()) {
      patch.putObject("metadata").set("labels", missing);
    }
    ArrayNode wanted = Json.MAPPER.createArrayNode();
    for (String taint : taints) {
      ObjectNode object = taint(taint);
      boolean there = false;
      for (JsonNode known : now.path("spec").path("taints")) {
        there |=
            known.path("key").equals(object.path("key"))
                && known.path("effect").equals(object.path("effect"));
      }
      if (!there) {
        wanted.add(object);
      }
    }
    if (!wanted.isEmpty()) {
      patch.putObject("spec").set("taints", wanted);
    }
    if (!patch.isEmpty()) {
      check(
          client.call(
              "PATCH",
              twin,
              port,
              path,
              "application/strategic-merge-patch+json",
              Json.compact(patch),
              LIMIT));
    }
    return true;
  }

  /// `key=value:effect` as a taint.
  static ObjectNode taint(String text) {
    int colon = text.lastIndexOf(':');
    String left = colon < 0 ? text : text.substring(0, colon);
    int equals = left.indexOf('=');
    ObjectNode taint = Json.object();
    taint.put("key", equals < 0 ? left : left.substring(0, equals));
    if (equals >= 0 && equals + 1 < left.length()) {
      taint.put("value", left.substring(equals + 1));
    }
    return taint.put("effect", colon < 0 ? "NoSchedule" : text.substring(colon + 1));
  }

  private void bind(String name, String role, List<String> groups) throws IOException {
    ObjectNode binding = object(RBAC + "/v1", "ClusterRoleBinding", name);
    ArrayNode subjects = binding.putArray("subjects");
    for (String group : groups) {
      subjects.addObject().put("kind", "Group").put("name", group).put("apiGroup", RBAC);
    }
    binding.putObject("roleRef").put("kind", "ClusterRole").put("name", role).put("apiGroup", RBAC);
    apply("/apis/" + RBAC + "/v1/clusterrolebindings/" + name, binding);
  }

  private static ObjectNode object(String apiVersion, String kind, String name) {
    ObjectNode object = Json.object();
    object.put("apiVersion", apiVersion).put("kind", kind).putObject("metadata").put("name", name);
    return object;
  }

  private void apply(String path, ObjectNode object) throws IOException {
    check(
        client.call(
            "PATCH",
            twin,
            port,
            path + "?fieldManager=talos&force=true",
            "application/apply-patch+yaml",
            Json.compact(object),
            LIMIT));
  }

  private static void check(TlsClient.Reply reply) throws IOException {
    if (reply.code() >= 300) {
      String text = reply.body();
      throw new IOException(
          "HTTP " + reply.code() + ": " + text.substring(0, Math.min(300, text.length())));
    }
  }
}
