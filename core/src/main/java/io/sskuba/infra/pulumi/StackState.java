package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// Reads a stack's checkpoint without starting the engine.
///
/// Layout of a self-managed backend: `.pulumi/stacks/PROJECT/STACK.json[.gz]`, locks below
/// `.pulumi/locks/organization/PROJECT/STACK/`.
/// - Limits: checkpoints of 256 MiB.
/// - Source: the engine's `backend/diy` (store.go, lock.go), checkpoint version 3.
final class StackState {
  private static final int CHECKPOINT_MAX = 256 << 20;

  private final Path root;
  private final String project;
  private final String stack;

  StackState(Path stateFolder, String project, String stack) {
    this.root = stateFolder.resolve(".pulumi");
    this.project = project;
    this.stack = stack;
  }

  /// The backend's own folder.
  Path root() {
    return root;
  }

  /// Folder of the project's checkpoints.
  Path folder() {
    return root.resolve("stacks").resolve(project);
  }

  private Path checkpoint() {
    Path plain = folder().resolve(stack + ".json");
    Path compressed = plain.resolveSibling(stack + ".json.gz");
    return Files.exists(compressed) ? compressed : plain;
  }

  boolean exists() {
    return Files.exists(checkpoint());
  }

  /// Folder of the stack's lock files; may be missing.
  Path locks() {
    return root.resolve("locks").resolve("organization").resolve(project).resolve(stack);
  }

  /// As [#deployment(List)], with nothing that could stand in.
  @Nullable JsonNode deployment() {
    return deployment(List.of());
  }

  /// The deployment (`checkpoint.latest`), or null when there is none. One that was cut short is
  /// read from the first of its copies that is whole.
  ///
  /// @param copies what may stand in, the newest first
  @Nullable JsonNode deployment(List<Path> copies) {
    Path file = checkpoint();
    try {
      return latest(file);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException | java.io.UncheckedIOException e) {
      Optional<Path> whole = firstWhole(copies);
      if (whole.isPresent()) {
        try {
          return latest(whole.get());
        } catch (IOException gone) {
          e.addSuppressed(gone);
        }
      }
      throw corrupt(file, e);
    }
  }

  private SskubaException corrupt(Path file, Exception e) {
    return new SskubaException(
        Problem.of(
                ProblemCode.STATE_CORRUPT,
                "the Pulumi stack " + project + "/" + stack + " cannot be read")
            .fact("file", file.toString())
            .fact("cause", String.valueOf(e.getMessage()))
            .exists("the file as it is; nothing was overwritten")
            .next("sskuba-ctl delete " + stack.replace("rehearsal.", "rehearsal/") + " --yes"),
        e);
  }

  private static @Nullable JsonNode latest(Path file) throws IOException {
    JsonNode document = document(file);
    if (!document.path("checkpoint").isObject()) {
      throw new IOException(Files.size(file) == 0 ? "it is empty" : "it is no checkpoint");
    }
    JsonNode latest = document.path("checkpoint").path("latest");
    return latest.isObject() ? latest : null;
  }

