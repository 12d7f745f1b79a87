package io.sskuba.spec;

import io.sskuba.spec.ClusterSpec.Provider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Documentation of the cluster file, made from its one description.
public final class SpecDocs {
  private SpecDocs() {}

  /// Every key in the file's order; items of lists carry `[]`: `target.workers[].taints[].key`.
  public static List<String> keys() {
    return List.copyOf(rows().keySet());
  }

  /// What `sskuba-ctl explain KEY` prints, with a final newline. `[]` and indexes may be left out.
  ///
  /// Empty when there is no such key; [#nearest] then helps.
  public static Optional<String> explain(String key) {
    String wanted = plain(key);
    for (Map.Entry<String, SpecKey> row : rows().entrySet()) {
      if (plain(row.getKey()).equals(wanted)) {
        return Optional.of(text(row.getKey(), row.getValue()));
      }
    }
    return Optional.empty();
  }

  /// The key that was probably meant: the nearest path, or the only ones that end with this name.
  public static List<String> nearest(String key) {
    String wanted = plain(key);
    List<String> ends = new ArrayList<>();
    List<String> plain = new ArrayList<>();
    for (String path : keys()) {
      plain.add(plain(path));
      if (plain(path).endsWith("." + wanted)) {
        ends.add(path);
      }
    }
    if (!ends.isEmpty() && ends.size() <= 3) {
      return ends;
    }
    String near = Nearest.of(wanted, plain);
    return near == null ? List.of() : List.of(near);
  }

  private static String plain(String path) {
    StringBuilder text = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      inside = c == '[' || (inside && c != ']');
      if (!inside && c != ']') {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static Map<String, SpecKey> rows() {
    Map<String, SpecKey> rows = new LinkedHashMap<>();
    SpecSchema.walk(rows::put);
    return rows;
  }

  private static String text(String path, SpecKey key) {
    StringBuilder text = new StringBuilder();
    text.append(path).append("\n  ").append(key.doc()).append("\n\n");
    line(text, "holds", SpecWalker.describe(key.shape()));
    line(text, "needed", needed(key));
    String fallback = key.fallback();
    if (fallback != null) {
      line(text, "default", fallback);
    }
    if (!key.providers().isEmpty()) {
      line(text, "targets", words(key.providers()));
    }
    List<SpecKey> children = key.children();
    if (!children.isEmpty()) {
      text.append("\n  keys\n");
      int width = children.stream().mapToInt(c -> c.name().length()).max().orElse(0);
      for (SpecKey child : children) {
        text.append("    ").append(child.name());
        text.append(" ".repeat(width - child.name().length() + 2)).append(child.doc()).append('\n');
      }
    }
    return text.toString();
  }

  private static String needed(SpecKey key) {
    if (key.required()) {
      return "yes";
    }
    return key.requiredOn().isEmpty() ? "no" : "on " + words(key.requiredOn());
  }

  private static String words(Iterable<Provider> providers) {
    List<String> words = new ArrayList<>();
    providers.forEach(p -> words.add(p.word()));
    return words.stream().sorted().collect(Collectors.joining(", "));
  }

  private static void line(StringBuilder text, String label, String value) {
    text.append("  ").append(label).append(" ".repeat(9 - label.length())).append(value);
    text.append('\n');
  }
}
