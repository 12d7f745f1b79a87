package io.sskuba.rehearsal.plane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What a control plane tells its own API server, as administrator, about its own Node: a kubelet
/// may not give itself the role that Talos gives it.
/// - Idempotent: yes.
/// - Errors: `IOException` with the API server's answer.
final class NodeAccess {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private final TlsClient client;
  private final String twin;
  private final int port;

  NodeAccess(TlsClient client, String twin, int port) {
    this.client = client;
    this.twin = twin;
    this.port = port;
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

  private static void check(TlsClient.Reply reply) throws IOException {
    if (reply.code() >= 300) {
      String text = reply.body();
      throw new IOException(
          "HTTP " + reply.code() + ": " + text.substring(0, Math.min(300, text.length())));
    }
  }
}
