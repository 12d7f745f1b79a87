package io.sskuba.rehearsal.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One resource of a simulated account.
///
/// @param id the provider's id, unique in the account
/// @param type Pulumi type token
/// @param cluster id of the cluster that made it: who leaks is known even where a type has no tags
/// @param name its logical name in that cluster's plan
/// @param inputs as given, secrets left out
/// @param outputs what the provider tells besides the inputs
/// @param tags as the cloud would list them; empty for types without tags
/// @param fabric what runs for it in the cluster's host process, see [Fabric]; null for most
public record CloudResource(
    String id,
    String type,
    String cluster,
    String name,
    Map<String, Object> inputs,
    Map<String, Object> outputs,
    Map<String, String> tags,
    Instant createdAt,
    @Nullable Fabric fabric) {

  public CloudResource {
    inputs = copy(inputs);
    outputs = copy(outputs);
    tags = Map.copyOf(tags);
  }

  private static Map<String, Object> copy(Map<String, Object> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  /// The input's text, empty when it is not there.
  public String text(String input) {
    Object value = inputs.get(input);
    return value == null ? "" : String.valueOf(value);
  }

  /// The output's text, empty when it is not there.
  public String out(String output) {
    Object value = outputs.get(output);
    return value == null ? "" : String.valueOf(value);
  }

  public CloudResource with(Map<String, Object> newInputs, Map<String, Object> newOutputs) {
    return new CloudResource(
        id, type, cluster, name, newInputs, newOutputs, tags, createdAt, fabric);
  }

  public CloudResource withTags(Map<String, String> newTags) {
    return new CloudResource(id, type, cluster, name, inputs, outputs, newTags, createdAt, fabric);
  }

  public CloudResource withFabric(@Nullable Fabric newFabric) {
    return new CloudResource(id, type, cluster, name, inputs, outputs, tags, createdAt, newFabric);
  }

  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("id", id).put("type", type).put("cluster", cluster).put("name", name);
    json.set("inputs", Json.MAPPER.valueToTree(inputs));
    json.set("outputs", Json.MAPPER.valueToTree(outputs));
    json.set("tags", Json.MAPPER.valueToTree(tags));
    json.put("createdAt", createdAt.toString());
    if (fabric != null) {
      json.set("fabric", fabric.toJson());
    }
    return json;
  }

  public static CloudResource fromJson(JsonNode json) {
    Map<String, String> tags = new LinkedHashMap<>();
    json.path("tags").properties().forEach(e -> tags.put(e.getKey(), e.getValue().asText()));
    return new CloudResource(
        json.path("id").asText(),
        json.path("type").asText(),
        json.path("cluster").asText(),
        json.path("name").asText(),
        plain(json.path("inputs")),
        plain(json.path("outputs")),
        tags,
        Instant.parse(json.path("createdAt").asText()),
        json.path("fabric") instanceof ObjectNode fabric ? Fabric.fromJson(fabric) : null);
  }

  public static Map<String, Object> plain(JsonNode json) {
    Map<String, Object> map = new LinkedHashMap<>();
    json.properties()
        .forEach(e -> map.put(e.getKey(), Json.MAPPER.convertValue(e.getValue(), Object.class)));
    return map;
  }
}
