package io.sskuba.infra.pulumi;

import io.sskuba.infra.InfraPlan;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the resources that a plan value refers to.
final class References {
  private References() {}

  /// Names, in the order met.
  static Set<String> in(@Nullable Object value) {
    Set<String> names = new LinkedHashSet<>();
    collect(value, names);
    return names;
  }

  private static void collect(@Nullable Object value, Set<String> names) {
    switch (value) {
      case InfraPlan.Ref ref -> names.add(ref.resource());
      case InfraPlan.Secret secret -> collect(secret.value(), names);
      case List<?> list -> list.forEach(item -> collect(item, names));
      case Map<?, ?> map -> map.values().forEach(item -> collect(item, names));
      case null, default -> {}
    }
  }
}
