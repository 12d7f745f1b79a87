package io.sskuba.spec;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/// References to secrets. No message here ever shows a value: whoever mistakes the shape may have
/// written the secret itself.
final class SecretReader {
  static final String EXPECTED =
      "a reference: {env: NAME}, {file: PATH}, {exec: [ARGV]}, {vault: {path, key}},"
          + " {awsSecretsManager: NAME} or {azureKeyVault: {vault, name}}";
  static final String LOGIN_EXPECTED =
      "{username: REF, password: REF}, one reference, or {vault: {path, usernameKey, passwordKey}}";
  static final List<String> KINDS =
      List.of("env", "file", "exec", "vault", "awsSecretsManager", "azureKeyVault");
  static final int ARGV_MAX = 64;

  private final Issues issues;
  private final Path baseFolder;

  SecretReader(Issues issues, Path baseFolder) {
    this.issues = issues;
    this.baseFolder = baseFolder;
  }

  @Nullable SecretRef secret(Node node, String path) {
    if (!(node instanceof MappingNode mapping)) {
      return notMapping(node, path, EXPECTED);
    }
    Map<String, Node> entries = entries(mapping, path, KINDS);
    if (entries == null) {
      return null;
    }
    if (entries.size() != 1) {
      issues.add(
          Nodes.at(node), path + " names " + entries.size() + " places of a secret", EXPECTED);
      return null;
    }
    String kind = entries.keySet().iterator().next();
    return reference(kind, entries.values().iterator().next(), path + "." + kind);
  }

  @Nullable Credential login(Node node, String path) {
    if (!(node instanceof MappingNode mapping)) {
      return notMapping(node, path, LOGIN_EXPECTED);
    }
    List<String> allowed = new ArrayList<>(List.of("username", "password"));
    allowed.addAll(KINDS);
    Map<String, Node> entries = entries(mapping, path, allowed);
    if (entries == null) {
      return null;
    }
    if (entries.containsKey("username") || entries.containsKey("password")) {
      return pair(entries, node, path);
    }
    if (entries.size() == 1
        && entries.get("vault") instanceof MappingNode vault
        && hasKeys(vault)) {
      Map<String, String> keys =
          texts(
              vault,
              path + ".vault",
              Map.of(
                  "path", Form.SECRET_PATH,
                  "usernameKey", Form.SECRET_NAME,
                  "passwordKey", Form.SECRET_NAME));
      return keys == null
          ? null
          : new Credential.VaultKeys(
              value(keys, "path"), value(keys, "usernameKey"), value(keys, "passwordKey"));
    }
    SecretRef ref = secret(node, path);
    return ref == null ? null : new Credential.JsonValue(ref);
  }

  private @Nullable Credential pair(Map<String, Node> entries, Node node, String path) {
    SecretRef[] refs = new SecretRef[2];
    String[] names = {"username", "password"};
    boolean complete = entries.size() == 2;
    for (int i = 0; i < 2; i++) {
      Node entry = entries.get(names[i]);
      if (entry != null) {
        SecretRef ref = secret(entry, path + "." + names[i]);
        if (ref == null) {
          return null;
        }
        refs[i] = ref;
      }
      complete &= entry != null;
    }
    if (!complete) {
      issues.add(Nodes.at(node), path + " is half a user name and password", LOGIN_EXPECTED);
      return null;
    }
    return new Credential.Pair(refs[0], refs[1]);
  }

  private static boolean hasKeys(MappingNode vault) {
    for (NodeTuple tuple : vault.getValue()) {
      String key = Nodes.text(tuple.getKeyNode());
      if ("usernameKey".equals(key) || "passwordKey".equals(key)) {
        return true;
      }
    }
    return false;
  }

  private <T> @Nullable T notMapping(Node node, String path, String expected) {
    boolean scalar = !(node instanceof SequenceNode) && !Nodes.kind(node).equals("empty");
    issues.add(
        Nodes.at(node),
        scalar
            ? path + " holds a value; a secret itself never stands in the cluster file"
            : path + " is " + Nodes.kind(node),
        expected);
    return null;
  }

