package io.sskuba.rehearsal.local;

import io.sskuba.infra.local.LocalPlan;
import io.sskuba.spec.Nearest;
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
        String near = Nearest.of(name, type.all());
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
}
