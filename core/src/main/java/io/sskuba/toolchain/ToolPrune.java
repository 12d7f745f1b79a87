package io.sskuba.toolchain;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Removes programs of other versions from the cache.
///
/// Kept is what this build's lock file names, what a cluster's host process was told to run (its
/// `host.json`), what runs right now, and what was used within the time of the call. A use is noted
/// at least once a day ([ToolCache#STAMP_AGE_MAX]), so that a shorter time than [#UNUSED_MIN] would
/// take away what another version of sskuba works with.
/// - Idempotent: yes. A program whose lock is held, because it is being got, is left alone.
/// - Limits: [#FILES_MAX] entries of a folder; [#HOST_FILE_BYTES_MAX] of a `host.json`.
/// - Errors: `IOException`; also when a cluster's file cannot be read, and then nothing is removed.
final class ToolPrune {
  static final Duration UNUSED_MIN = Duration.ofDays(2);
  private static final Duration FRESH = Duration.ofHours(1);
  private static final int FILES_MAX = 10_000;
  private static final int HOST_FILE_BYTES_MAX = 1 << 20;
  private static final String HOST_FILE = "host.json";
  private static final String BY_CONTENT = "sha256-";

  private final Path root;
  private final Path runtime;
  private final TimeSource time;

  /// @param runtime where clusters' runtime folders are
  ToolPrune(Path root, Path runtime, TimeSource time) {
    this.root = root;
    this.runtime = runtime;
    this.time = time;
  }

  private record IndexEntry(
      Path file, String tool, String version, String recipe, Path folder, Instant used) {}

  /// Returns what was removed, in words.
  ///
  /// @param current the recipes of this build's lock file
  List<String> prune(Set<String> current, Duration unused, Consumer<String> report)
      throws IOException {
    Duration limit = unused.compareTo(UNUSED_MIN) < 0 ? UNUSED_MIN : unused;
    String inUse = inUse();
    Set<Path> kept = new HashSet<>();
    List<IndexEntry> old = new ArrayList<>();
    for (Path file : list(root.resolve("index"), "*.json")) {
      IndexEntry entry = read(file);
      if (entry == null) {
        continue; // it finds nothing either; its program goes with the others that nobody names
      }
      boolean keep =
          current.contains(entry.recipe())
              || inUse.contains(String.valueOf(entry.folder().getFileName()))
              || entry.used().plus(limit).isAfter(time.now());
      if (keep) {
        kept.add(entry.folder());
      } else {
        old.add(entry);
      }
    }
    List<String> removed = new ArrayList<>();
    for (IndexEntry entry : old) {
      removeEntry(entry, kept, removed, report);
    }
    for (Path folder : list(root, BY_CONTENT + "*")) {
      if (!kept.contains(folder) && !inUse.contains(String.valueOf(folder.getFileName()))) {
        removeOrphan(folder, removed, report);
      }
    }
    return removed;
  }

  private void removeEntry(
      IndexEntry entry, Set<Path> kept, List<String> removed, Consumer<String> report)
      throws IOException {
    try (ToolGuard guard = ToolGuard.tryTake(lock(entry.tool()))) {
      if (guard == null) {
        kept.add(entry.folder());
        return;
      }
      Files.deleteIfExists(entry.file());
      Files.deleteIfExists(entry.file().resolveSibling(entry.file().getFileName() + ".stamp"));
      String what = entry.tool() + " " + entry.version();
      if (entry.folder().startsWith(root) && !kept.contains(entry.folder())) {
        AtomicFiles.deleteTree(entry.folder());
      }
      removed.add(what);
      report.accept(what + ": removed from the cache, last used " + entry.used());
    }
  }

  /// A program that no entry names: its entry was damaged, or a kill came between the two writes.
  private void removeOrphan(Path folder, List<String> removed, Consumer<String> report)
      throws IOException {
    List<Path> files = list(folder, "*");
    if (files.isEmpty()) {
      AtomicFiles.deleteTree(folder);
      return;
    }
    Path program = files.getFirst();
    Instant written = Files.getLastModifiedTime(folder).toInstant();
    try (ToolGuard guard = ToolGuard.tryTake(lock(String.valueOf(program.getFileName())))) {
      if (guard == null || written.plus(FRESH).isAfter(time.now())) {
        return;
      }
      AtomicFiles.deleteTree(folder);
      removed.add(program.getFileName() + " that no index entry names");
      report.accept(program + ": removed, no index entry names it");
    }
  }

  private Path lock(String tool) {
    return root.resolve("locks").resolve(tool + ".lock");
  }

  /// The text of all clusters' host files, and the programs that run: a folder of the cache is in
  /// use if its name is in it.
  private String inUse() throws IOException {
    StringBuilder text = new StringBuilder();
    if (Files.isDirectory(runtime)) {
      for (Path cluster : list(runtime, "*")) {
        Path file = cluster.resolve(HOST_FILE);
        if (Files.isRegularFile(file)) {
          if (Files.size(file) > HOST_FILE_BYTES_MAX) {
            throw new IOException(file + " is too large: nothing is removed");
          }
          text.append(Files.readString(file, StandardCharsets.UTF_8)).append('\n');
        }
      }
    }
    ProcessHandle.allProcesses()
        .forEach(process -> process.info().command().ifPresent(c -> text.append(c).append('\n')));
    return text.toString();
  }

  private @Nullable IndexEntry read(Path file) throws IOException {
    try {
      JsonNode node = Json.parse(Files.readAllBytes(file));
      Path folder = root.resolve(node.path("path").asText()).getParent();
      Instant at = Instant.parse(node.path("at").asText());
      Path stamp = file.resolveSibling(file.getFileName() + ".stamp");
      Instant stamped = Files.exists(stamp) ? Files.getLastModifiedTime(stamp).toInstant() : at;
      String tool = node.path("tool").asText();
      if (folder == null || folder.getFileName() == null || !tool.matches("[a-z0-9-]+")) {
        return null;
      }
      return new IndexEntry(
          file,
          tool,
          node.path("version").asText(),
          node.path("recipe").asText(),
          folder,
          stamped.isAfter(at) ? stamped : at);
    } catch (java.io.UncheckedIOException
        | IllegalArgumentException
        | java.time.format.DateTimeParseException e) {
      return null;
    }
  }

  private static List<Path> list(Path folder, String glob) throws IOException {
    List<Path> files = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return files;
    }
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
      for (Path file : stream) {
        if (files.size() == FILES_MAX) {
          throw new IOException(folder + " holds more than " + FILES_MAX + " files");
        }
        files.add(file);
      }
    }
    return files;
  }
}
