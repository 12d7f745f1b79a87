package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Writes YAML that every reader takes the same way.
///
/// Pulumi YAML reads with YAML 1.1 rules in places (a timestamp, `yes`, `1_000`), the rest of
/// sskuba with 1.2: so text is quoted unless it is surely text in both.
final class YamlText {
  private static final Pattern PLAIN =
      Pattern.compile(
          "[A-Za-z_][A-Za-z0-9_./-]*(:[A-Za-z0-9_./-]+)*|\\$\\{[A-Za-z0-9_.\\[\\]-]+\\}");
  private static final Set<String> WORDS =
      Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan");

  private YamlText() {}

  static String document(Map<String, ?> root) {
    StringBuilder out = new StringBuilder();
    map(root, 0, out, "");
    return out.toString();
  }

  private static void map(Map<?, ?> map, int indent, StringBuilder out, String lead) {
    String first = lead;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.append(first.isEmpty() ? " ".repeat(indent) : first);
      first = "";
      out.append(text(String.valueOf(entry.getKey()))).append(':');
      nested(entry.getValue(), indent, out);
    }
  }

  private static void nested(@Nullable Object value, int indent, StringBuilder out) {
    switch (value) {
      case Map<?, ?> map when !map.isEmpty() -> {
        out.append('\n');
        map(map, indent + 2, out, "");
      }
      case List<?> list when !list.isEmpty() -> {
        out.append('\n');
        list(list, indent + 2, out);
      }
      case null, default -> out.append(' ').append(scalar(value)).append('\n');
    }
  }

  private static void list(List<?> list, int indent, StringBuilder out) {
    for (Object item : list) {
      String dash = " ".repeat(indent) + "- ";
      if (item instanceof Map<?, ?> map && !map.isEmpty()) {
        map(map, indent + 2, out, dash);
      } else if (item instanceof List<?> inner && !inner.isEmpty()) {
        out.append(dash.stripTrailing()).append('\n');
        list(inner, indent + 2, out);
      } else {
        out.append(dash).append(scalar(item)).append('\n');
      }
    }
  }

  private static String scalar(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case String text -> text(text);
      case Map<?, ?> map -> "{}";
      case List<?> list -> "[]";
      default -> String.valueOf(value);
    };
  }

  private static String text(String text) {
    boolean plain =
        PLAIN.matcher(text).matches() && !WORDS.contains(text.toLowerCase(java.util.Locale.ROOT));
    return plain ? text : TextNode.valueOf(text).toString();
  }
}
