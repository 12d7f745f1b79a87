package io.sskuba.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import io.sskuba.io.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Lines that are only ever appended to, in numbered objects `00000001.jsonl`, … of one folder.
///
/// An object store cannot append, so the last object is written anew with each line, on condition
/// that it is as this process left it; at 128 KiB the next one begins. A line is in the store once
/// [#append] returns.
/// - Limits: 1 MiB a line, 10,000 objects: about 1.2 GiB of short lines.
/// - Thread: safe; one append at a time.
final class LineObjects {
  private static final int FULL = 128 * 1024;
  private static final int MAX_LINE = 1024 * 1024;
  private static final int MAX_OBJECTS = 10_000;
  private static final int ATTEMPTS = 5;
  private static final ObjectReader STRICT =
      Json.MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final ObjectBucket bucket;
  private final String folder;
  private @Nullable Last last;

  private record Last(int number, byte[] bytes, @Nullable String tag) {}

  /// @param folder ends with a slash
  LineObjects(ObjectBucket bucket, String folder) {
    this.bucket = bucket;
    this.folder = folder;
  }

  /// Appends all of `lines` in one write. Errors: `STATE_RACE` when another process appends there
  /// all the time.
  synchronized void append(List<String> lines) {
    ByteArrayOutputStream added = new ByteArrayOutputStream();
    for (String line : lines) {
      byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
      if (line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0 || bytes.length > MAX_LINE) {
        throw new IllegalArgumentException("not one line of at most 1 MiB");
      }
      added.writeBytes(bytes);
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Last before = last == null ? find() : last;
      if (before.bytes().length >= FULL) {
        before = new Last(before.number() + 1, new byte[0], null);
      }
      if (before.number() > MAX_OBJECTS) {
        throw new IllegalArgumentException("more than " + MAX_OBJECTS + " objects of lines");
      }
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      whole.writeBytes(before.bytes());
      whole.writeBytes(added.toByteArray());
      last = null; // unknown until the write is answered
      Optional<String> tag = write(before, whole.toByteArray());
      if (tag.isPresent()) {
        last = new Last(before.number(), whole.toByteArray(), tag.get());
        return;
      }
    }
    throw StoreProblems.raced(bucket.place(folder));
  }

  private Optional<String> write(Last before, byte[] bytes) {
    String name = name(before.number());
    return before.tag() == null
        ? Conditional.putIfAbsent(bucket, name, bytes)
        : Conditional.replace(bucket, name, bytes, before.tag());
  }

  private Last find() {
    List<String> names = bucket.names(folder, MAX_OBJECTS);
    if (names.isEmpty()) {
      return new Last(1, new byte[0], null);
    }
    String name = names.getLast();
    Optional<ObjectBucket.Stored> stored = bucket.read(name);
    return stored.isEmpty()
        ? new Last(1, new byte[0], null)
        : new Last(number(name), stored.get().bytes(), stored.get().tag());
  }

  /// All lines; one that is no JSON object is `STATE_CORRUPT`.
  List<String> readStrict() {
    List<String> lines = lines();
    for (int i = 0; i < lines.size(); i++) {
      if (!isJson(lines.get(i))) {
        throw StoreProblems.corruptAt(bucket.place(folder), "line " + (i + 1) + " is no JSON");
      }
    }
    return List.copyOf(lines);
  }

  /// All lines that are JSON objects.
  List<String> readLenient() {
    return lines().stream().filter(LineObjects::isJson).toList();
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (String name : bucket.names(folder, MAX_OBJECTS)) {
      Optional<ObjectBucket.Stored> stored = bucket.read(name);
      if (stored.isPresent()) {
        new String(stored.get().bytes(), StandardCharsets.UTF_8).lines().forEach(lines::add);
      }
    }
    return lines;
  }

  private String name(int number) {
    return folder + "%08d.jsonl".formatted(number);
  }

  private int number(String name) {
    try {
      return Integer.parseInt(name.substring(folder.length()).replace(".jsonl", ""));
    } catch (NumberFormatException e) {
      throw StoreProblems.corruptAt(bucket.place(name), "its name is no number");
    }
  }

  private static boolean isJson(String line) {
    try {
      return STRICT.readTree(line).isObject();
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
