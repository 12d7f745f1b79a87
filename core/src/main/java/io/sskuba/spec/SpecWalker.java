package io.sskuba.spec;

import io.sskuba.spec.ClusterSpec.Provider;
import io.sskuba.spec.Section.Located;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/// Reads nodes against the rows of [SpecSchema]: unknown keys, shapes, forms, what is needed.
///
/// What is wrong becomes an issue and is left out of the [Section]; everything else is still read.
final class SpecWalker {
  private final Issues issues;
  private final PatchReader patchReader;
  private final SecretReader secretReader;
  private @Nullable Provider provider;

  SpecWalker(Issues issues, PatchReader patchReader, SecretReader secretReader) {
    this.issues = issues;
    this.patchReader = patchReader;
    this.secretReader = secretReader;
  }

  /// The whole file.
  Section read(Node root) {
    if (!(root instanceof MappingNode mapping)) {
      issues.add(
          Nodes.at(root),
          "the file is " + Nodes.kind(root),
          "a mapping with apiVersion, kind, metadata and target");
      return new Section(Nodes.at(root));
    }
    provider = providerOf(mapping);
    return fields(mapping, SpecSchema.ROOT.keys(), "");
  }

  /// The provider decides which keys are allowed, so it is looked up before the walk.
  static @Nullable Provider providerOf(MappingNode root) {
    Node target = child(root, "target");
    Node word = target instanceof MappingNode mapping ? child(mapping, "provider") : null;
    String text = word == null ? null : Nodes.text(word);
    for (Provider candidate : Provider.values()) {
      if (candidate.word().equals(text)) {
        return candidate;
      }
    }
    return null;
  }

  private static @Nullable Node child(MappingNode mapping, String key) {
    for (NodeTuple tuple : mapping.getValue()) {
      if (key.equals(Nodes.text(tuple.getKeyNode()))) {
        return tuple.getValueNode();
      }
    }
    return null;
  }

  private Section fields(MappingNode mapping, List<SpecKey> keys, String path) {
    Section section = new Section(Nodes.at(mapping));
    Map<String, SpecKey> rows = new LinkedHashMap<>();
    keys.forEach(key -> rows.put(key.name(), key));
    for (NodeTuple tuple : mapping.getValue()) {
      String name = key(section, tuple.getKeyNode(), path);
      if (name == null) {
        continue;
      }
      SpecKey row = rows.get(name);
      if (row == null) {
        unknown(name, Nodes.at(tuple.getKeyNode()), rows, path);
      } else if (!row.allowedOn(provider)) {
        foreign(row, Nodes.at(tuple.getKeyNode()), path);
      } else {
        value(section, row, tuple.getValueNode(), path + name);
      }
    }
    for (SpecKey row : keys) {
      if (row.isNeededOn(provider) && !section.mentions(row.name())) {
        issues.add(
            section.at(), path + row.name() + " is missing" + onTarget(row), describe(row.shape()));
      }
    }
    return section;
  }

  private String onTarget(SpecKey row) {
    Provider p = provider;
    return row.required() || p == null ? "" : "; target " + p.word() + " needs it";
  }

  /// The key's name, or null when it is no key or stands there for the second time.
  private @Nullable String key(Section section, Node node, String path) {
    String name = Nodes.text(node);
    if (name == null) {
      issues.add(Nodes.at(node), "a key in " + in(path) + " is " + Nodes.kind(node), "text");
      return null;
    }
    if (section.mentions(name)) {
      Position first = section.keyAt(name);
      issues.add(
          Nodes.at(node),
          "key " + Issues.quote(name) + " stands here twice; first in line " + first.line());
      return null;
    }
    section.mention(name, Nodes.at(node));
    return name;
  }

  private static String in(String path) {
    return path.isEmpty() ? "the file" : path.substring(0, path.length() - 1);
  }

  private void unknown(String name, Position at, Map<String, SpecKey> rows, String path) {
    List<String> allowed =
        rows.values().stream().filter(k -> k.allowedOn(provider)).map(SpecKey::name).toList();
    String message = "unknown key " + Issues.quote(name) + " in " + in(path);
    String nearest = Nearest.of(name, allowed);
    if (nearest == null) {
      TreeSet<String> elsewhere = new TreeSet<>();
      SpecSchema.walk(
          (other, key) -> {
            if (key.name().equals(name) && key.allowedOn(provider)) {
              elsewhere.add(other);
            }
          });
      if (!elsewhere.isEmpty() && elsewhere.size() <= 2) {
        message += "; it belongs to " + String.join(" or ", elsewhere);
      }
    }
    String expected = "one of " + String.join(", ", allowed);
    issues.add(at, message, nearest == null ? expected : null, nearest);
  }

