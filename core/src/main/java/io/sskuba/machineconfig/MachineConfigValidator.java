package io.sskuba.machineconfig;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/// Refuses what Talos refuses, in Talos's words: text that is no configuration, unknown keys,
/// values of the wrong type, incomplete configurations.
/// - Limits: [#BYTES_MAX]; 100 aliases.
/// - Source: Talos v1.13.9 decoder and validation; texts compared with `talosctl validate` in
///   `ValidatorPeerIT`. Rules about single fields that Talos checks later, and rarely, are not
///   here.
public final class MachineConfigValidator {
  /// Talos's API takes messages of 32 MiB; a real configuration has some ten kilobytes.
  public static final int BYTES_MAX = 4 << 20;

  private static final LoadSettings SETTINGS =
      LoadSettings.builder().setAllowDuplicateKeys(false).setMaxAliasesForCollections(100).build();
  private static final Set<String> LEGACY_KEYS = Set.of("machine", "cluster", "debug", "persist");
  private static final Pattern BOOL = Pattern.compile("(?i:true|false|yes|no|on|off|y|n)");
  private static final Pattern INT =
      Pattern.compile("[-+]?[0-9][0-9_]*|0[oO]?[0-7]+|0x[0-9a-fA-F]+");

  private MachineConfigValidator() {}

  /// The single problems of a configuration; empty when it is valid.
  ///
  /// @param mode `metal`, `cloud` or `container`
  public static List<String> validate(String yaml, String mode) {
    return check(yaml, mode).problems();
  }

  /// The whole text with which Talos refuses a configuration, or null when it takes it.
  ///
  /// @param mode `metal`, `cloud` or `container`
  public static @Nullable String refusal(String yaml, String mode) {
    return check(yaml, mode).text();
  }

  private record Verdict(List<String> problems, @Nullable String text) {
    static Verdict undecodable(String text) {
      return new Verdict(List.of(text.strip()), text);
    }
  }

  private static Verdict check(String yaml, String mode) {
    if (yaml.length() > BYTES_MAX) {
      return Verdict.undecodable("machine configuration is larger than " + BYTES_MAX + " bytes");
    }
    List<Map<String, Object>> documents = new ArrayList<>();
    try {
      Set<String> seen = new LinkedHashSet<>();
      for (Node node : new Compose(SETTINGS).composeAllFromString(yaml)) {
        if (node instanceof ScalarNode scalar && scalar.getValue().isEmpty()) {
          continue;
        }
        String problem = decode(node, seen);
        if (problem != null) {
          return Verdict.undecodable(problem);
        }
        if (Plain.value(node) instanceof Map<?, ?> map) {
          documents.add(Docs.strings(map));
        }
      }
    } catch (YamlEngineException e) {
      return Verdict.undecodable("decode error: yaml: " + firstLine(e));
    }
    if (documents.isEmpty()) {
      return Verdict.undecodable("config not found");
    }
    return validateDocuments(documents, mode);
  }

  private static Verdict validateDocuments(List<Map<String, Object>> documents, String mode) {
    List<String> top = new ArrayList<>();
    List<String> single = new ArrayList<>();
    for (Map<String, Object> document : documents) {
      if (!document.containsKey("kind")) {
        List<String> errors = LegacyRules.check(document, mode);
        if (!errors.isEmpty()) {
          top.add("v1alpha1.Config: " + list(errors));
          single.addAll(errors);
        }
      }
    }
    for (Map<String, Object> document : documents) {
      List<String> errors = DocumentRules.check(document);
      if (!errors.isEmpty()) {
        String text = DocumentRules.id(document) + ": " + String.join("\n", errors);
        top.add(text);
        single.add(text);
      }
    }
    return new Verdict(single, top.isEmpty() ? null : list(top));
  }

  /// Go multierror's form.
  static String list(List<String> errors) {
    String count = errors.size() == 1 ? "1 error" : errors.size() + " errors";
    return count + " occurred:\n\t* " + String.join("\n\t* ", errors) + "\n\n";
  }

  private static @Nullable String decode(Node node, Set<String> seen) {
    int line = line(node);
    if (!(node instanceof MappingNode mapping)) {
      return "expected a YAML document at line " + line;
    }
    String version = scalar(mapping, "apiVersion");
    String kind = scalar(mapping, "kind");
    String shownKind = kind.isEmpty() ? KnownKeys.LEGACY : kind;
    String id = version + "/" + shownKind + "/" + scalar(mapping, "name");
    if (!seen.add(id)) {
      return "duplicate document " + id + " is not allowed (line " + line + ")";
    }
    String problem = decodeAs(mapping, version, kind);
    return problem == null
        ? null
        : "error decoding document " + id + " (line " + line + "): " + problem;
  }

