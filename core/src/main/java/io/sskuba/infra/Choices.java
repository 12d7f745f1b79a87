package io.sskuba.infra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What was looked up or decided for one cluster before its plan was made, kept in the allotment so
/// that every later plan says the same.
///
/// @param images image key ([#imageKey]) to the provider's image id
/// @param types machine name to the instance type that was taken from the file's list
/// @param zones machine name to its zone
/// @param facts other facts of the target's, by keys that it names, for example `zoneId`
public record Choices(
    Map<String, String> images,
    Map<String, String> types,
    Map<String, String> zones,
    Map<String, String> facts) {
  public static final Choices NONE = new Choices(Map.of(), Map.of(), Map.of());

  /// Its place in the allotment.
  public static final String KEY = "choices";

  public Choices {
    images = Collections.unmodifiableMap(new LinkedHashMap<>(images));
    types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
    zones = Collections.unmodifiableMap(new LinkedHashMap<>(zones));
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  public Choices(Map<String, String> images, Map<String, String> types, Map<String, String> zones) {
    this(images, types, zones, Map.of());
  }

  /// `amd64`, `arm64`, `amd64-nvidia`: one image each.
  public static String imageKey(String arch, boolean gpu) {
    return gpu ? arch + "-nvidia" : arch;
  }

  /// The chosen type, else the first of the file's list; null where the target has no types.
  public @Nullable String type(Target.Slot machine) {
    String chosen = types.get(machine.name());
    if (chosen != null) {
      return chosen;
    }
    return machine.pool().types().isEmpty() ? null : machine.pool().types().getFirst();
  }

  /// The chosen zone, else the file's zones in turn; null where there are none.
  public @Nullable String zone(Target.Slot machine, List<String> zones) {
    String chosen = zones().get(machine.name());
    if (chosen != null) {
      return chosen;
    }
    return zones.isEmpty() ? null : zones.get(machine.index() % zones.size());
  }

  /// The same with other types and zones.
  public Choices with(Map<String, String> otherTypes, Map<String, String> otherZones) {
    return new Choices(images, otherTypes, otherZones, facts);
  }

  public static Choices of(ObjectNode allotment) {
    JsonNode json = allotment.path(KEY);
    return new Choices(
        map(json.path("images")),
        map(json.path("types")),
        map(json.path("zones")),
        map(json.path("facts")));
  }

  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    put(json.putObject("images"), images);
    put(json.putObject("types"), types);
    put(json.putObject("zones"), zones);
    put(json.putObject("facts"), facts);
    return json;
  }

  private static void put(ObjectNode json, Map<String, String> map) {
    map.forEach(json::put);
  }

  private static Map<String, String> map(JsonNode json) {
    Map<String, String> map = new LinkedHashMap<>();
    json.properties().forEach(e -> map.put(e.getKey(), e.getValue().asText()));
    return map;
  }
}
