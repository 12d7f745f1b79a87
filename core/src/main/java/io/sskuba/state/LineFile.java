package io.sskuba.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A file of JSON lines that is only ever appended to.
///
/// A line counts once its line feed is there. What a crash left after the last line feed is no
/// line: reading ignores it, the next append cuts it off.
/// - Limits: 1 MiB a line, 256 MiB a file.
final class LineFile {
  private static final int MAX_LINE = 1024 * 1024;
  private static final long MAX_FILE = 256L * 1024 * 1024;
  private static final ObjectReader STRICT =
      Json.MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path file;

  LineFile(Path file) {
    this.file = file;
  }

  /// Appends one line in one write. After a failure the file is as it was before.
  ///
  /// @param durable true to return only once the line is on the disk
  void append(String line, boolean durable) throws IOException {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    if (line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0 || bytes.length > MAX_LINE) {
      throw new IllegalArgumentException("not one line of at most 1 MiB");
    }
    boolean made = AtomicFiles.createPrivate(file);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      long end = endOfLastWholeLine(out);
      if (end + bytes.length > MAX_FILE) {
        throw new IOException("it would grow beyond 256 MiB");
      }
      if (end < out.length()) {
        out.setLength(end);
      }
      out.seek(end);
      try {
        out.write(bytes);
        if (durable) {
          out.getFD().sync();
        }
      } catch (IOException e) {
        cutBack(out, end, e);
        throw e;
      }
    }
    if (made && durable) {
      AtomicFiles.syncFolder(folder());
    }
  }

  /// All lines. A line that is no JSON is `STATE_CORRUPT`, unless it holds NUL bytes and is the
  /// last one, which is what a power cut leaves of an append.
  List<String> readStrict() throws IOException {
    List<String> lines = lines();
    for (int i = 0; i < lines.size(); i++) {
      if (!isJson(lines.get(i))) {
        if (i == lines.size() - 1 && lines.get(i).indexOf('\0') >= 0) {
          return List.copyOf(lines.subList(0, i));
        }
        throw StoreProblems.corrupt(file, "line " + (i + 1) + " is no JSON");
      }
    }
    return List.copyOf(lines);
  }

  /// All lines that are JSON.
  List<String> readLenient() throws IOException {
    return lines().stream().filter(LineFile::isJson).toList();
  }

  private List<String> lines() throws IOException {
    byte[] bytes;
    try {
      if (Files.size(file) > MAX_FILE) {
        throw StoreProblems.corrupt(file, "it is larger than 256 MiB");
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        lines.add(new String(bytes, start, i - start, StandardCharsets.UTF_8));
        start = i + 1;
      }
    }
    return lines;
  }

  private static boolean isJson(String line) {
    try {
      return STRICT.readTree(line).isObject();
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /// Where the next line goes: after the last line feed whose line was not lost in a power cut.
  private static long endOfLastWholeLine(RandomAccessFile in) throws IOException {
    long end = afterLineFeed(in, in.length());
    long start = end == 0 ? 0 : afterLineFeed(in, end - 1);
    byte[] last = new byte[(int) Math.min(end - start, MAX_LINE)];
    in.seek(start);
    in.readFully(last);
    for (byte b : last) {
      if (b == 0) {
        return start;
      }
    }
    return end;
  }

  /// Offset just after the last line feed before `limit`, or 0.
  private static long afterLineFeed(RandomAccessFile in, long limit) throws IOException {
    long end = limit;
    byte[] block = new byte[8_192];
    while (end > 0) {
      int length = (int) Math.min(block.length, end);
      in.seek(end - length);
      in.readFully(block, 0, length);
      for (int i = length - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return end - length + i + 1;
        }
      }
      end -= length;
    }
    return 0;
  }

  private static void cutBack(RandomAccessFile out, long end, IOException cause) {
    try {
      out.setLength(end);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private Path folder() {
    return java.util.Objects.requireNonNull(file.toAbsolutePath().getParent());
  }
}
