package io.sskuba.rehearsal.machine;

import io.sskuba.io.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Read access to an applied machine configuration: the v1alpha1 document and the documents beside
/// it.
public final class MachineConfigView {
  private final Map<?, ?> main;
  private final List<Map<?, ?>> others;
  private final String text;

  private MachineConfigView(Map<?, ?> main, List<Map<?, ?>> others, String text) {
    this.main = main;
    this.others = others;
    this.text = text;
  }

  /// Parses a multi-document configuration. Unknown keys are the validator's business, not this
  /// class's.
  public static MachineConfigView parse(String yaml) {
    Map<?, ?> main = Map.of();
    List<Map<?, ?>> others = new ArrayList<>();
    for (Object document : Yaml.loadAll(yaml)) {
      if (document instanceof Map<?, ?> map) {
        if (map.containsKey("kind")) {
          others.add(map);
        } else {
          main = map;
        }
      }
    }
    return new MachineConfigView(main, List.copyOf(others), yaml);
  }

  /// The value at a path of keys in the v1alpha1 document, or null.
  public @Nullable Object at(String... path) {
    Object value = main;
    for (String key : path) {
      if (!(value instanceof Map<?, ?> map)) {
        return null;
      }
      value = map.get(key);
    }
    return value;
  }

  public @Nullable String string(String... path) {
    Object value = at(path);
    return value == null ? null : String.valueOf(value);
  }

  public List<?> list(String... path) {
    return at(path) instanceof List<?> list ? list : List.of();
  }

  public Map<?, ?> map(String... path) {
    return at(path) instanceof Map<?, ?> map ? map : Map.of();
  }

  public boolean controlPlane() {
    return "controlplane".equals(string("machine", "type"));
  }

  /// The other documents of a kind, in order.
  public List<Map<?, ?>> documents(String kind) {
    return others.stream().filter(d -> kind.equals(d.get("kind"))).toList();
  }

  public String text() {
    return text;
  }

  @Override
  public String toString() {
    return "MachineConfigView[hidden]";
  }
}
