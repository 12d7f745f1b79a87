package io.sskuba.rehearsal.local;

import io.sskuba.infra.local.LocalPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What the provider `sskuba` knows of its resource types: their properties, and which of them
/// cannot be changed in place.
final class LocalSchema {
  /// @param required properties that must be there
  /// @param optional further properties
  /// @param forced a change of one of these replaces the resource
  record Type(Set<String> required, Set<String> optional, Set<String> forced) {
    boolean has(String property) {
      return required.contains(property) || optional.contains(property);
    }

    Set<String> all() {
      Set<String> all = new TreeSet<>(required);
      all.addAll(optional);
      return all;
    }
  }

  private static final Map<String, Type> TYPES =
      Map.of(
          LocalPlan.HOST,
          new Type(
              Set.of("key", "clusterId"), Set.of("expiresAt", "tags"), Set.of("key", "clusterId")),
          LocalPlan.NETWORK,
          new Type(
              Set.of("key", "host", "cidr", "twinCidr"),
              Set.of("tags"),
              Set.of("key", "host", "cidr", "twinCidr")),
          LocalPlan.LOAD_BALANCER,
          new Type(
              Set.of("key", "network", "address", "twin", "port", "backends"),
              Set.of("tags"),
              Set.of("key", "network", "address", "twin", "port")),
          LocalPlan.MACHINE,
          new Type(
              Set.of(
                  "key",
                  "network",
                  "name",
                  "role",
                  "pool",
                  "address",
                  "twin",
                  "arch",
                  "talosVersion"),
              Set.of("cpus", "memoryGiB", "gpu", "tags"),
              Set.of(
                  "key",
                  "network",
                  "name",
                  "role",
                  "pool",
                  "address",
                  "twin",
                  "arch",
                  "talosVersion",
                  "cpus",
                  "memoryGiB",
                  "gpu")));

  private static final int DISTANCE_MAX = 3;

  private LocalSchema() {}

  static @Nullable Type type(String token) {
    return TYPES.get(token);
  }

  static Set<String> types() {
    return new TreeSet<>(TYPES.keySet());
  }

  /// Everything that is wrong with the names in `given`, as property and reason.
  static List<Map.Entry<String, String>> problems(Type type, Set<String> given) {
    List<Map.Entry<String, String>> out = new ArrayList<>();
    for (String name : new TreeSet<>(given)) {
      if (!type.has(name) && !name.startsWith("__")) {
        String near = nearest(name, type.all());
        out.add(
            Map.entry(
                name,
                "unknown property " + name + (near == null ? "" : "; did you mean " + near + "?")));
      }
    }
    for (String name : new TreeSet<>(type.required())) {
      if (!given.contains(name)) {
        out.add(Map.entry(name, "missing property " + name));
      }
    }
    return out;
  }

  /// The known name that is nearest to `name`, or null when none is near.
  static @Nullable String nearest(String name, Set<String> known) {
    String best = null;
    int bestDistance = DISTANCE_MAX + 1;
    for (String candidate : new TreeSet<>(known)) {
      int distance = distance(name, candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best;
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
