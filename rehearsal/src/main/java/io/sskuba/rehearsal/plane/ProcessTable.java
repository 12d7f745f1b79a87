package io.sskuba.rehearsal.plane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The processes of one machine as the file `pids.json` in its memory folder, so that a later
/// process of ours can find them when the host died.
///
/// A pid alone proves nothing: it is kept with the start time that the kernel gave it and the boot
/// that this happened in.
final class ProcessTable {
  static final String FILE = "pids.json";
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private final Path file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  ProcessTable(Path memory) {
    this.file = memory.resolve(FILE);
  }

  /// @param start the kernel's start time: clock ticks since boot on Linux, else epoch milliseconds
  record Entry(String name, long pid, long start, String boot) {
    /// The very process, when it still runs.
    Optional<ProcessHandle> handle() {
      return ProcessHandle.of(pid)
          .filter(ProcessHandle::isAlive)
          .filter(h -> boot.equals(bootId()) && start == startOf(pid));
    }
  }

  synchronized void put(String name, long pid) {
    entries.put(name, new Entry(name, pid, startOf(pid), bootId()));
    save();
  }

  synchronized void remove(String name) {
    if (entries.remove(name) != null) {
      save();
    }
  }

  private void save() {
    ArrayNode all = Json.MAPPER.createArrayNode();
    for (Entry entry : entries.values()) {
      ObjectNode node = all.addObject();
      node.put("name", entry.name()).put("pid", entry.pid());
      node.put("start", entry.start()).put("boot", entry.boot());
    }
    try {
      AtomicFiles.writeString(file, Json.pretty(Json.object().set("processes", all)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Entry> read(Path memory) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try {
      JsonNode file = Json.parse(Files.readAllBytes(memory.resolve(FILE)));
      for (JsonNode node : file.path("processes")) {
        entries.add(
            new Entry(
                node.path("name").asText(),
                node.path("pid").asLong(),
                node.path("start").asLong(),
                node.path("boot").asText()));
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (UncheckedIOException e) {
      throw new IOException(memory.resolve(FILE) + " is not JSON", e);
    }
    return entries;
  }

  static String bootId() {
    try {
      return Files.readString(BOOT_ID).strip();
    } catch (IOException e) {
      return "";
    }
  }

  static long startOf(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      // The name in parentheses may hold blanks: fields are counted after it.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Long.parseLong(fields[19]);
    } catch (IOException | RuntimeException e) {
      return ProcessHandle.of(pid)
          .flatMap(h -> h.info().startInstant())
          .map(java.time.Instant::toEpochMilli)
          .orElse(0L);
    }
  }
}
