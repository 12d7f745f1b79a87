package io.sskuba.rehearsal.plane;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The flags of one process, merged with a machine configuration's `extraArgs` as Talos merges
/// them.
/// - Errors: `IllegalArgumentException` where the configuration sets a flag that Talos keeps.
final class Flags {
  private final TreeMap<String, List<String>> values = new TreeMap<>();

  Flags set(String name, String value) {
    values.put(name, List.of(value));
    return this;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  void remove(String name) {
    values.remove(name);
  }

  /// Adds to a comma-separated list, without repeating.
  Flags add(String name, List<String> more) {
    Set<String> all = new LinkedHashSet<>(split(values.getOrDefault(name, List.of())));
    all.addAll(split(more));
    return set(name, String.join(",", all));
  }

  /// @param extra `extraArgs`: a string or a list of strings each
  Flags merge(Map<?, ?> extra, Set<String> denied, Set<String> additive) {
    for (Map.Entry<?, ?> entry : extra.entrySet()) {
      String name = String.valueOf(entry.getKey());
      List<String> value = strings(entry.getValue());
      if (denied.contains(name)) {
        throw new IllegalArgumentException("extra arg \"" + name + "\" is not allowed");
      }
      if (additive.contains(name)) {
        add(name, value);
      } else {
        values.put(name, value);
      }
    }
    return this;
  }

  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    values.forEach((name, all) -> all.forEach(value -> arguments.add("--" + name + "=" + value)));
    return arguments;
  }

  private static List<String> split(List<String> lists) {
    List<String> items = new ArrayList<>();
    for (String list : lists) {
      for (String item : list.split(",")) {
        if (!item.isBlank()) {
          items.add(item.strip());
        }
      }
    }
    return items;
  }

  static List<String> strings(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).toList();
    }
    return List.of(String.valueOf(value));
  }
}