  private static JsonNode document(Path file) throws IOException {
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = file.toString().contains(".gz") ? new GZIPInputStream(raw) : raw) {
      return Json.parse(in.readNBytes(CHECKPOINT_MAX));
    } catch (java.io.UncheckedIOException e) {
      throw new IOException("it is no JSON", e);
    }
  }

  /// Whether the checkpoint is there and cannot be understood.
  boolean isTorn() {
    return exists() && !isWhole(checkpoint());
  }

  private static boolean isWhole(Path file) {
    try {
      return document(file).path("checkpoint").isObject();
    } catch (IOException e) {
      return false;
    }
  }

  static Optional<Path> firstWhole(List<Path> copies) {
    return copies.stream().filter(StackState::isWhole).findFirst();
  }

  /// Copies that the engine itself makes before it writes.
  /// - Source: the engine's `backend/diy/state.go`, `backupTarget`.
  Path backup() {
    Path file = checkpoint();
    return file.resolveSibling(file.getFileName() + ".bak");
  }

  /// The checkpoint's file, there or not.
  Path file() {
    return checkpoint();
  }

  /// Names of the operations that a killed run left in the state.
  static boolean hasPendingOperations(@Nullable JsonNode deployment) {
    return deployment != null && !deployment.path("pending_operations").isEmpty();
  }

  /// When the engine last made or changed a resource of this state, as the state says it.
  static Optional<Instant> lastChange(@Nullable JsonNode deployment) {
    Optional<Instant> last = Optional.empty();
    if (deployment != null) {
      for (JsonNode resource : deployment.path("resources")) {
        if (!resource.path("type").asText().startsWith("pulumi:")) {
          last = later(later(last, resource.path("created")), resource.path("modified"));
        }
      }
    }
    return last;
  }

  /// When the engine last wrote this state: what it was making then may have been made since.
  static Optional<Instant> lastWrite(@Nullable JsonNode deployment) {
    return deployment == null
        ? Optional.empty()
        : later(lastChange(deployment), deployment.path("manifest").path("time"));
  }

  private static Optional<Instant> later(Optional<Instant> one, JsonNode other) {
    try {
      Instant read = OffsetDateTime.parse(other.asText()).toInstant();
      return one.filter(o -> o.isAfter(read)).or(() -> Optional.of(read));
    } catch (DateTimeParseException e) {
      return one;
    }
  }

  /// Custom resources of ours: not the stack, not providers.
  static List<StateResource> resources(@Nullable JsonNode deployment) {
    List<StateResource> out = new ArrayList<>();
    if (deployment == null) {
      return out;
    }
    for (JsonNode resource : deployment.path("resources")) {
      String type = resource.path("type").asText();
      if (!type.startsWith("pulumi:")) {
        JsonNode id = resource.path("id");
        out.add(
            new StateResource(
                type,
                EngineEvents.name(resource.path("urn").asText()),
                id.isTextual() ? id.asText() : null,
                plainMap(resource.path("outputs"))));
      }
    }
    return out;
  }

  /// Whether any value in the deployment is ciphertext.
  static boolean holdsCiphertext(JsonNode node) {
    if (node.isObject()) {
      if (isSecret(node)) {
        return true;
      }
      for (JsonNode child : node) {
        if (holdsCiphertext(child)) {
          return true;
        }
      }
    } else if (node.isArray()) {
      for (JsonNode child : node) {
        if (holdsCiphertext(child)) {
          return true;
        }
      }
    }
    return false;
  }

  static boolean isSecret(JsonNode node) {
    return Values.SECRET.equals(node.path(Values.SIGNATURE).asText());
  }

  static Map<String, Object> plainMap(JsonNode object) {
    Map<String, Object> out = new LinkedHashMap<>();
    object
        .properties()
        .forEach(
            entry -> {
              Object value = plain(entry.getValue());
              if (value != null) {
                out.put(entry.getKey(), value);
              }
            });
    return out;
  }

  /// A JSON value as plain Java; a secret shows as [Values#SECRET_SHOWN], whatever form it has.
  static @Nullable Object plain(JsonNode node) {
    if (isSecret(node)) {
      return Values.SECRET_SHOWN;
    }
    if (node.isTextual()) {
      return node.asText().equals(Values.UNKNOWN) ? Values.UNKNOWN_SHOWN : node.asText();
    }
    if (node.isBoolean()) {
      return node.asBoolean();
    }
    if (node.isIntegralNumber()) {
      return node.asLong();
    }
    if (node.isNumber()) {
      return node.asDouble();
    }
    if (node.isObject()) {
      return plainMap(node);
    }
    if (node.isArray()) {
      List<Object> out = new ArrayList<>();
      for (JsonNode child : node) {
        Object value = plain(child);
        if (value != null) {
          out.add(value);
        }
      }
      return out;
    }
    return null;
  }
}
