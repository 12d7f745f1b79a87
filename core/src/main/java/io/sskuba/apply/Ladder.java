package io.sskuba.apply;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Target;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a machine goes when the cloud has none left of its type in its zone: the same type in the
/// other zones first, then the next type of the file's list, from its own zone on.
///
/// Zones first: a pool of one type behaves alike, and the file's order of types is a preference.
final class Ladder {
  private final ClusterSpec spec;
  private final Set<Step> tried = new HashSet<>();

  private record Step(String machine, @Nullable String type, @Nullable String zone) {}

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
      tried.add(new Step(machine.name(), now.type(machine), now.zone(machine, all)));
      Optional<Step> step =
          steps(machine, all).stream().filter(s -> !tried.contains(s)).findFirst();
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

  private static List<Step> steps(Target.Slot machine, List<String> zones) {
    List<@Nullable String> types = new ArrayList<>(machine.pool().types());
    if (types.isEmpty()) {
      types.add(null);
    }
    List<@Nullable String> order = new ArrayList<>();
    for (int i = 0; i < zones.size(); i++) {
      order.add(zones.get((machine.index() + i) % zones.size()));
    }
    if (order.isEmpty()) {
      order.add(null);
    }
    List<Step> steps = new ArrayList<>();
    for (String type : types) {
      for (String zone : order) {
        steps.add(new Step(machine.name(), type, zone));
      }
    }
    return steps;
  }

  static List<String> zones(ClusterSpec spec) {
    return switch (spec.target().settings()) {
      case ProviderSettings.Aws aws -> aws.zones();
      case ProviderSettings.Azure azure -> azure.zones();
      default -> List.of();
    };
  }
}
