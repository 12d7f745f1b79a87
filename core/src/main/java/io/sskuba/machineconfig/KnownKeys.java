package io.sskuba.machineconfig;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The keys that Talos v1.13 knows in each configuration document, from the resource
/// `talos-keys.txt`.
final class KnownKeys {
  private static final String RESOURCE = "talos-keys.txt";
  private static final Pattern LINE =
      Pattern.compile("( *)([A-Za-z0-9-]+)((?:\\[\\]|\\{\\})*)(?: ([a-z]+))?(?: !replace)?");

  /// The kind of the v1alpha1 document, which has none in its text.
  static final String LEGACY = "v1alpha1";

  private static final Map<String, Node> DOCUMENTS = read();

  private KnownKeys() {}

  /// What a value may be.
  ///
  /// @param containers `[]` a list of, `{}` a mapping to, outermost first; empty for neither
  /// @param scalar `string`, `int`, `bool`, `duration`, `text`, `any`; empty for a mapping with
  ///   known keys
  /// @param children the known keys
  record Node(String containers, String scalar, Map<String, Node> children) {

    boolean isList() {
      return containers.startsWith("[]");
    }

    boolean isMap() {
      return containers.startsWith("{}");
    }

    /// A mapping whose keys are all known.
    boolean isStruct() {
      return containers.isEmpty() && scalar.isEmpty();
    }

    /// What one entry of a list or mapping may be.
    Node element() {
      return new Node(containers.substring(2), scalar, children);
    }
  }

  /// The document of a kind, or null when Talos knows no such kind.
  static @Nullable Node document(String kind) {
    return DOCUMENTS.get(kind.isEmpty() ? LEGACY : kind);
  }

  private static Map<String, Node> read() {
    Map<String, Node> documents = new LinkedHashMap<>();
    Deque<Map<String, Node>> open = new ArrayDeque<>();
    open.push(documents);
    try (InputStream stream = KnownKeys.class.getResourceAsStream(RESOURCE)) {
      if (stream == null) {
        throw new IllegalStateException("resource " + RESOURCE + " is missing");
      }
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      text.lines().filter(line -> !line.startsWith("#")).forEach(line -> add(open, line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return documents;
  }

  private static void add(Deque<Map<String, Node>> open, String line) {
    Matcher m = LINE.matcher(line);
    if (!m.matches()) {
      throw new IllegalStateException(RESOURCE + ": " + line);
    }
    int depth = m.group(1).length();
    while (open.size() > depth + 1) {
      open.pop();
    }
    Map<String, Node> children = new LinkedHashMap<>();
    String scalar = m.group(4) == null ? "" : m.group(4);
    open.element().put(m.group(2), new Node(m.group(3), scalar, children));
    open.push(children);
  }
}
