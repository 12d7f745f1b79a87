package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Drift;
import io.sskuba.io.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What a fresh look at the world says that a signed plan does not, in words.
final class PlanDifferences {
  private static final Set<String> MAKES = Set.of("create", "replace");

  private PlanDifferences() {}

  /// A document as it is after it was written and read: numbers of one kind.
  static ObjectNode plain(ObjectNode json) {
    return (ObjectNode) Json.parse(Json.compact(json));
  }

  /// Every difference, the drift first: it is mostly the cause of the others.
  static List<String> between(ObjectNode planned, ObjectNode fresh) {
    Set<String> found = new LinkedHashSet<>();
    drift(planned, fresh, found);
    Set<String> drifted = new LinkedHashSet<>();
    fresh.path("drift").forEach(d -> drifted.add(key(d)));
    steps(planned, fresh, found);
    entries(planned.path("base"), fresh.path("base"), drifted, found);
    whole("base.clusterId", planned.path("base"), fresh.path("base"), "clusterId", found);
    whole("allotment", planned, fresh, "allotment", found);
    by(planned.path("machines"), m -> m.path("name").asText())
        .forEach(
            (name, machine) -> {
              JsonNode now = by(fresh.path("machines"), m -> m.path("name").asText()).get(name);
              if (now != null && !now.equals(machine)) {
                found.add("machine " + name + ": " + changes(machine, now));
              }
            });
    if (!planned.path("record").equals(fresh.path("record"))) {
      found.add(
          "changes to the record: were "
              + planned.path("record")
              + ", now "
              + fresh.path("record"));
    }
    whole("tools", planned, fresh, "tools", found);
    return List.copyOf(found);
  }

  /// What a fresh look would still do that the plan does not say: for a run of the plan that began
  /// earlier, whose own work has changed the world.
  static List<String> beyond(ObjectNode planned, ObjectNode fresh) {
    Set<String> found = new LinkedHashSet<>();
    Map<String, JsonNode> said = by(planned.path("resources"), PlanDifferences::key);
    for (JsonNode step : fresh.path("resources")) {
      String op = step.path("op").asText();
      String was = op(said.get(key(step)));
      boolean within =
          op.equals("same")
              || op.equals(was)
              || (op.equals("create") && was.equals("replace"))
              || (op.equals("delete") && was.equals("replace"))
              || (op.equals("replace") && was.equals("create"));
      if (!within) {
        found.add(resource(step) + ": planned " + was + ", now " + op + told(step));
      }
    }
    Set<String> known = new LinkedHashSet<>();
    planned.path("drift").forEach(d -> known.add(d.toString()));
    for (JsonNode drift : fresh.path("drift")) {
      boolean ours = MAKES.contains(op(said.get(key(drift))));
      boolean changed = drift.path("kind").asText().equals(Drift.Kind.CHANGED.word());
      if (!known.contains(drift.toString()) && (changed || !ours)) {
        found.add(happened(drift));
      }
    }
    return List.copyOf(found);
  }

  private static void drift(ObjectNode planned, ObjectNode fresh, Set<String> found) {
    Set<JsonNode> before = new LinkedHashSet<>();
    planned.path("drift").forEach(before::add);
    Set<JsonNode> after = new LinkedHashSet<>();
    fresh.path("drift").forEach(after::add);
    after.stream().filter(d -> !before.contains(d)).forEach(d -> found.add(happened(d)));
    before.stream()
        .filter(d -> !after.contains(d))
        .forEach(d -> found.add("no longer so: " + happened(d)));
  }

  private static String happened(JsonNode drift) {
    return resource(drift) + ": " + drift.path("happened").asText();
  }

  private static void steps(ObjectNode planned, ObjectNode fresh, Set<String> found) {
    Map<String, JsonNode> before = by(planned.path("resources"), PlanDifferences::key);
    Map<String, JsonNode> after = by(fresh.path("resources"), PlanDifferences::key);
    Set<String> names = new LinkedHashSet<>(before.keySet());
    names.addAll(after.keySet());
    for (String name : names) {
      JsonNode was = before.get(name);
      JsonNode now = after.get(name);
      if (was == null) {
        if (now != null) {
          found.add(resource(now) + ": planned nothing, now " + op(now));
        }
      } else if (now == null) {
        found.add(resource(was) + ": planned " + op(was) + ", now nothing");
      } else if (!was.path("op").equals(now.path("op"))) {
        found.add(resource(now) + ": planned " + op(was) + ", now " + op(now) + told(now));
      } else if (!was.equals(now)) {
        found.add(resource(now) + ": " + changes(was, now));
      }
    }
  }

  private static void entries(
      JsonNode planned, JsonNode fresh, Set<String> drifted, Set<String> found) {
    Map<String, JsonNode> before = by(planned.path("resources"), PlanDifferences::key);
    Map<String, JsonNode> after = by(fresh.path("resources"), PlanDifferences::key);
    Set<String> names = new LinkedHashSet<>(before.keySet());
    names.addAll(after.keySet());
    for (String name : names) {
      JsonNode was = before.get(name);
      JsonNode now = after.get(name);
      if (drifted.contains(name)) {
        continue; // told with its property
      }
      if (was == null) {
        if (now != null) {
          found.add(resource(now) + ": made since");
        }
      } else if (now == null) {
        found.add(resource(was) + ": gone since");
      } else if (!was.equals(now)) {
        found.add(resource(now) + ": " + changes(was, now));
      }
    }
  }

  private static void whole(
      String what, JsonNode planned, JsonNode fresh, String field, Set<String> found) {
    JsonNode was = planned.path(field);
    JsonNode now = fresh.path(field);
    if (was.isObject() && now.isObject()) {
      if (!was.equals(now)) {
        found.add(what + ": " + changes(was, now));
      }
    } else if (!was.equals(now)) {
      found.add(what + ": was " + was + ", now " + now);
    }
  }

  /// The differing paths of two objects in one line.
  private static String changes(JsonNode was, JsonNode now) {
    List<String> parts = new ArrayList<>();
    Drift.changed("", "", map(was), map(now)).forEach(d -> parts.add(d.happened()));
    return parts.isEmpty() ? "written otherwise" : String.join("; ", parts);
  }

  private static Map<String, Object> map(JsonNode object) {
    Map<String, Object> map = new LinkedHashMap<>();
    object
        .properties()
        .forEach(e -> map.put(e.getKey(), Json.MAPPER.convertValue(e.getValue(), Object.class)));
    return map;
  }

  private static String told(JsonNode step) {
    List<String> properties = new ArrayList<>();
    step.path("diff").forEach(d -> properties.add(d.asText()));
    return properties.isEmpty() ? "" : " of " + String.join(", ", properties);
  }

  private static String op(@Nullable JsonNode step) {
    return step == null ? "nothing" : step.path("op").asText();
  }

  private static String key(JsonNode node) {
    return node.path("type").asText() + "::" + node.path("name").asText();
  }

  private static String resource(JsonNode node) {
    return node.path("type").asText() + " " + node.path("name").asText();
  }

  private static Map<String, JsonNode> by(JsonNode array, Function<JsonNode, String> name) {
    Map<String, JsonNode> map = new LinkedHashMap<>();
    array.forEach(item -> map.put(name.apply(item), item));
    return map;
  }
}
