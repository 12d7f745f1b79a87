package io.sskuba.machineconfig;

import io.sskuba.io.Yaml;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Small helpers over YAML documents as plain maps.
final class Docs {
  private Docs() {}

  /// An ordered map of alternating keys and values; a null value leaves its key out.
  static Map<String, Object> map(@Nullable Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i + 1 < keysAndValues.length; i += 2) {
      Object value = keysAndValues[i + 1];
      if (value != null) {
        map.put(String.valueOf(keysAndValues[i]), value);
      }
    }
    return map;
  }

  /// A document beside the v1alpha1 one.
  static Map<String, Object> document(String kind, @Nullable Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("apiVersion", "v1alpha1");
    map.put("kind", kind);
    map.putAll(map(Arrays.copyOf(keysAndValues, keysAndValues.length)));
    return map;
  }

  /// The documents of `yaml`, each a mapping.
  /// - Errors: [IllegalArgumentException] when it is not YAML, or not mappings.
  static List<Map<String, Object>> parse(String yaml, String source) {
    List<Object> documents;
    try {
      documents = Yaml.loadAll(yaml);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(source + ": not YAML: " + e.getMessage(), e);
    }
    List<Map<String, Object>> maps = new ArrayList<>();
    for (Object document : documents) {
      if (!(document instanceof Map<?, ?> map)) {
        throw new IllegalArgumentException(source + ": expected a YAML mapping");
      }
      maps.add(strings(map));
    }
    return maps;
  }

  /// The same map with its keys as text.
  static Map<String, Object> strings(Map<?, ?> map) {
    Map<String, Object> out = new LinkedHashMap<>();
    map.forEach((k, v) -> out.put(String.valueOf(k), v));
    return out;
  }

  static @Nullable Object at(@Nullable Object root, String... path) {
    Object value = root;
    for (String key : path) {
      if (!(value instanceof Map<?, ?> map)) {
        return null;
      }
      value = map.get(key);
    }
    return value;
  }
}
