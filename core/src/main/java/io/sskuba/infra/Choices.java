package io.sskuba.infra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
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

  /// Fact `offered:TYPE`: the zones that had this instance type when the cluster was first looked
  /// at, with commas.
  public static final String OFFERED = "offered:";

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

  /// Whether a type can be had in a zone, as far as is known; a null zone stands for any.
  public boolean offered(@Nullable String type, @Nullable String zone) {
    String zones = type == null ? null : facts.get(OFFERED + type);
    return zones == null
        || (zone == null ? !zones.isEmpty() : List.of(zones.split(",", -1)).contains(zone));
  }

  /// These choices with a type and a zone for each machine whose first ones are not offered: the
  /// next of its pool's types and of the zones that is. A machine that has a choice keeps it, and
  /// one for which nothing is offered has none.
  ///
  /// Pure: facts that are kept give the same choice ever after.
  public Choices settled(ClusterSpec spec, List<String> all) {
    Map<String, String> newTypes = new LinkedHashMap<>(types);
    Map<String, String> newZones = new LinkedHashMap<>(zones);
    for (Target.Slot machine : Target.machines(spec)) {
      String first = type(machine);
      if (!machine.made()
          || first == null
          || types.containsKey(machine.name())
          || zones.containsKey(machine.name())
          || offered(first, zone(machine, all))) {
        continue;
      }
      steps(machine, all).stream()
          .filter(step -> offered(step.type(), step.zone()))
          .findFirst()
          .ifPresent(
              step -> {
                put(newTypes, machine.name(), step.type());
                put(newZones, machine.name(), step.zone());
              });
    }
    return with(newTypes, newZones);
  }

  /// Where a machine may go: its first type in each zone, from its own on, then the next type.
  public static List<Step> steps(Target.Slot machine, List<String> zones) {
    List<@Nullable String> types = new ArrayList<>(machine.pool().types());
    if (types.isEmpty()) {
      types.add(null);
    }
    List<@Nullable String> order = new ArrayList<>();
    for (int i = 0; i < zones.size(); i++) {
      order.add(zones.get((machine.index() + i) % zones.size()));
    }
    if (order.isEmpty()) {
      order.add(null);
    }
    List<Step> steps = new ArrayList<>();
    for (String type : types) {
      for (String zone : order) {
        steps.add(new Step(type, zone));
      }
    }
    return steps;
  }

  /// A type in a zone; null where the target has none.
  public record Step(@Nullable String type, @Nullable String zone) {}

  private static void put(Map<String, String> map, String machine, @Nullable String value) {
    if (value != null) {
      map.put(machine, value);
    }
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
