package io.sskuba.machineconfig;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Talos's strategic merge over parsed documents, as `talosctl machineconfig patch` does it.
///
/// Documents meet by apiVersion, kind and name. Inside one: maps merge key by key, lists are
/// appended, scalars replace; an empty string, zero or null in the patch changes nothing. The lists
/// and maps that Talos treats otherwise are in [#REPLACED], [#KEYED] and [#ARGUMENTS]. `$patch:
/// delete` removes a document, a key, or the list entry named by its first key.
///
/// Nothing is modified: the result shares what did not change with the inputs.
/// - Errors: [IllegalArgumentException] with the path, where Talos fails too (types that differ, a
///   deletion that finds nothing).
/// - Source: Talos v1.13.9 `config/merge`, `configpatcher`, `configloader/internal/decoder`;
///   checked against the real `talosctl` in `StrategicMergePeerIT`.
public final class StrategicMerge {
  private static final String DIRECTIVE = "$patch";

  /// `KIND:path` of what a patch replaces as a whole. The v1alpha1 document has the empty kind.
  private static final Set<String> REPLACED =
      Set.of(
          ":cluster.network.podSubnets",
          ":cluster.network.serviceSubnets",
          ":cluster.apiServer.auditPolicy",
          "NetworkRuleConfig:ingress",
          "NetworkRuleConfig:portSelector.ports");

  /// Lists whose entries meet by a key; list entries add `[]` to the path.
  private static final Map<String, List<String>> KEYED =
      Map.of(
          ":machine.network.interfaces", List.of("interface", "deviceSelector"),
          ":machine.network.interfaces.[].vlans", List.of("vlanId"),
          ":cluster.apiServer.admissionControl", List.of("name"),
          "ExtensionServiceConfig:configFiles", List.of("mountPath"));

  /// A keyed list whose entries are replaced rather than merged.
  private static final String RULES = "ImageVerificationConfig:rules";

  /// Maps of command-line flags: a patch's value replaces the flag's, whatever it is.
  private static final Set<String> ARGUMENTS =
      Set.of(
          ":machine.kubelet.extraArgs",
          ":cluster.apiServer.extraArgs",
          ":cluster.controllerManager.extraArgs",
          ":cluster.scheduler.extraArgs",
          ":cluster.proxy.extraArgs",
          ":cluster.etcd.extraArgs");

  private StrategicMerge() {}

  /// Applies one patch: all its documents.
  public static List<Map<String, Object>> apply(
      List<Map<String, Object>> documents, List<Map<String, Object>> patch) {
    List<Map<String, Object>> result = new ArrayList<>(documents);
    for (Map<String, Object> patchDocument : patch) {
      Deletions deletions = Deletions.of(patchDocument);
      int index = indexOf(result, patchDocument);
      if (deletions.wholeDocument()) {
        deleteDocument(result, patchDocument, index);
        continue;
      }
      for (Deletion deletion : deletions.list()) {
        if (index < 0) {
          throw new IllegalArgumentException("patch delete: no document " + id(patchDocument));
        }
        result.set(index, deletion.applyTo(result.get(index)));
      }
      Map<String, Object> rest = deletions.rest();
      if (!deletions.list().isEmpty() && isOnlyIdentity(rest)) {
        continue;
      }
      if (index < 0) {
        result.add(rest);
      } else {
        result.set(index, mergeMaps(kind(patchDocument), "", result.get(index), rest));
      }
    }
    return result;
  }

  private static void deleteDocument(
      List<Map<String, Object>> result, Map<String, Object> patchDocument, int index) {
    if (kind(patchDocument).isEmpty()) {
      throw new IllegalArgumentException("can't delete the root of the legacy document");
    }
    if (index >= 0) {
      result.remove(index);
    }
  }

  private static boolean isOnlyIdentity(Map<String, Object> document) {
    return Set.of("apiVersion", "version", "kind", "name").containsAll(document.keySet());
  }