  private void foreign(SpecKey row, Position at, String path) {
    String owners =
        row.providers().stream().map(Provider::word).sorted().collect(Collectors.joining(", "));
    String here = provider == null ? "another" : provider.word();
    issues.add(at, path + row.name() + " is a key of target " + owners + ", not of " + here);
  }

  private void value(Section section, SpecKey row, Node node, String path) {
    Object value = shaped(row.shape(), node, path);
    if (value != null) {
      section.put(row.name(), Nodes.at(node), value);
    }
  }

  private @Nullable Object shaped(Shape shape, Node node, String path) {
    return switch (shape) {
      case Shape.Text text -> text(text.form(), node, path);
      case Shape.Word word -> word(word.words(), node, path);
      case Shape.Whole whole -> whole(whole, node, path);
      case Shape.Flag flag -> {
        Boolean value = Nodes.flag(node);
        yield value == null ? wrong(flag, node, path) : value;
      }
      case Shape.TextList list ->
          list.orOne() && Nodes.text(node) != null
              ? one(list.form(), node, path)
              : items(
                  list,
                  list.sizeMin(),
                  list.sizeMax(),
                  node,
                  path,
                  (item, itemPath) -> text(list.form(), item, itemPath));
      case Shape.WholeList list ->
          items(
              list,
              0,
              list.sizeMax(),
              node,
              path,
              (item, itemPath) ->
                  whole(new Shape.Whole(list.min(), list.max(), List.of()), item, itemPath));
      case Shape.TextMap map -> textMap(map, node, path);
      case Shape.Fields fields ->
          node instanceof MappingNode mapping
              ? fields(mapping, fields.keys(), path + ".")
              : wrong(fields, node, path);
      case Shape.FieldsList list ->
          items(
              list,
              0,
              list.sizeMax(),
              node,
              path,
              (item, itemPath) -> shaped(list.item(), item, itemPath));
      case Shape.Secret _ -> secretReader.secret(node, path);
      case Shape.Login _ -> secretReader.login(node, path);
      case Shape.Patches patches ->
          items(patches, 0, patches.sizeMax(), node, path, patchReader::patch);
      case Shape.Disk disk -> disk(disk, node, path);
      case Shape.Options options -> options(options, node, path);
      case Shape.Reserved _ -> {
        issues.add(
            Nodes.at(node), path + " is reserved: it is not specified yet and may not be used");
        yield null;
      }
    };
  }

  private @Nullable Object wrong(Shape shape, Node node, String path) {
    issues.add(Nodes.at(node), path + " is " + Nodes.kind(node), describe(shape));
    return null;
  }

  private @Nullable String text(Form form, Node node, String path) {
    String value = Nodes.text(node);
    if (value == null) {
      String quotes =
          node instanceof MappingNode
                  || node instanceof SequenceNode
                  || Nodes.kind(node).equals("empty")
              ? ""
              : "; put it in quotes";
      issues.add(Nodes.at(node), path + " is " + Nodes.kind(node) + quotes, form.expected());
      return null;
    }
    if (Forms.carriesSecret(form, value)) {
      issues.add(
          Nodes.at(node),
          path + " carries a user name or password; a secret never stands in the cluster file",
          "a URL without one, and a reference beside it");
      return null;
    }
    if (form.accepts(value)) {
      return value;
    }
    issues.add(Nodes.at(node), path + " is " + Forms.shown(form, value), form.expected());
    return null;
  }

  private @Nullable String word(List<String> words, Node node, String path) {
    String value = Nodes.text(node);
    if (value != null && words.contains(value)) {
      return value;
    }
    String shown = value == null ? Nodes.kind(node) : Issues.quote(value);
    issues.add(
        Nodes.at(node),
        path + " is " + shown,
        describe(new Shape.Word(words)),
        value == null ? null : Nearest.of(value, words));
    return null;
  }

  private @Nullable Integer whole(Shape.Whole shape, Node node, String path) {
    Integer value = Nodes.whole(node);
    if (value == null) {
      wrong(shape, node, path);
      return null;
    }
    boolean right =
        shape.only().isEmpty()
            ? value >= shape.min() && value <= shape.max()
            : shape.only().contains(value);
    if (!right) {
      issues.add(Nodes.at(node), path + " is " + value, describe(shape));
      return null;
    }
    return value;
  }

