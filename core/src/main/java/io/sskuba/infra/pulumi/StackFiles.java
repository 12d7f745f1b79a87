package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.pulumi.automation.AutomationException;
import com.pulumi.automation.CommandRunOptions;
import io.sskuba.infra.Platform;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A stack's files: the project and stack settings in the work folder, and the checkpoint, in a
/// folder or in a bucket.
final class StackFiles {
  /// Our copy of the checkpoint, in the work folder.
  private static final String KEPT = "checkpoint.kept";

  /// What was made and could not be written into the state, in the work folder.
  private static final String UNSAVED = "unsaved.json";

  private static final int TORN_MAX = 100;

  private final PulumiSettings settings;
  private final @Nullable StackState state;
  private final @Nullable StackBucket bucket;

  /// @param bucket where the state lies, when that is no folder
  StackFiles(PulumiSettings settings, @Nullable StackBucket bucket) {
    this.settings = settings;
    this.bucket = bucket;
    Path folder = settings.stateFolder();
    this.state =
        folder == null ? null : new StackState(folder, settings.project(), settings.stack());
  }

  private Path projectFile() {
    return settings.workFolder().resolve("Pulumi.yaml");
  }

  private Path stackFile() {
    return settings.workFolder().resolve("Pulumi." + settings.stack() + ".yaml");
  }

  /// Writes the settings that the engine reads, keeping the salt that it wrote itself.
  void prepare() throws IOException {
    prepare(salt());
  }

  private void prepare(@Nullable String salt) throws IOException {
    AtomicFiles.privateFolder(settings.workFolder());
    AtomicFiles.privateFolder(settings.homeFolder());
    Path folder = settings.stateFolder();
    if (folder != null) {
      AtomicFiles.privateFolder(folder);
    }
    Map<String, Object> project = new LinkedHashMap<>();
    project.put("name", settings.project());
    project.put("runtime", "java");
    write(projectFile(), Yaml.dump(project));
    Map<String, Object> stack = new LinkedHashMap<>();
    if (salt != null) {
      stack.put("encryptionsalt", salt);
    }
    if (!settings.config().isEmpty()) {
      stack.put("config", new TreeMap<>(settings.config()));
    }
    if (!stack.isEmpty()) {
      write(stackFile(), Yaml.dump(stack));
    }
  }

