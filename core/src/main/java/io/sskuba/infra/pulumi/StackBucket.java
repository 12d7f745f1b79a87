package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ObjectBucket;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// One stack of a backend in a bucket, read and tidied without starting the engine: the layout is
/// that of a `file://` backend (see [StackState]), each file an object, written whole or not at
/// all.
///
/// Besides, `engines/PROJECT/STACK.json` says which processes ran the engine, for those who find
/// its lock from another machine.
/// - Limits: checkpoints of 256 MiB, 10,000 objects of one stack; those of [ObjectBucket].
/// - Errors: `STATE_UNREACHABLE`, `STATE_DENIED`; `STATE_CORRUPT` for a checkpoint that is none.
final class StackBucket {
  private static final String ROOT = ".pulumi/";
  private static final int CHECKPOINT_MAX = 256 << 20;
  private static final int OBJECTS_MAX = 10_000;
  private static final int TORN_MAX = 100;

  private final ObjectBucket bucket;
  private final String project;
  private final String stack;

  StackBucket(ObjectBucket bucket, String project, String stack) {
    this.bucket = bucket;
    this.project = project;
    this.stack = stack;
  }

  ObjectBucket bucket() {
    return bucket;
  }

  /// Where the runs of the engine are written down.
  String engines() {
    return "engines/" + project + "/" + stack + ".json";
  }

  private static String stacks(String project) {
    return ROOT + "stacks/" + project + "/";
  }

  private String checkpoint(String ending) {
    return stacks(project) + stack + ending;
  }

  private String locks() {
    return ROOT + "locks/organization/" + project + "/" + stack + "/";
  }

  boolean exists() {
    return name().isPresent();
  }

  /// The checkpoint's name: compressed where the engine was told so.
  private Optional<String> name() {
    List<String> there = bucket.names(checkpoint(".json"), OBJECTS_MAX);
    return List.of(checkpoint(".json.gz"), checkpoint(".json")).stream()
        .filter(there::contains)
        .findFirst();
  }

  /// An empty checkpoint, as [StackFiles#create] makes one.
  void create(String qualified) {
    // Whoever is first says the layout; the engine would.
    bucket.putIfAbsent(ROOT + "meta.yaml", "version: 1\n".getBytes(StandardCharsets.UTF_8));
    ObjectNode empty = Json.object().put("version", 3);
    empty.putObject("checkpoint").put("stack", qualified);
    bucket.put(checkpoint(".json"), (Json.pretty(empty) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /// The deployment, or null when there is none. One that cannot be read is read from the engine's
  /// own copy.
  @Nullable JsonNode deployment() {
    Optional<String> name = name();
    if (name.isEmpty()) {
      return null;
    }
    Optional<JsonNode> whole = whole(name.get()).or(() -> whole(name.get() + ".bak"));
    if (whole.isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.STATE_CORRUPT,
                  "the Pulumi stack " + project + "/" + stack + " cannot be read")
              .fact("place", bucket.place(name.get()))
              .fact("cause", "it is no checkpoint")
              .exists("it is as it was; nothing was overwritten")
              .next("sskuba-ctl delete " + stack + " --yes"));
    }
    JsonNode latest = whole.get().path("checkpoint").path("latest");
    return latest.isObject() ? latest : null;
  }

  /// Empty where there is none, or it is no checkpoint.
  private Optional<JsonNode> whole(String name) {
    return bucket
        .read(name)
        .flatMap(stored -> document(name, stored.bytes()))
        .filter(document -> document.path("checkpoint").isObject());
  }

  private static Optional<JsonNode> document(String name, byte[] bytes) {
    try (InputStream raw = new ByteArrayInputStream(bytes);
        InputStream in = name.contains(".gz") ? new GZIPInputStream(raw) : raw) {
      return Optional.of(Json.parse(in.readNBytes(CHECKPOINT_MAX)));
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty();
    }
  }

  /// As [StackFiles#restore].
  Optional<String> restore() {
    Optional<String> name = name().filter(n -> whole(n).isEmpty());
    if (name.isEmpty() || whole(name.get() + ".bak").isEmpty()) {
      return Optional.empty();
    }
    byte[] copy = bucket.read(name.get() + ".bak").orElseThrow().bytes();
    aside(name.get());
    bucket.put(name.get(), copy);
    return Optional.of(
        bucket.place(name.get()) + " could not be read; going on from the engine's own copy");
  }

  /// Takes a checkpoint that nothing can stand in for out of the engine's way. Returns its bytes;
  /// empty if it is whole or not there.
  Optional<byte[]> setAside() {
    Optional<String> name = name().filter(n -> whole(n).isEmpty());
    Optional<byte[]> torn = name.flatMap(bucket::read).map(ObjectBucket.Stored::bytes);
    if (torn.isPresent()) {
      aside(name.get());
      bucket.delete(name.get());
    }
    return torn;
  }

  private void aside(String name) {
    byte[] bytes = bucket.read(name).orElseThrow().bytes();
    for (int i = 1; i <= TORN_MAX; i++) {
      if (bucket.putIfAbsent(name + ".torn" + i, bytes).isPresent()) {
        return;
      }
    }
    throw SskubaException.of(
        ProblemCode.STATE_CORRUPT,
        "there are " + TORN_MAX + " torn checkpoints beside " + bucket.place(name));
  }

  List<StackLock> locksHeld() {
    List<StackLock> held = new ArrayList<>();
    for (String name : bucket.names(locks(), StackLock.LOCKS_MAX)) {
      bucket.read(name).ifPresent(lock -> held.add(StackLock.of(lock.bytes())));
    }
    return held;
  }

  /// Removes what a removed stack leaves: copies, history, locks, who ran the engine. The layout's
  /// version, `.pulumi/meta.yaml`, stays: it is the backend's, not the stack's. Idempotent.
  void remove() {
    for (String folder :
        List.of(
            checkpoint(".json"),
            ROOT + "history/" + project + "/" + stack + "/",
            ROOT + "backups/" + project + "/" + stack + "/",
            locks(),
            engines())) {
      bucket.names(folder, OBJECTS_MAX).forEach(bucket::delete);
    }
  }

  /// Projects that hold anything of a stack, in order.
  static List<String> projects(ObjectBucket bucket, String stack) {
    Function<String, String> project =
        name -> name.substring((ROOT + "stacks/").length(), name.lastIndexOf('/'));
    return bucket.names(ROOT + "stacks/", OBJECTS_MAX).stream()
        .filter(name -> name.matches(".*/" + java.util.regex.Pattern.quote(stack) + "\\.json.*"))
        .map(project)
        .distinct()
        .sorted()
        .collect(Collectors.toUnmodifiableList());
  }
}
