package io.sskuba.apply;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Target;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a machine goes when the cloud has none left of its type in its zone: the same type in the
/// other zones first, then the next type of the file's list, from its own zone on. Where a type was
/// not offered when the cluster was first looked at, it is not tried.
///
/// Zones first: a pool of one type behaves alike, and the file's order of types is a preference.
final class Ladder {
  private final ClusterSpec spec;
  private final Map<String, Set<Choices.Step>> tried = new HashMap<>();

  Ladder(ClusterSpec spec) {
    this.spec = spec;
  }

  /// The choices with the next step for each of these machines; empty when one has no step left.
  Optional<Choices> next(Choices now, Set<String> machines) {
    Map<String, String> types = new LinkedHashMap<>(now.types());
    Map<String, String> zones = new LinkedHashMap<>(now.zones());
    List<String> all = zones(spec);
    for (Target.Slot machine : Target.machines(spec)) {
      if (!machines.contains(machine.name())) {
        continue;
      }
      Set<Choices.Step> before = tried.computeIfAbsent(machine.name(), _ -> new HashSet<>());
      before.add(new Choices.Step(now.type(machine), now.zone(machine, all)));
      Optional<Choices.Step> step =
          Choices.steps(machine, all).stream()
              .filter(s -> !before.contains(s) && now.offered(s.type(), s.zone()))
              .findFirst();
      if (step.isEmpty()) {
        return Optional.empty();
      }
      put(types, machine.name(), step.get().type());
      put(zones, machine.name(), step.get().zone());
    }
    return Optional.of(now.with(types, zones));
  }

  private static void put(Map<String, String> map, String machine, @Nullable String value) {
    if (value != null) {
      map.put(machine, value);
    }
  }

  static List<String> zones(ClusterSpec spec) {
    return switch (spec.target().settings()) {
      case ProviderSettings.Aws aws -> aws.zones();
      case ProviderSettings.Azure azure -> azure.zones();
      default -> List.of();
    };
  }
}