  private static int indexOf(List<Map<String, Object>> documents, Map<String, Object> wanted) {
    for (int i = 0; i < documents.size(); i++) {
      if (id(documents.get(i)).equals(id(wanted))) {
        return i;
      }
    }
    return -1;
  }

  private static String id(Map<String, Object> document) {
    String kind = kind(document);
    return kind.isEmpty()
        ? "v1alpha1"
        : document.get("apiVersion") + "/" + kind + "/" + document.getOrDefault("name", "");
  }

  static String kind(Map<String, Object> document) {
    Object kind = document.get("kind");
    return kind == null ? "" : kind.toString();
  }

  private static Map<String, Object> mergeMaps(
      String kind, String path, Map<String, Object> left, Map<String, Object> right) {
    boolean arguments = ARGUMENTS.contains(kind + ":" + path);
    Map<String, Object> merged = new LinkedHashMap<>(left);
    right.forEach(
        (key, value) -> {
          String here = path.isEmpty() ? key : path + "." + key;
          Object old = merged.get(key);
          if (value != null || !merged.containsKey(key)) {
            merged.put(key, old == null || arguments ? value : merge(kind, here, old, value));
          }
        });
    return merged;
  }

  private static Object merge(String kind, String path, Object left, @Nullable Object right) {
    if (right == null) {
      return left;
    }
    String rule = kind + ":" + path;
    if (REPLACED.contains(rule)) {
      return right instanceof Map<?, ?> map && map.isEmpty() ? left : right;
    }
    return switch (left) {
      case Map<?, ?> leftMap when right instanceof Map<?, ?> rightMap ->
          mergeMaps(kind, path, Docs.strings(leftMap), Docs.strings(rightMap));
      case List<?> leftList when right instanceof List<?> rightList ->
          mergeLists(kind, path, leftList, rightList);
      case Map<?, ?> leftMap -> throw differs(path, "a mapping", right);
      case List<?> leftList -> throw differs(path, "a list", right);
      default -> {
        if (right instanceof Map<?, ?> || right instanceof List<?>) {
          throw differs(path, "a scalar", right);
        }
        yield isZero(right) ? left : right;
      }
    };
  }

  private static IllegalArgumentException differs(String path, String expected, Object right) {
    return new IllegalArgumentException(
        "merge type mismatch at "
            + path
            + ": left is "
            + expected
            + ", right is "
            + (right instanceof Map ? "a mapping" : right instanceof List ? "a list" : "a scalar"));
  }

  /// Go's zero values, which a patch cannot set; `false` it can.
  private static boolean isZero(Object value) {
    return value.equals("");
  }

  private static List<Object> mergeLists(String kind, String path, List<?> left, List<?> right) {
    String rule = kind + ":" + path.replaceAll("\\.\\[\\]", ".[]");
    List<Object> merged = new ArrayList<>(left);
    List<String> keys = rule.equals(RULES) ? List.of("image") : KEYED.get(rule);
    if (keys == null) {
      merged.addAll(right);
      return merged;
    }
    for (Object entry : right) {
      int same = matching(merged, entry, keys);
      if (same < 0) {
        merged.add(entry);
      } else if (rule.equals(RULES)) {
        merged.set(same, entry);
      } else {
        merged.set(same, merge(kind, path + ".[]", merged.get(same), entry));
      }
    }
    return merged;
  }

  /// The entry with the same value of the first key that `entry` has.
  private static int matching(List<Object> list, Object entry, List<String> keys) {
    for (String key : keys) {
      Object value = Docs.at(entry, key);
      if (value == null || value.equals("")) {
        continue;
      }
      for (int i = 0; i < list.size(); i++) {
        if (Objects.equals(Docs.at(list.get(i), key), value)) {
          return i;
        }
      }
      return -1;
    }
    return -1;
  }

  /// One `$patch: delete`.
  ///
  /// @param path keys from the document's root
  /// @param key in a list: the key that names the entry, else empty
  private record Deletion(List<String> path, String key, String value) {

    Map<String, Object> applyTo(Map<String, Object> document) {
      return deleteIn(document, 0, KnownKeys.document(StrategicMerge.kind(document)));
    }

