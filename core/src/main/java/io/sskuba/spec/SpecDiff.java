package io.sskuba.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What differs between two cluster files, and what that means for a running cluster (contract,
/// section 1, "A changed file").
///
/// Where a patch comes from (`source`) is no difference: a file may be moved or reindented.
public final class SpecDiff {
  /// What a change costs.
  public enum Kind {
    /// Whole worker machines come or go.
    POOL_SIZE,
    /// Brought up to date on the running cluster.
    LIVE,
    /// Needs `apply --replace`.
    REPLACE
  }

  /// One difference.
  ///
  /// @param path as in the file; pools by name: `target.workers[general].count`
  /// @param oldValue compact JSON, null when there was nothing
  /// @param newValue compact JSON, null when there is nothing
  public record Change(
      String path, @Nullable String oldValue, @Nullable String newValue, Kind kind) {
    /// One line: `target.workers[general].count: 2 → 3`.
    public String render() {
      return path
          + ": "
          + (oldValue == null ? "nothing" : oldValue)
          + " → "
          + (newValue == null ? "nothing" : newValue);
    }
  }

  private static final String WORKERS = "target.workers";

  private final List<Change> changes = new ArrayList<>();

  private SpecDiff() {}

  /// All differences, in the order of the file's keys. Empty when the files mean the same.
  public static List<Change> between(ClusterSpec before, ClusterSpec after) {
    return between(SpecJson.toJson(before), SpecJson.toJson(after));
  }

  /// The same of two files as [SpecJson] writes them.
  public static List<Change> between(ObjectNode before, ObjectNode after) {
    SpecDiff diff = new SpecDiff();
    diff.compare("", comparable(before), comparable(after));
    return List.copyOf(diff.changes);
  }

  private static ObjectNode comparable(ObjectNode spec) {
    ObjectNode json = spec.deepCopy();
    withoutSources(json.path("machineConfig"));
    withoutSources(json.path("target").path("controlPlane"));
    json.path("target").path("workers").forEach(SpecDiff::withoutSources);
    return json;
  }

  private static void withoutSources(JsonNode holder) {
    for (JsonNode patch : holder.path("patches")) {
      ((ObjectNode) patch).remove("source");
    }
  }

  private void compare(String path, @Nullable JsonNode before, @Nullable JsonNode after) {
    if (before == null ? after == null : before.equals(after)) {
      return;
    }
    if (path.equals(WORKERS)) {
      workers(pools(before), pools(after));
      return;
    }
    if (before instanceof ObjectNode a && after instanceof ObjectNode b && descends(path)) {
      Set<String> keys = new LinkedHashSet<>();
      a.fieldNames().forEachRemaining(keys::add);
      b.fieldNames().forEachRemaining(keys::add);
      for (String key : keys) {
        compare(path.isEmpty() ? key : path + "." + key, a.get(key), b.get(key));
      }
      return;
    }
    changes.add(new Change(path, text(before), text(after), kind(path)));
  }

  /// References and labels are one value each: half a reference says nothing.
  private static boolean descends(String path) {
    return !isReference(path) && !path.equals("metadata.labels");
  }

  private static @Nullable String text(@Nullable JsonNode node) {
    return node == null ? null : Json.compact(node);
  }

  private static Map<String, JsonNode> pools(@Nullable JsonNode workers) {
    Map<String, JsonNode> pools = new LinkedHashMap<>();
    if (workers instanceof ArrayNode array) {
      array.forEach(pool -> pools.put(pool.path("name").asText(), pool));
    }
    return pools;
  }

  private void workers(Map<String, JsonNode> before, Map<String, JsonNode> after) {
    Set<String> names = new LinkedHashSet<>(before.keySet());
    names.addAll(after.keySet());
    for (String name : names) {
      String path = WORKERS + "[" + name + "]";
      JsonNode a = before.get(name);
      JsonNode b = after.get(name);
      if (a == null || b == null) {
        changes.add(new Change(path, text(a), text(b), Kind.POOL_SIZE));
      } else {
        pool(path, a, b);
      }
    }
  }

  private void pool(String path, JsonNode before, JsonNode after) {
    byAddress(path + ".machines", before.path("machines"), after.path("machines"));
    ObjectNode a = ((ObjectNode) before.deepCopy()).without("machines");
    ObjectNode b = ((ObjectNode) after.deepCopy()).without("machines");
    Set<String> had = texts(a.path("addresses"));
    Set<String> has = texts(b.path("addresses"));
    if (!had.equals(has)
        && had.size() != has.size()
        && (had.containsAll(has) || has.containsAll(had))) {
      // Fixed addresses come and go with the machines that the new count adds or removes.
      changes.add(
          new Change(
              path + ".addresses",
              text(a.get("addresses")),
              text(b.get("addresses")),
              Kind.POOL_SIZE));
      a.remove("addresses");
      b.remove("addresses");
    }
    compare(path, a, b);
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> texts = new LinkedHashSet<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  /// Machines that are there already: each address is one machine.
  private void byAddress(String path, JsonNode before, JsonNode after) {
    Map<String, JsonNode> had = new LinkedHashMap<>();
    Map<String, JsonNode> has = new LinkedHashMap<>();
    before.forEach(m -> had.put(m.path("address").asText(), m));
    after.forEach(m -> has.put(m.path("address").asText(), m));
    Set<String> all = new LinkedHashSet<>(had.keySet());
    all.addAll(has.keySet());
    for (String address : all) {
      JsonNode a = had.get(address);
      JsonNode b = has.get(address);
      if (a == null || b == null) {
        changes.add(new Change(path + "[" + address + "]", text(a), text(b), Kind.POOL_SIZE));
      } else {
        compare(path + "[" + address + "]", a, b);
      }
    }
  }

  private static boolean isReference(String path) {
    return path.equals("gitops.token")
        || path.equals("gitops.sshKey")
        || path.equals("gitops.decryption")
        || path.equals("access.teleport.token")
        || path.equals("access.teleport.identity")
        || path.equals("dns.tsig.secret")
        || path.equals("registry.credentials")
        || path.equals("target.credentials")
        || path.equals("target.loadBalancer.bigip.credentials");
  }

  private static Kind kind(String path) {
    if (isReference(path)
        || path.startsWith("lifetime.")
        || path.equals("metadata.owner")
        || path.equals("metadata.labels")
        || path.startsWith("sealing.")) {
      return Kind.LIVE;
    }
    if (path.startsWith(WORKERS + "[") && path.endsWith("].count")) {
      return Kind.POOL_SIZE;
    }
    return Kind.REPLACE;
  }
}