  private @Nullable List<Located<Object>> one(Form form, Node node, String path) {
    String value = text(form, node, path);
    return value == null ? null : List.of(new Located<>(Nodes.at(node), value));
  }

  private interface Item {
    @Nullable Object read(Node node, String path);
  }

  private @Nullable Object items(
      Shape shape, int sizeMin, int sizeMax, Node node, String path, Item reader) {
    if (!(node instanceof SequenceNode sequence)) {
      return wrong(shape, node, path);
    }
    int size = sequence.getValue().size();
    if (size < sizeMin || size > sizeMax) {
      issues.add(
          Nodes.at(node), path + " has " + size + " items", sizeMin + " to " + sizeMax + " items");
      return null;
    }
    List<Located<Object>> list = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      Node item = sequence.getValue().get(i);
      Object value = reader.read(item, path + "[" + i + "]");
      if (value != null) {
        list.add(new Located<>(Nodes.at(item), value));
      }
    }
    return list;
  }

  private @Nullable Object textMap(Shape.TextMap shape, Node node, String path) {
    if (!(node instanceof MappingNode mapping)) {
      return wrong(shape, node, path);
    }
    if (mapping.getValue().size() > shape.sizeMax()) {
      issues.add(
          Nodes.at(node),
          path + " has " + mapping.getValue().size() + " entries",
          "at most " + shape.sizeMax());
      return null;
    }
    Section seen = new Section(Nodes.at(node));
    Map<String, String> map = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key = key(seen, tuple.getKeyNode(), path + ".");
      if (key == null) {
        continue;
      }
      if (!shape.key().accepts(key)) {
        issues.add(
            Nodes.at(tuple.getKeyNode()),
            "key " + Issues.quote(key) + " of " + path,
            shape.key().expected());
      }
      String value = text(shape.value(), tuple.getValueNode(), path + "." + key);
      if (value != null) {
        map.put(key, value);
      }
    }
    return map;
  }

  private @Nullable Object disk(Shape.Disk shape, Node node, String path) {
    if (provider == Provider.METAL) {
      return text(Form.DEVICE, node, path);
    }
    if (node instanceof MappingNode mapping) {
      return fields(mapping, shape.size().keys(), path + ".");
    }
    if (provider == null && Nodes.text(node) != null) {
      return text(Form.DEVICE, node, path);
    }
    issues.add(Nodes.at(node), path + " is " + Nodes.kind(node), "{sizeGiB: N}");
    return null;
  }

  private @Nullable Object options(Shape.Options shape, Node node, String path) {
    if (!(node instanceof MappingNode mapping)) {
      return wrong(shape, node, path);
    }
    if (!(Nodes.plain(node, issues) instanceof Map<?, ?> plain)) {
      return null;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (Nodes.kind(tuple.getValueNode()).equals("empty")) {
        issues.add(Nodes.at(tuple.getValueNode()), "an option of " + path + " is empty", "a value");
        return null;
      }
    }
    Node tool = child(mapping, shape.tool().name());
    if (tool == null) {
      issues.add(Nodes.at(node), path + ".tool is missing", describe(shape.tool().shape()));
      return null;
    }
    return shaped(shape.tool().shape(), tool, path + ".tool") == null ? null : plain;
  }

  /// What a shape expects, in words.
  static String describe(Shape shape) {
    return switch (shape) {
      case Shape.Text text -> text.form().expected();
      case Shape.Word word ->
          word.words().size() == 1
              ? word.words().getFirst()
              : "one of " + String.join(", ", word.words());
      case Shape.Whole whole ->
          whole.only().isEmpty()
              ? "a whole number from " + whole.min() + " to " + whole.max()
              : whole.only().stream().map(String::valueOf).collect(Collectors.joining(", "));
      case Shape.Flag _ -> "true or false";
      case Shape.TextList list -> list.orOne() ? list.form().expected() + ", or a list" : "a list";
      case Shape.WholeList _, Shape.FieldsList _, Shape.Patches _ -> "a list";
      case Shape.TextMap _ -> "a mapping of text to text";
      case Shape.Fields fields ->
          "a mapping with "
              + fields.keys().stream().map(SpecKey::name).limit(8).collect(Collectors.joining(", "))
              + (fields.keys().size() > 8 ? ", …" : "");
      case Shape.Secret _ -> SecretReader.EXPECTED;
      case Shape.Login _ -> SecretReader.LOGIN_EXPECTED;
      case Shape.Disk _ -> "{sizeGiB: N}, or on metal a device";
      case Shape.Options _ -> "{tool: NAME, …}";
      case Shape.Reserved _ -> "nothing";
    };
  }
}
