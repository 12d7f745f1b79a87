package io.sskuba.toolchain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Programs kept by content: `sha256-HEX/NAME`, and one index entry per program, version, platform
/// and recipe.
///
/// A program is verified on each use: its size, change time, inode and device must be those that
/// were there when its bytes were last hashed, at most [#STAMP_AGE_MAX] ago; else it is hashed
/// again and must have the digest of its entry. A process without root's rights cannot set a file's
/// change time, so that a changed program is noticed without 400 MB being read at each start.
/// - Idempotent: yes; an entry is written after its program is in place.
/// - Errors: `IOException` of the file system.
final class ToolCache {
  /// Even an untouched file is read in full once a day, for disks that rot.
  static final Duration STAMP_AGE_MAX = Duration.ofHours(24);

  private static final String STAMP_ATTRIBUTES = "unix:size,lastModifiedTime,ctime,ino,dev";

  private final Path root;
  private final TimeSource time;

  ToolCache(Path root, TimeSource time) {
    this.root = root;
    this.time = time;
  }

  /// @param digest SHA-256 of the program, hex
  /// @param source where it came from, for example `built` or `path`
  /// @param verified how it was verified when it was got, in words
  /// @param path the program
  record Entry(
      String tool,
      String version,
      String platform,
      String recipe,
      String digest,
      String source,
      String verified,
      Instant at,
      Path path) {}

  Path root() {
    return root;
  }

  /// The verified program of this recipe, or nothing. What was changed or cannot be read is
  /// reported, and counts as nothing.
  Optional<Entry> find(Tool tool, Platform platform, String recipe, Consumer<String> report) {
    Path file = entryFile(tool, platform, recipe);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      Entry entry = read(Json.parse(Files.readAllBytes(file)));
      if (!entry.recipe().equals(recipe) || !entry.tool().equals(tool.name())) {
        report.accept(tool.title() + ": cache: the index entry is of something else: ignored");
        return Optional.empty();
      }
      if (!Files.isExecutable(entry.path())) {
        report.accept(tool.title() + ": cache: " + entry.path() + " is gone or not executable");
        return Optional.empty();
      }
      return verified(tool, entry, file, report) ? Optional.of(entry) : Optional.empty();
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      report.accept(tool.title() + ": cache: unreadable index entry " + file + ": ignored");
      return Optional.empty();
    }
  }

  /// Moves `file` into the cache and writes its entry. `file` must be on the cache's file system.
  Entry put(Tool tool, Platform platform, String recipe, Path file, String source, String verified)
      throws IOException {
    String digest = Digests.ofFile(file);
    Path target = root.resolve("sha256-" + digest).resolve(tool.name());
    AtomicFiles.privateFolder(folderOf(target));
    executable(file);
    sync(file);
    Files.move(file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return write(tool, platform, recipe, target, digest, source, verified);
  }

  /// Writes an entry for a program that stays where it is (the user's own, found on PATH).
  Entry remember(
      Tool tool, Platform platform, String recipe, Path program, String source, String verified)
      throws IOException {
    return write(tool, platform, recipe, program, Digests.ofFile(program), source, verified);
  }

  private Entry write(
      Tool tool,
      Platform platform,
      String recipe,
      Path program,
      String digest,
      String source,
      String verified)
      throws IOException {
    Entry entry =
        new Entry(
            tool.name(),
            tool.version(),
            platform.toString(),
            recipe,
            digest,
            source,
            verified,
            time.now(),
            program);
    Path file = entryFile(tool, platform, recipe);
    Files.deleteIfExists(stampFile(file));
    AtomicFiles.writeString(file, Json.pretty(json(entry)));
    stamp(entry, file);
    return entry;
  }

  private boolean verified(Tool tool, Entry entry, Path file, Consumer<String> report)
      throws IOException {
    Path stampFile = stampFile(file);
    String now = stampOf(entry.path());
    if (now != null && Files.exists(stampFile)) {
      String[] kept = Files.readString(stampFile).split("\n", -1);
      if (kept.length >= 3 && kept[0].equals(now) && kept[1].equals(entry.digest())) {
        Duration age = Duration.between(parse(kept[2]), time.now());
        if (!age.isNegative() && age.compareTo(STAMP_AGE_MAX) <= 0) {
          return true;
        }
      }
    }
    String digest = Digests.ofFile(entry.path());
    if (!digest.equals(entry.digest())) {
      report.accept(
          "%s: cache: %s was changed: not used%n  expected sha256:%s%n  actual   sha256:%s"
              .formatted(tool.title(), entry.path(), entry.digest(), digest));
      return false;
    }
    stamp(entry, file);
    return true;
  }

  private void stamp(Entry entry, Path file) {
    try {
      String stamp = stampOf(entry.path());
      if (stamp != null) {
        AtomicFiles.writeString(
            stampFile(file), stamp + "\n" + entry.digest() + "\n" + time.now() + "\n");
      }
    } catch (IOException e) {
      // A read-only cache works; it only hashes each time.
    }
  }

  private static Instant parse(String text) {
    try {
      return Instant.parse(text);
    } catch (java.time.format.DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }

  /// Null where the file system has no change time; then every use hashes.
  private static @Nullable String stampOf(Path program) throws IOException {
    try {
      Map<String, Object> attributes = Files.readAttributes(program, STAMP_ATTRIBUTES);
      return "%s %s %s %s %s"
          .formatted(
              attributes.get("size"),
              nanos(attributes.get("lastModifiedTime")),
              nanos(attributes.get("ctime")),
              attributes.get("ino"),
              attributes.get("dev"));
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return null;
    }
  }

  private static String nanos(@Nullable Object fileTime) {
    return fileTime instanceof FileTime t ? t.toInstant().toString() : "none";
  }

  private Path entryFile(Tool tool, Platform platform, String recipe) {
    return root.resolve("index")
        .resolve(
            "%s-%s-%s-%s.json"
                .formatted(
                    tool.name(), tool.version(), platform.dashed(), recipe.substring(0, 16)));
  }

  private static Path stampFile(Path entryFile) {
    return entryFile.resolveSibling(entryFile.getFileName() + ".stamp");
  }

  private static void executable(Path file) throws IOException {
    if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  private static Path folderOf(Path file) {
    return Objects.requireNonNull(file.getParent(), "a cached program has a folder");
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /// Paths inside the cache are kept relative, so that a cache can be moved or mounted elsewhere.
  private ObjectNode json(Entry entry) {
    Path path = entry.path().startsWith(root) ? root.relativize(entry.path()) : entry.path();
    return Json.object()
        .put("tool", entry.tool())
        .put("version", entry.version())
        .put("platform", entry.platform())
        .put("recipe", entry.recipe())
        .put("digest", entry.digest())
        .put("source", entry.source())
        .put("verified", entry.verified())
        .put("at", entry.at().toString())
        .put("path", path.toString());
  }

  private Entry read(JsonNode node) {
    return new Entry(
        text(node, "tool"),
        text(node, "version"),
        text(node, "platform"),
        text(node, "recipe"),
        text(node, "digest"),
        text(node, "source"),
        text(node, "verified"),
        Instant.parse(text(node, "at")),
        root.resolve(text(node, "path")));
  }

  private static String text(JsonNode node, String key) {
    JsonNode value = node.get(key);
    if (value == null || !value.isTextual()) {
      throw new IllegalArgumentException("no " + key);
    }
    return value.textValue();
  }
}
