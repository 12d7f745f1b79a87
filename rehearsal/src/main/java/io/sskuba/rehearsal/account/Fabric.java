package io.sskuba.rehearsal.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;

/// What a resource of a simulated cloud is on this machine: a simulated Talos machine, or a port
/// that passes connections on. Held and started by the cluster's host process.
///
/// @param type `sskuba:local:Machine` or `sskuba:local:LoadBalancer`
/// @param inputs as that type takes them
public record Fabric(String type, ObjectNode inputs) {
  ObjectNode toJson() {
    ObjectNode json = Json.object().put("type", type);
    json.set("inputs", inputs);
    return json;
  }

  static Fabric fromJson(JsonNode json) {
    return new Fabric(
        json.path("type").asText(),
        json.path("inputs") instanceof ObjectNode inputs ? inputs.deepCopy() : Json.object());
  }
}