  private static void write(Path file, String text) throws IOException {
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      AtomicFiles.writeString(file, text);
    }
  }

  /// The salt of the passphrase: from the stack settings, else (a lost work folder) the checkpoint.
  private @Nullable String salt() throws IOException {
    if (Files.exists(stackFile())
        && Yaml.load(Files.readString(stackFile())) instanceof Map<?, ?> map
        && map.get("encryptionsalt") instanceof String salt) {
      return salt;
    }
    JsonNode deployment = deployment();
    String salt =
        deployment == null
            ? ""
            : deployment.path("secrets_providers").path("state").path("salt").asText();
    return salt.isEmpty() ? null : salt;
  }

  /// Whether the stack exists; null when only the engine can tell.
  @Nullable Boolean exists() {
    if (bucket != null) {
      return bucket.exists();
    }
    return state == null ? null : state.exists();
  }

  /// Whether the checkpoint and its locks can be read without the engine.
  boolean isReadable() {
    return state != null || bucket != null;
  }

  /// Makes the stack of a self-managed backend as the engine's `stack init` begins: an empty
  /// checkpoint in a folder of the layout's version. What `init` does besides, the first `up` does
  /// too: it makes the salt of the passphrase. So one command less, of 0.4-0.8 s.
  /// - Idempotent: call it when [#exists] is false.
  /// - Source: the engine's `backend/diy` (backend.go `CreateStack`, meta.go), v3.259.
  void create() throws IOException {
    if (bucket != null) {
      bucket.create(settings.qualifiedStack());
      return;
    }
    if (state == null) {
      throw new IllegalStateException("only the engine can make this stack");
    }
    Path root = state.root();
    AtomicFiles.privateFolder(root);
    Path layout = root.resolve("meta.yaml");
    if (!Files.exists(layout)) {
      AtomicFiles.writeString(layout, "version: 1\n");
    }
    AtomicFiles.privateFolder(root.resolve("stacks"));
    AtomicFiles.privateFolder(state.folder());
    ObjectNode empty = Json.object().put("version", 3);
    empty.putObject("checkpoint").put("stack", settings.qualifiedStack());
    AtomicFiles.writeString(
        state.folder().resolve(settings.stack() + ".json"), Json.pretty(empty) + "\n");
  }

  @Nullable JsonNode deployment() {
    if (bucket != null) {
      return bucket.deployment();
    }
    return state == null ? null : state.deployment(copies(state));
  }

  /// The engine's own copy, and ours, which lies on no disk that can be full: after `ENOSPC` the
  /// engine leaves both of its files cut short.
  private List<Path> copies(StackState known) {
    return List.of(known.backup(), settings.workFolder().resolve(KEPT));
  }

  /// Keeps a copy of a checkpoint that is whole, before an operation writes to it.
  void keepCopy() throws IOException {
    if (state != null && state.exists() && !state.isTorn()) {
      Path kept = settings.workFolder().resolve(KEPT);
      AtomicFiles.write(kept, Files.readAllBytes(state.file()));
    }
  }

  /// Puts a whole copy in the place of a checkpoint that was cut short, which is kept beside it.
  /// Call only when no engine runs on the stack. Returns what was done, for people.
  Optional<String> restore() throws IOException {
    if (bucket != null) {
      return bucket.restore();
    }
    if (state == null || !state.isTorn()) {
      return Optional.empty();
    }
    Optional<Path> whole = StackState.firstWhole(copies(state));
    if (whole.isEmpty()) {
      return Optional.empty();
    }
    Path file = state.file();
    byte[] bytes = Files.readAllBytes(whole.get());
    Files.move(file, aside(file), StandardCopyOption.ATOMIC_MOVE);
    AtomicFiles.write(file, bytes);
    repair();
    return Optional.of(
        file.getFileName()
            + " was cut short; going on from its copy "
            + whole.get().getFileName()
            + " of "
            + Files.getLastModifiedTime(whole.get()));
  }

  /// Takes a checkpoint that nothing can stand in for out of the engine's way. Returns where it
  /// lies; empty if it is whole or not there.
  Optional<Path> setAside() throws IOException {
    if (bucket != null) {
      Optional<byte[]> torn = bucket.setAside();
      if (torn.isEmpty()) {
        return Optional.empty();
      }
      Path copy = AtomicFiles.privateFolder(settings.workFolder()).resolve("checkpoint.torn.json");
      AtomicFiles.write(copy, torn.get());
      return Optional.of(copy);
    }
    if (state == null || !state.isTorn()) {
      return Optional.empty();
    }
    return Optional.of(Files.move(state.file(), aside(state.file())));
  }

  private static Path aside(Path file) throws IOException {
    for (int i = 1; i <= TORN_MAX; i++) {
      Path aside = file.resolveSibling(file.getFileName() + ".torn" + i);
      if (!Files.exists(aside)) {
        return aside;
      }
    }
    throw new IOException("there are " + TORN_MAX + " torn checkpoints beside " + file);
  }

  /// Keeps what an operation made when the state cannot be told of it: for the next one here.
  void keepUnsaved(List<Platform.Found> made) throws IOException {
    List<Platform.Found> all = new ArrayList<>(unsaved());
    made.stream().filter(f -> !all.contains(f)).forEach(all::add);
    ArrayNode array = Json.MAPPER.createArrayNode();
    for (Platform.Found one : all) {
      array.addObject().put("type", one.type()).put("name", one.name()).put("id", one.id());
    }
    AtomicFiles.writeString(settings.workFolder().resolve(UNSAVED), Json.pretty(array));
  }

  List<Platform.Found> unsaved() throws IOException {
    Path file = settings.workFolder().resolve(UNSAVED);
    if (!Files.exists(file)) {
      return List.of();
    }
    List<Platform.Found> made = new ArrayList<>();
    for (JsonNode one : Json.parse(Files.readAllBytes(file))) {
      made.add(
          new Platform.Found(
              one.path("type").asText(), one.path("name").asText(), one.path("id").asText()));
    }
    return made;
  }

  void forgetUnsaved() throws IOException {
    Files.deleteIfExists(settings.workFolder().resolve(UNSAVED));
  }

  List<StackLock> locks() {
    if (bucket != null) {
      return bucket.locksHeld();
    }
    return state == null ? List.of() : StackLock.in(state.locks());
  }

  /// Exports the deployment, takes secrets provider and ciphertext out, and imports it under the
  /// passphrase that is there now.
  void resetSecrets(EngineCommand command) throws IOException, AutomationException {
    ObjectNode document = export(command);
    if (document.path("deployment") instanceof ObjectNode deployment) {
      deployment.remove("secrets_providers");
      withoutCiphertext(deployment);
    }
    Files.deleteIfExists(stackFile());
    prepare(null);
    replace(command, document);
  }

  /// Takes what a killed run was making into the state, under the id that it has if it was made:
  /// its key. Only of the given packages; other pending operations are forgotten. A refresh must
  /// follow, which drops what was not made after all.
  ///
  /// The engine's own `--import-pending-creates` does not put them into the state.
  void adoptPending(EngineCommand command, Set<String> packages)
      throws IOException, AutomationException {
    ObjectNode document = export(command);
    if (!(document.path("deployment") instanceof ObjectNode deployment)) {
      return;
    }
    ArrayNode resources = deployment.withArray("resources");
    Set<String> known = new HashSet<>();
    resources.forEach(resource -> known.add(resource.path("urn").asText()));
    for (JsonNode operation : deployment.path("pending_operations")) {
      boolean creating = operation.path("type").asText().equals("creating");
      String key = operation.path("resource").path("inputs").path("key").asText("");
      if (creating
          && !key.isEmpty()
          && operation.path("resource") instanceof ObjectNode resource
          && packages.contains(PlanRuntime.packageOf(resource.path("type").asText()))
          && known.add(resource.path("urn").asText())) {
        ObjectNode adopted = resource.deepCopy().put("id", key);
        adopted.set("outputs", resource.path("inputs").deepCopy());
        resources.add(adopted);
      }
    }
    deployment.remove("pending_operations");
    replace(command, document);
  }

  /// Puts resources into the state by type, name and id; a refresh must follow. Each depends on all
  /// that are there and on those of other types before it. What has no provider in the state yet
  /// gets the default one of its package.
  void adopt(EngineCommand command, List<Platform.Found> found)
      throws IOException, AutomationException {
    ObjectNode document = export(command);
    ObjectNode deployment =
        document.path("deployment") instanceof ObjectNode there ? there : empty(document);
    ArrayNode resources = deployment.withArray("resources");
    String prefix = "urn:pulumi:" + settings.stack() + "::" + settings.project() + "::";
    String root = "";
    Map<String, String> providers = new HashMap<>();
    Map<String, String> known = new LinkedHashMap<>();
    for (JsonNode resource : resources) {
      String type = resource.path("type").asText();
      String urn = resource.path("urn").asText();
      if (type.equals("pulumi:pulumi:Stack")) {
        root = urn;
      } else if (type.startsWith("pulumi:providers:")) {
        providers.put(
            type.substring("pulumi:providers:".length()),
            urn + "::" + resource.path("id").asText());
      } else {
        known.put(urn, "");
      }
    }
    for (Platform.Found one : found) {
      String pkg = PlanRuntime.packageOf(one.type());
      String provider = providers.computeIfAbsent(pkg, p -> defaultProvider(resources, prefix, p));
      String urn = prefix + one.type() + "::" + one.name();
      for (int more = 2; known.containsKey(urn); more++) {
        urn = prefix + one.type() + "::" + one.name() + "-" + more;
      }
      ObjectNode resource = resources.addObject();
      resource
          .put("urn", urn)
          .put("custom", true)
          .put("id", one.id())
          .put("type", one.type())
          .put("provider", provider);
      if (!root.isEmpty()) {
        resource.put("parent", root);
      }
      resource.putObject("inputs");
      resource.putObject("outputs");
      ArrayNode needed = resource.putArray("dependencies");
      known.forEach(
          (other, type) -> {
            if (!type.equals(one.type())) {
              needed.add(other);
            }
          });
      known.put(urn, one.type());
    }
    replace(command, document);
  }

  /// The deployment of a stack that never had one.
  private static ObjectNode empty(ObjectNode document) {
    document.put("version", 3);
    ObjectNode deployment = document.putObject("deployment");
    deployment
        .putObject("manifest")
        .put("time", "0001-01-01T00:00:00Z")
        .put("magic", "")
        .put("version", "");
    return deployment;
  }

  /// The provider that the engine would make for a package, as it writes it down. Returns its
  /// reference.
  private String defaultProvider(ArrayNode resources, String prefix, String pkg) {
    String version = settings.providerVersions().getOrDefault(pkg, "");
    String name = version.isEmpty() ? "default" : "default_" + version.replace('.', '_');
    String urn = prefix + "pulumi:providers:" + pkg + "::" + name;
    String id = UUID.nameUUIDFromBytes(urn.getBytes(StandardCharsets.UTF_8)).toString();
    ObjectNode provider = resources.addObject();
    provider
        .put("urn", urn)
        .put("custom", true)
        .put("id", id)
        .put("type", "pulumi:providers:" + pkg);
    ObjectNode inputs = provider.putObject("inputs");
    if (!version.isEmpty()) {
      inputs.put("version", version);
    }
    settings
        .config()
        .forEach(
            (key, value) -> {
              if (key.startsWith(pkg + ":")) {
                inputs.put(key.substring(pkg.length() + 1), value);
              }
            });
    provider.set("outputs", inputs.deepCopy());
    return urn + "::" + id;
  }

  private ObjectNode export(EngineCommand command) throws AutomationException {
    List<String> arguments = List.of("stack", "export", "--stack", settings.qualifiedStack());
    return (ObjectNode)
        Json.parse(command.run(arguments, CommandRunOptions.Empty).standardOutput());
  }

  private void replace(EngineCommand command, ObjectNode document)
      throws IOException, AutomationException {
    Path file = settings.workFolder().resolve("import.json");
    AtomicFiles.writeString(file, Json.pretty(document));
    try {
      command.run(
          List.of(
              "stack",
              "import",
              "--force",
              "--stack",
              settings.qualifiedStack(),
              "--file",
              file.toString()),
          CommandRunOptions.Empty);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /// Removes attribute files that a killed engine left half-written. The file store writes them in
  /// place beside each file, and an empty one makes the stack unreadable; a missing one does not.
  /// Call only when no engine runs on the stack.
  /// - Source: gocloud.dev/blob/fileblob, `setAttrs`.
  void repair() throws IOException {
    if (state == null) {
      return;
    }
    List<Path> folders = List.of(state.folder(), state.locks());
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        continue;
      }
      // A lock that was cut short names nobody, and the engine cannot read it.
      String torn = folder.equals(state.locks()) ? "*.{attrs,json}" : "*.attrs";
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, torn)) {
        for (Path file : files) {
          boolean ours =
              folder.equals(state.locks())
                  || file.getFileName().toString().startsWith(settings.stack() + ".json");
          if (ours && !isJson(file)) {
            Files.deleteIfExists(file);
          }
        }
      }
    }
  }

  private static boolean isJson(Path file) throws IOException {
    try {
      return Json.parse(Files.readAllBytes(file)).isObject();
    } catch (java.io.UncheckedIOException e) {
      return false;
    }
  }

  static void withoutCiphertext(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> entry : List.copyOf(object.properties())) {
        if (StackState.isSecret(entry.getValue())) {
          object.set(entry.getKey(), NullNode.getInstance());
        } else {
          withoutCiphertext(entry.getValue());
        }
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (StackState.isSecret(array.get(i))) {
          array.set(i, NullNode.getInstance());
        } else {
          withoutCiphertext(array.get(i));
        }
      }
    }
  }

  /// Removes what a removed stack leaves in a `file://` backend (backups, history, an empty lock
  /// folder) and the work folder's settings. Idempotent.
  void remove() {
    try {
      Files.deleteIfExists(stackFile());
      Files.deleteIfExists(projectFile());
      Files.deleteIfExists(settings.workFolder().resolve(EngineLease.FILE));
      Files.deleteIfExists(settings.workFolder().resolve(KEPT));
      forgetUnsaved();
      if (bucket != null) {
        bucket.remove();
        return;
      }
      Path folder = settings.stateFolder();
      if (folder == null) {
        return;
      }
      Path root = folder.resolve(".pulumi");
      Path stacks = root.resolve("stacks").resolve(settings.project());
      if (Files.isDirectory(stacks)) {
        String prefix = settings.stack() + ".json";
        try (DirectoryStream<Path> files = Files.newDirectoryStream(stacks)) {
          for (Path file : files) {
            if (file.getFileName().toString().startsWith(prefix)) {
              Files.deleteIfExists(file);
            }
          }
        }
      }
      for (String kind : List.of("history", "backups")) {
        AtomicFiles.deleteTree(
            root.resolve(kind).resolve(settings.project()).resolve(settings.stack()));
      }
      AtomicFiles.deleteTree(
          root.resolve("locks")
              .resolve("organization")
              .resolve(settings.project())
              .resolve(settings.stack()));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
