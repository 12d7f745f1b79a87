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

  /// The first value that is still to be looked up, or null.
  static InfraPlan.@Nullable Lookup firstLookup(@Nullable Object value) {
    return switch (value) {
      case InfraPlan.Lookup lookup -> lookup;
      case InfraPlan.Secret secret -> firstLookup(secret.value());
      case InfraPlan.Concat concat -> firstLookup(concat.parts());
      case Map<?, ?> map -> firstLookup(List.copyOf(map.values()));
      case List<?> list ->
          list.stream()
              .map(References::firstLookup)
              .filter(java.util.Objects::nonNull)
              .findFirst()
              .orElse(null);
      case null, default -> null;
    };
  }

  private static void collect(@Nullable Object value, Set<String> names) {
    switch (value) {
      case InfraPlan.Ref ref -> names.add(ref.resource());
      case InfraPlan.Secret secret -> collect(secret.value(), names);
      case InfraPlan.Concat concat -> collect(concat.parts(), names);
      case List<?> list -> list.forEach(item -> collect(item, names));
      case Map<?, ?> map -> map.values().forEach(item -> collect(item, names));
      case null, default -> {}
    }
  }
}