  private static @Nullable String decodeAs(MappingNode mapping, String apiVersion, String kind) {
    boolean legacy =
        mapping.getValue().stream()
            .anyMatch(
                t -> t.getKeyNode() instanceof ScalarNode k && LEGACY_KEYS.contains(k.getValue()));
    String version = legacy ? "v1alpha1" : apiVersion;
    if (kind.isEmpty() && !version.equals("v1alpha1")) {
      return "missing kind";
    }
    if (version.isEmpty()) {
      return "missing apiVersion";
    }
    KnownKeys.Node known = KnownKeys.document(kind);
    if (known == null || !version.equals("v1alpha1")) {
      return "\"" + kind + "\" \"" + version + "\": not registered";
    }
    List<String> types = new ArrayList<>();
    checkTypes(mapping, known, types);
    if (!types.isEmpty()) {
      String target = kind.isEmpty() ? "v1alpha1.Config" : kind;
      return "error decoding "
          + kind
          + " to *"
          + target
          + ": yaml: construct errors:\n  "
          + String.join("\n  ", types);
    }
    Object unknown = unknownKeys(mapping, known);
    return unknown == null
        ? null
        : "unknown keys found during decoding:\n" + Plain.text(unknown) + "\n";
  }

  private static void checkTypes(Node node, KnownKeys.Node known, List<String> errors) {
    if ((known.scalar().equals("any") && known.containers().isEmpty()) || Plain.isNull(node)) {
      return;
    }
    switch (node) {
      case MappingNode mapping when known.isMap() ->
          mapping.getValue().forEach(t -> checkTypes(t.getValueNode(), known.element(), errors));
      case MappingNode mapping when known.isStruct() -> {
        for (NodeTuple tuple : mapping.getValue()) {
          KnownKeys.Node child = known.children().get(key(tuple));
          if (child != null) {
            checkTypes(tuple.getValueNode(), child, errors);
          }
        }
      }
      case SequenceNode sequence when known.isList() ->
          sequence.getValue().forEach(n -> checkTypes(n, known.element(), errors));
      case ScalarNode scalar when known.containers().isEmpty() && !known.isStruct() -> {
        String wanted = wantedScalar(scalar, known.scalar());
        if (wanted != null) {
          errors.add(cannot(scalar, wanted));
        }
      }
      default -> {
        if (!known.scalar().equals("text")) {
          errors.add(cannot(node, wantedForm(known)));
        }
      }
    }
  }

  private static @Nullable String wantedScalar(ScalarNode scalar, String kind) {
    boolean plain = scalar.isPlain();
    return switch (kind) {
      case "bool" -> plain && BOOL.matcher(scalar.getValue()).matches() ? null : "bool";
      case "int" -> plain && INT.matcher(scalar.getValue()).matches() ? null : "int";
      default -> null;
    };
  }

  private static String wantedForm(KnownKeys.Node known) {
    if (known.isList()) {
      return "[]" + (known.scalar().isEmpty() ? "struct" : known.scalar());
    }
    return known.isMap() ? "map[string]string" : known.isStruct() ? "struct" : known.scalar();
  }

  private static String cannot(Node node, String wanted) {
    String what =
        switch (node) {
          case MappingNode m -> "!!map";
          case SequenceNode s -> "!!seq";
          case ScalarNode s -> Plain.tag(s) + " `" + s.getValue() + "`";
          default -> "!!value";
        };
    return "line " + line(node) + ": cannot construct " + what + " into " + wanted;
  }