    private Map<String, Object> deleteIn(
        Map<String, Object> map, int depth, KnownKeys.@Nullable Node known) {
      String name = path.get(depth);
      KnownKeys.Node knownChild =
          known == null || !known.isStruct() ? null : known.children().get(name);
      boolean last = depth == path.size() - 1;
      if (!map.containsKey(name)) {
        // A field that Talos knows is there with its zero value: zeroing it again is no error.
        if (last && key.isEmpty() && knownChild != null) {
          return map;
        }
        throw notFound();
      }
      Object child = map.get(name);
      Map<String, Object> copy = new LinkedHashMap<>(map);
      if (last && key.isEmpty()) {
        copy.remove(name);
      } else if (last && child instanceof List<?> list) {
        copy.put(name, without(list));
      } else if (!last && child instanceof Map<?, ?> inner) {
        copy.put(name, deleteIn(Docs.strings(inner), depth + 1, knownChild));
      } else {
        throw notFound();
      }
      return copy;
    }

    private List<Object> without(List<?> list) {
      List<Object> rest = new ArrayList<>(list);
      for (int i = 0; i < rest.size(); i++) {
        if (value.equals(String.valueOf(Docs.at(rest.get(i), key)))) {
          rest.remove(i);
          return rest;
        }
      }
      throw notFound();
    }

    private IllegalArgumentException notFound() {
      return new IllegalArgumentException(
          "patch delete: failed to delete path '" + String.join(".", path) + "': lookup failed");
    }
  }

  /// The deletions of a patch document, and the document without them.
  private record Deletions(boolean wholeDocument, List<Deletion> list, Map<String, Object> rest) {

    static Deletions of(Map<String, Object> document) {
      if (isDelete(document)) {
        return new Deletions(true, List.of(), Map.of());
      }
      List<Deletion> found = new ArrayList<>();
      Object rest = strip(document, List.of(), found);
      return new Deletions(
          false, found, rest instanceof Map<?, ?> map ? Docs.strings(map) : Map.of());
    }

    private static boolean isDelete(Object value) {
      return "delete".equals(Docs.at(value, DIRECTIVE));
    }

    private static @Nullable Object strip(
        @Nullable Object value, List<String> path, List<Deletion> found) {
      return switch (value) {
        case Map<?, ?> map -> stripMap(map, path, found);
        case List<?> list -> stripList(list, path, found);
        case null, default -> value;
      };
    }

    private static @Nullable Object stripMap(
        Map<?, ?> map, List<String> path, List<Deletion> found) {
      Map<String, @Nullable Object> rest = new LinkedHashMap<>();
      boolean removed = false;
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        List<String> here = new ArrayList<>(path);
        here.add(String.valueOf(entry.getKey()));
        Object child = entry.getValue();
        if (child != null && isDelete(child)) {
          found.add(new Deletion(here, "", ""));
          removed = true;
          continue;
        }
        Object stripped = strip(child, here, found);
        if (stripped == null && child != null) {
          removed = true;
        } else {
          rest.put(String.valueOf(entry.getKey()), stripped);
        }
      }
      return removed && rest.isEmpty() ? null : rest;
    }

    private static @Nullable Object stripList(
        List<?> list, List<String> path, List<Deletion> found) {
      List<@Nullable Object> rest = new ArrayList<>();
      boolean removed = false;
      for (Object entry : list) {
        if (entry instanceof Map<?, ?> map && isDelete(map)) {
          found.add(selector(map, path));
          removed = true;
        } else {
          rest.add(entry);
        }
      }
      return removed && rest.isEmpty() ? null : rest;
    }

    private static Deletion selector(Map<?, ?> entry, List<String> path) {
      for (Map.Entry<?, ?> field : entry.entrySet()) {
        if (!DIRECTIVE.equals(field.getKey())) {
          return new Deletion(
              path, String.valueOf(field.getKey()), String.valueOf(field.getValue()));
        }
      }
      throw new IllegalArgumentException(
          "no key:val found in sequence node for path " + String.join(".", path));
    }
  }
}
