package io.sskuba.infra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.net.AddressMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// [Topology] as the JSON that records and journals keep.
public final class TopologyJson {
  private TopologyJson() {}

  public static ObjectNode toJson(Topology topology) {
    ObjectNode json = Json.object();
    json.put("endpointHost", topology.endpointHost()).put("endpointPort", topology.endpointPort());
    ArrayNode sans = json.putArray("certSans");
    topology.certSans().forEach(sans::add);
    ArrayNode machines = json.putArray("machines");
    for (Topology.Machine m : topology.machines()) {
      ObjectNode machine = machines.addObject();
      machine.put("name", m.name()).put("controlPlane", m.controlPlane()).put("pool", m.pool());
      machine.put("address", m.address()).put("arch", m.arch());
      if (m.fingerprint() != null) {
        machine.put("fingerprint", m.fingerprint());
      }
    }
    ObjectNode twins = json.putObject("twins");
    topology.addresses().twins().forEach(twins::put);
    if (!topology.addresses().doors().isEmpty()) {
      ObjectNode doors = json.putObject("doors");
      topology.addresses().doors().forEach(doors::put);
    }
    return json;
  }

  public static Topology fromJson(JsonNode json) {
    List<String> sans = new ArrayList<>();
    json.path("certSans").forEach(san -> sans.add(san.asText()));
    List<Topology.Machine> machines = new ArrayList<>();
    for (JsonNode m : json.path("machines")) {
      machines.add(
          new Topology.Machine(
              m.path("name").asText(),
              m.path("controlPlane").asBoolean(),
              m.path("pool").asText(),
              m.path("address").asText(),
              m.path("arch").asText(),
              m.hasNonNull("fingerprint") ? m.get("fingerprint").asText() : null));
    }
    Map<String, String> twins = new LinkedHashMap<>();
    json.path("twins").properties().forEach(e -> twins.put(e.getKey(), e.getValue().asText()));
    Map<String, String> doors = new LinkedHashMap<>();
    json.path("doors").properties().forEach(e -> doors.put(e.getKey(), e.getValue().asText()));
    return new Topology(
        json.path("endpointHost").asText(),
        json.path("endpointPort").asInt(),
        sans,
        machines,
        new AddressMap(twins, List.of(), doors));
  }
}
