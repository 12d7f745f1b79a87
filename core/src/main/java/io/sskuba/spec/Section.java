package io.sskuba.spec;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A mapping of the file that was read against its rows: only values of the right shape are in it,
/// so that rules and the builder need not look twice. Values know where they stand.
final class Section {
  /// A value and where it stands.
  record Located<T>(Position at, T value) {}

  private final Position at;
  private final Map<String, Located<Object>> values = new LinkedHashMap<>();
  private final Map<String, Position> keys = new HashMap<>();
  private final Set<String> mentioned = new HashSet<>();

  Section(Position at) {
    this.at = at;
  }

  Position at() {
    return at;
  }

  void mention(String key, Position keyAt) {
    mentioned.add(key);
    keys.put(key, keyAt);
  }

  void put(String key, Position valueAt, Object value) {
    values.put(key, new Located<>(valueAt, value));
  }

  /// Whether the file has the key, with a right value or a wrong one.
  boolean mentions(String key) {
    return mentioned.contains(key);
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /// Where the key stands, or the section when the file does not have it.
  Position keyAt(String key) {
    return keys.getOrDefault(key, at);
  }

  /// Where the value stands, or the section.
  Position valueAt(String key) {
    Located<Object> value = values.get(key);
    return value == null ? keyAt(key) : value.at();
  }

  @Nullable String text(String key) {
    return value(key, String.class);
  }

  String text(String key, String fallback) {
    String value = text(key);
    return value == null ? fallback : value;
  }

  /// A value that a valid file has.
  /// - Errors: `IllegalStateException`, a defect: the rows should have made it an issue.
  String needed(String key) {
    String value = text(key);
    if (value == null) {
      throw new IllegalStateException(key + " is missing in a file without issues");
    }
    return value;
  }

  @Nullable Integer whole(String key) {
    return value(key, Integer.class);
  }

  boolean flag(String key) {
    return Boolean.TRUE.equals(value(key, Boolean.class));
  }

  @Nullable Section section(String key) {
    return value(key, Section.class);
  }

  /// The section, or an empty one where this one stands.
  Section sectionOrEmpty(String key) {
    Section section = section(key);
    return section == null ? new Section(at) : section;
  }

  @Nullable SecretRef secret(String key) {
    return value(key, SecretRef.class);
  }

  @Nullable Credential login(String key) {
    return value(key, Credential.class);
  }

  List<Located<Section>> sections(String key) {
    return items(key, Section.class);
  }

  List<Located<String>> texts(String key) {
    return items(key, String.class);
  }

  List<String> textValues(String key) {
    return texts(key).stream().map(Located::value).toList();
  }

  List<Located<Integer>> wholes(String key) {
    return items(key, Integer.class);
  }

  List<ClusterSpec.Patch> patches() {
    return items("patches", ClusterSpec.Patch.class).stream().map(Located::value).toList();
  }

  /// Text to text, in the file's order.
  Map<String, String> map(String key) {
    Map<String, String> map = new LinkedHashMap<>();
    if (value(key, Map.class) instanceof Map<?, ?> entries) {
      entries.forEach((k, v) -> map.put((String) k, (String) v));
    }
    return map;
  }

  /// Everything but the keys with rows: a tool's options.
  Map<String, Object> options(String key) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (value(key, Map.class) instanceof Map<?, ?> entries) {
      entries.forEach((k, v) -> map.put((String) k, v));
    }
    return map;
  }

  private <T> @Nullable T value(String key, Class<T> type) {
    Located<Object> value = values.get(key);
    return value != null && type.isInstance(value.value()) ? type.cast(value.value()) : null;
  }

  private <T> List<Located<T>> items(String key, Class<T> type) {
    if (!(value(key, List.class) instanceof List<?> list)) {
      return List.of();
    }
    return list.stream()
        .map(item -> (Located<?>) item)
        .map(item -> new Located<>(item.at(), type.cast(item.value())))
        .toList();
  }
}
