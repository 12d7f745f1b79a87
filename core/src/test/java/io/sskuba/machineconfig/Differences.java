package io.sskuba.machineconfig;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The paths at which two YAML values differ; never the values, which hold keys.
final class Differences {
  private Differences() {}

  static List<String> between(Object left, Object right) {
    List<String> paths = new ArrayList<>();
    compare("", left, right, paths);
    return paths;
  }

  private static void compare(
      String path, @Nullable Object left, @Nullable Object right, List<String> paths) {
    if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      Set<Object> keys = new LinkedHashSet<>(a.keySet());
      keys.addAll(b.keySet());
      for (Object key : keys) {
        if (!a.containsKey(key) || !b.containsKey(key)) {
          paths.add(path + "." + key + (a.containsKey(key) ? " only left" : " only right"));
        } else {
          compare(path + "." + key, a.get(key), b.get(key), paths);
        }
      }
    } else if (left instanceof List<?> a && right instanceof List<?> b && a.size() == b.size()) {
      for (int i = 0; i < a.size(); i++) {
        compare(path + "[" + i + "]", a.get(i), b.get(i), paths);
      }
    } else if (!Objects.equals(left, right)) {
      paths.add(path);
    }
  }
}
