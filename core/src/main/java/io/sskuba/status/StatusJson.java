package io.sskuba.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;

/// [ClusterStatus] as the contract's JSON.
public final class StatusJson {
  private StatusJson() {}

  public static ObjectNode toJson(ClusterStatus status, boolean withNodes) {
    ObjectNode json = Json.object();
    json.put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Status");
    json.put("name", status.name()).put("fqdn", status.fqdn()).put("rehearsal", status.rehearsal());
    json.put("target", status.target()).put("state", status.state()).put("phase", status.phase());
    json.put("owner", status.owner()).put("createdAt", status.createdAt());
    json.put("expiresAt", status.expiresAt()).put("endpoint", status.endpoint());
    if (withNodes) {
      nodes(json.putArray("nodes"), status);
    }
    ArrayNode components = json.putArray("components");
    for (ClusterStatus.Component c : status.components()) {
      components
          .addObject()
          .put("name", c.name())
          .put("ready", c.ready())
          .put("real", c.real())
          .put("message", c.message());
    }
    status.warnings().forEach(json.putArray("warnings")::add);
    if (status.problem() != null) {
      json.set("problem", status.problem());
    }
    return json;
  }

  private static void nodes(ArrayNode nodes, ClusterStatus status) {
    for (ClusterStatus.Node n : status.nodes()) {
      ObjectNode node = nodes.addObject();
      node.put("name", n.name()).put("role", n.role()).put("pool", n.pool());
      node.put("address", n.address()).put("ready", n.ready());
      node.put("kubernetesVersion", n.kubernetesVersion());
      ObjectNode labels = node.putObject("labels");
      n.labels().forEach(labels::put);
      n.taints().forEach(node.putArray("taints")::add);
      ObjectNode capacity = node.putObject("capacity");
      n.capacity().forEach(capacity::put);
    }
  }
}