  /// The keys of `node` that are not known, in their places; null when there are none.
  private static @Nullable Object unknownKeys(Node node, KnownKeys.Node known) {
    if (known.scalar().equals("any") && known.containers().isEmpty()) {
      return null;
    }
    return switch (node) {
      case MappingNode mapping when known.isStruct() || known.isMap() -> {
        Map<String, Object> unknown = new TreeMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
          KnownKeys.Node child = known.isMap() ? known.element() : known.children().get(key(tuple));
          Object inner =
              child == null
                  ? Plain.value(tuple.getValueNode())
                  : unknownKeys(tuple.getValueNode(), child);
          if (inner != null || child == null) {
            unknown.put(key(tuple), inner == null ? Plain.NULL : inner);
          }
        }
        yield unknown.isEmpty() ? null : unknown;
      }
      case SequenceNode sequence when known.isList() -> {
        List<Object> unknown = new ArrayList<>();
        for (Node entry : sequence.getValue()) {
          Object inner = unknownKeys(entry, known.element());
          if (inner != null) {
            unknown.add(inner);
          }
        }
        yield unknown.isEmpty() ? null : unknown;
      }
      default -> null;
    };
  }

  private static String key(NodeTuple tuple) {
    return tuple.getKeyNode() instanceof ScalarNode k ? k.getValue() : "";
  }

  private static String scalar(MappingNode mapping, String key) {
    for (NodeTuple tuple : mapping.getValue()) {
      if (key(tuple).equals(key) && tuple.getValueNode() instanceof ScalarNode value) {
        return value.getValue();
      }
    }
    return "";
  }

  private static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }

  private static String firstLine(YamlEngineException e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse(message);
  }

  /// Nodes as plain values, and plain values as Go's YAML library writes them.
  private static final class Plain {
    /// Stands for YAML's null where a map may not hold Java's.
    static final Object NULL = new Object();

    private static final Pattern NEEDS_QUOTES =
        Pattern.compile(
            "|~|(?i:null|true|false|yes|no|on|off|y|n)|[-+]?[0-9.].*|[-?:,\\[\\]{}#&*!|>'\"%@`].*|.*(: |"
                + " #).*|\\s.*|.*\\s|.*:");

    static String tag(ScalarNode scalar) {
      if (!scalar.isPlain()) {
        return "!!str";
      }
      String text = scalar.getValue();
      return INT.matcher(text).matches()
          ? "!!int"
          : text.matches("(?i:true|false)") ? "!!bool" : "!!str";
    }

    static boolean isNull(Node node) {
      return node instanceof ScalarNode scalar
          && scalar.isPlain()
          && scalar.getValue().matches("|~|null|Null|NULL");
    }

    static @Nullable Object value(Node node) {
      if (isNull(node)) {
        return null;
      }
      return switch (node) {
        case MappingNode mapping -> {
          Map<String, @Nullable Object> map = new LinkedHashMap<>();
          mapping.getValue().forEach(t -> map.put(key(t), value(t.getValueNode())));
          yield map;
        }
        case SequenceNode sequence -> {
          List<@Nullable Object> list = new ArrayList<>();
          sequence.getValue().forEach(n -> list.add(value(n)));
          yield list;
        }
        case ScalarNode scalar when !scalar.isPlain() -> scalar.getValue();
        case ScalarNode scalar when scalar.getValue().matches("true|True|TRUE") -> true;
        case ScalarNode scalar when scalar.getValue().matches("false|False|FALSE") -> false;
        case ScalarNode scalar when scalar.getValue().matches("[-+]?[0-9]{1,18}") ->
            Long.valueOf(scalar.getValue());
        case ScalarNode scalar -> scalar.getValue();
        default -> String.valueOf(node.getTag());
      };
    }

    static String text(Object value) {
      StringBuilder out = new StringBuilder();
      write(value, 0, out, false);
      return out.toString();
    }

    private static void write(
        @Nullable Object value, int indent, StringBuilder out, boolean inList) {
      switch (value) {
        case Map<?, ?> map when map.isEmpty() -> out.append("{}\n");
        case List<?> list when list.isEmpty() -> out.append("[]\n");
        case Map<?, ?> map -> {
          boolean first = inList;
          for (Map.Entry<?, ?> entry : new TreeMap<>(Docs.strings(map)).entrySet()) {
            out.append(first ? "" : " ".repeat(indent)).append(entry.getKey()).append(':');
            first = false;
            nested(entry.getValue(), indent + 4, out);
          }
        }
        case List<?> list -> {
          for (Object entry : list) {
            out.append(" ".repeat(indent)).append("- ");
            write(entry, indent + 2, out, true);
          }
        }
        case null, default -> out.append(scalarText(value)).append('\n');
      }
    }

    private static void nested(@Nullable Object value, int indent, StringBuilder out) {
      boolean block =
          (value instanceof Map<?, ?> m && !m.isEmpty())
              || (value instanceof List<?> l && !l.isEmpty());
      out.append(block ? "\n" : " ");
      write(value, indent, out, false);
    }

    private static String scalarText(@Nullable Object value) {
      if (value == null || value == NULL) {
        return "null";
      }
      if (value instanceof String text && NEEDS_QUOTES.matcher(text).matches()) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
      }
      return value.toString();
    }
  }
}
