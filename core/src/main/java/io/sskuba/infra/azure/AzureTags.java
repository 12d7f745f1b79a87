package io.sskuba.infra.azure;

import io.sskuba.infra.ResourceTags;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/// [ResourceTags] as Azure takes them.
///
/// A tag's name may hold none of `< > % & \ ? /`: `/` becomes `:` (so `sskuba.io/cluster` is
/// `sskuba.io:cluster`), the others `_`. Our own tags come first and are never left out; labels
/// fill what is free, in the order of their names.
/// - Limits: 50 tags; names of 512 characters, values of 256, cut off beyond.
/// - Source: https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
public final class AzureTags {
  static final int COUNT_MAX = 50;
  private static final int NAME_MAX = 512;
  private static final int VALUE_MAX = 256;
  private static final String OURS = "sskuba.io/";

  private AzureTags() {}

  /// The tags of the resource with this logical name, sorted.
  static Map<String, Object> of(ResourceTags tags, String name) {
    Map<String, Object> all = tags.of(tags.key(name));
    // Azure tells names apart without regard to case.
    Map<String, Object> out = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.forEach(
        (key, value) -> {
          if (key.startsWith(OURS)) {
            put(out, key, value);
          }
        });
    all.forEach(
        (key, value) -> {
          if (!key.startsWith(OURS) && out.size() < COUNT_MAX) {
            put(out, key, value);
          }
        });
    return Collections.unmodifiableMap(new LinkedHashMap<>(out));
  }

  /// The same as metadata of a DNS record set, which takes no tags: what is no letter or digit
  /// becomes `_`, since nothing published says what else such a name may hold.
  static Map<String, Object> metadata(ResourceTags tags, String name) {
    Map<String, Object> out = new TreeMap<>();
    of(tags, name).forEach((key, value) -> out.put(key.replaceAll("[^A-Za-z0-9]", "_"), value));
    return Collections.unmodifiableMap(new LinkedHashMap<>(out));
  }

  private static void put(Map<String, Object> out, String key, Object value) {
    out.putIfAbsent(name(key), cut(String.valueOf(value), VALUE_MAX));
  }

  /// The Azure name of one of our tags, or of a label.
  public static String name(String key) {
    return cut(key.replace('/', ':').replaceAll("[<>%&\\\\?]", "_"), NAME_MAX);
  }

  private static String cut(String text, int max) {
    return text.length() <= max ? text : text.substring(0, max);
  }
}
