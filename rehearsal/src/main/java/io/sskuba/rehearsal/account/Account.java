package io.sskuba.rehearsal.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The simulated account of one cloud: what exists there, in a folder of the state, shared by all
/// rehearsals and outliving every process. It is the truth that a leak is measured against.
///
/// A log of changes under a file lock; each process reads what others appended since it last
/// looked.
/// - Limits: rewritten when the log holds more than four times what is alive and is above 1 MiB.
/// - Crash-safe: a torn last line is a change that never happened, and is cut off by the next
///   writer.
public final class Account {
  private static final long COMPACT_BYTES = 1L << 20;
  private static final Map<Path, ReentrantLock> WITHIN_JVM = new ConcurrentHashMap<>();

  private final Path folder;
  private final Path log;
  private final Map<String, CloudResource> resources = new LinkedHashMap<>();
  private final Map<String, Long> counters = new LinkedHashMap<>();
  private long offset;
  private @Nullable Object fileKey;

  private Account(Path folder) {
    this.folder = folder;
    this.log = folder.resolve("account.jsonl");
  }

  /// The account in `folder`, which need not be there yet.
  public static Account at(Path folder) {
    return new Account(folder);
  }

  /// What is done under the account's lock.
  @FunctionalInterface
  public interface Work<T, E extends Exception> {
    T in(View view) throws E;
  }

  /// Runs `work` on the account as it is now and makes its changes durable together. When it
  /// throws, nothing is changed but the counters.
  public synchronized <T, E extends Exception> T change(Work<T, E> work) throws E, IOException {
    AtomicFiles.privateFolder(folder);
    ReentrantLock within =
        WITHIN_JVM.computeIfAbsent(folder.toRealPath(), _ -> new ReentrantLock());
    within.lock();
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve("account.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      catchUp();
      View view = new View();
      try {
        T result = work.in(view);
        append(view.lines);
        return result;
      } catch (Exception e) {
        view.undo();
        append(view.counted);
        throw e;
      }
    } finally {
      within.unlock();
    }
  }

  /// Everything there is now.
  public List<CloudResource> all() throws IOException {
    return change(View::all);
  }

  /// Everything that one cluster made.
  public List<CloudResource> of(String clusterId) throws IOException {
    return all().stream().filter(r -> r.cluster().equals(clusterId)).toList();
  }

  private void catchUp() throws IOException {
    if (!Files.exists(log)) {
      resources.clear();
      counters.clear();
      offset = 0;
      fileKey = null;
      return;
    }
    Object key = Files.readAttributes(log, BasicFileAttributes.class).fileKey();
    long size = Files.size(log);
    if (!java.util.Objects.equals(key, fileKey) || size < offset) {
      resources.clear();
      counters.clear();
      offset = 0;
      fileKey = key;
    }
    if (size == offset) {
      return;
    }
    byte[] tail;
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(size - offset));
      while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
        continue;
      }
      tail = buffer.array();
    }
    int from = 0;
    for (int i = 0; i < tail.length; i++) {
      if (tail[i] == '\n') {
        replay(Json.parse(new String(tail, from, i - from, StandardCharsets.UTF_8)));
        from = i + 1;
      }
    }
    offset += from;
    if (from < tail.length) {
      try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
        channel.truncate(offset);
      }
    }
  }

  private void replay(JsonNode line) {
    if (line.has("put")) {
      CloudResource resource = CloudResource.fromJson(line.get("put"));
      resources.put(resource.id(), resource);
    } else if (line.has("remove")) {
      resources.remove(line.get("remove").asText());
    } else if (line.has("count")) {
      counters.put(line.get("count").asText(), line.get("value").asLong());
    }
  }

  private void append(List<ObjectNode> lines) throws IOException {
    if (lines.isEmpty()) {
      return;
    }
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(Json.compact(line)).append('\n'));
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    if (!Files.exists(log)) {
      Files.createFile(
          log, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer, offset + buffer.position());
      }
    }
    offset += bytes.length;
    fileKey = Files.readAttributes(log, BasicFileAttributes.class).fileKey();
    compact();
  }

  private void compact() throws IOException {
    if (offset < COMPACT_BYTES) {
      return;
    }
    StringBuilder alive = new StringBuilder();
    for (CloudResource resource : resources.values()) {
      ObjectNode line = Json.object();
      line.set("put", resource.toJson());
      alive.append(Json.compact(line)).append('\n');
    }
    counters.forEach(
        (name, value) ->
            alive
                .append(Json.compact(Json.object().put("count", name).put("value", value)))
                .append('\n'));
    byte[] bytes = alive.toString().getBytes(StandardCharsets.UTF_8);
    if (offset > 4L * bytes.length) {
      AtomicFiles.write(log, bytes);
      offset = bytes.length;
      fileKey = Files.readAttributes(log, BasicFileAttributes.class).fileKey();
    }
  }

  /// The account while it is locked.
  public final class View {
    private final List<ObjectNode> lines = new ArrayList<>();
    private final List<ObjectNode> counted = new ArrayList<>();
    private final Map<String, Optional<CloudResource>> before = new LinkedHashMap<>();

    private Predicate<CloudResource> shown = _ -> true;

    private View() {}

    /// References to what a cloud does not show yet are references to nothing.
    public void show(Predicate<CloudResource> which) {
      shown = which;
    }

    public Optional<CloudResource> find(String id) {
      return Optional.ofNullable(resources.get(id));
    }

    /// A resource of this type, or the fault that a reference to nothing is.
    public CloudResource require(String type, String id, String message) throws CloudFault {
      CloudResource found = resources.get(id);
      if (found == null || !found.type().equals(type) || !shown.test(found)) {
        throw new CloudFault(CloudFault.Kind.NOT_FOUND, message);
      }
      return found;
    }

    public List<CloudResource> all() {
      return List.copyOf(resources.values());
    }

    public List<CloudResource> ofType(String type) {
      return resources.values().stream().filter(r -> r.type().equals(type)).toList();
    }

    public void put(CloudResource resource) {
      remember(resource.id());
      resources.put(resource.id(), resource);
      ObjectNode line = Json.object();
      line.set("put", resource.toJson());
      lines.add(line);
    }

    public void remove(String id) {
      remember(id);
      resources.remove(id);
      lines.add(Json.object().put("remove", id));
    }

    /// The next number of a counter, from 1. Counts on although the change itself fails.
    public long next(String counter) {
      long value = counters.getOrDefault(counter, 0L) + 1;
      counters.put(counter, value);
      ObjectNode line = Json.object().put("count", counter).put("value", value);
      lines.add(line);
      counted.add(line);
      return value;
    }

    /// What a counter says now.
    public long count(String counter) {
      return counters.getOrDefault(counter, 0L);
    }

    private void remember(String id) {
      before.putIfAbsent(id, Optional.ofNullable(resources.get(id)));
    }

    /// Ids that were changed under this lock, with what they were before.
    public Map<String, Optional<CloudResource>> touched() {
      return before;
    }

    private void undo() {
      before.forEach(
          (id, was) -> {
            if (was.isPresent()) {
              resources.put(id, was.get());
            } else {
              resources.remove(id);
            }
          });
    }
  }
}