  /// The entries by key, or null when one of them is not allowed.
  private @Nullable Map<String, Node> entries(
      MappingNode mapping, String path, List<String> allowed) {
    Map<String, Node> entries = new LinkedHashMap<>();
    boolean right = true;
    for (NodeTuple tuple : mapping.getValue()) {
      String key = Nodes.text(tuple.getKeyNode());
      Position at = Nodes.at(tuple.getKeyNode());
      if (key == null || !allowed.contains(key)) {
        String nearest = key == null ? null : Nearest.of(key, allowed);
        issues.add(
            at,
            "unknown key in " + path,
            nearest == null ? "one of " + String.join(", ", allowed) : null,
            nearest);
        right = false;
      } else if (entries.put(key, tuple.getValueNode()) != null) {
        issues.add(at, "key " + Issues.quote(key) + " stands here twice");
        right = false;
      }
    }
    return right ? entries : null;
  }

  private @Nullable SecretRef reference(String kind, Node node, String path) {
    return switch (kind) {
      case "env" -> {
        String name = text(node, path, Form.ENV_NAME);
        yield name == null ? null : new SecretRef.Env(name);
      }
      case "file" -> {
        String file = text(node, path, Form.FILE_PATH);
        String resolved = file == null ? null : Paths.resolve(baseFolder, file, node, path, issues);
        yield resolved == null ? null : new SecretRef.File(resolved);
      }
      case "exec" -> exec(node, path);
      case "vault" -> {
        Map<String, String> keys =
            texts(node, path, Map.of("path", Form.SECRET_PATH, "key", Form.SECRET_NAME));
        yield keys == null ? null : new SecretRef.Vault(value(keys, "path"), value(keys, "key"));
      }
      case "awsSecretsManager" -> {
        String name = text(node, path, Form.SECRET_NAME);
        yield name == null ? null : new SecretRef.AwsSecretsManager(name);
      }
      default -> {
        Map<String, String> keys =
            texts(node, path, Map.of("vault", Form.NAME, "name", Form.SECRET_NAME));
        yield keys == null
            ? null
            : new SecretRef.AzureKeyVault(value(keys, "vault"), value(keys, "name"));
      }
    };
  }

  private @Nullable SecretRef exec(Node node, String path) {
    if (!(node instanceof SequenceNode list)
        || list.getValue().isEmpty()
        || list.getValue().size() > ARGV_MAX) {
      issues.add(
          Nodes.at(node),
          path + " is no command",
          "a list of 1 to " + ARGV_MAX + " arguments, the program first");
      return null;
    }
    List<String> argv = new ArrayList<>();
    for (Node item : list.getValue()) {
      Form form = argv.isEmpty() ? Form.LINE : Form.ARGUMENT;
      String argument = text(item, path + "[" + argv.size() + "]", form);
      if (argument == null) {
        return null;
      }
      argv.add(argument);
    }
    return new SecretRef.Exec(argv);
  }

  /// A mapping with exactly these keys, all text; null when it is not.
  private @Nullable Map<String, String> texts(Node node, String path, Map<String, Form> forms) {
    Set<String> names = new java.util.TreeSet<>(forms.keySet());
    String expected = "a mapping with " + String.join(", ", names);
    if (!(node instanceof MappingNode mapping)) {
      issues.add(Nodes.at(node), path + " is " + Nodes.kind(node), expected);
      return null;
    }
    Map<String, Node> entries = entries(mapping, path, List.copyOf(names));
    if (entries == null) {
      return null;
    }
    Map<String, String> texts = new LinkedHashMap<>();
    boolean right = true;
    for (String name : names) {
      Node entry = entries.get(name);
      Form form = forms.get(name);
      if (entry == null || form == null) {
        issues.add(Nodes.at(node), path + "." + name + " is missing", expected);
        right = false;
        continue;
      }
      String text = text(entry, path + "." + name, form);
      right &= text != null;
      if (text != null) {
        texts.put(name, text);
      }
    }
    return right ? texts : null;
  }

  private static String value(Map<String, String> keys, String name) {
    String value = keys.get(name);
    if (value == null) {
      throw new IllegalStateException(name + " was checked and is missing");
    }
    return value;
  }

  private @Nullable String text(Node node, String path, Form form) {
    String text = Nodes.text(node);
    if (text != null && form.accepts(text)) {
      return text;
    }
    String what = text == null ? Nodes.kind(node) : "not of the right form";
    issues.add(Nodes.at(node), path + " is " + what, form.expected());
    return null;
  }
}
