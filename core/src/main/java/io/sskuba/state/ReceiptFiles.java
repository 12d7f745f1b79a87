package io.sskuba.state;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The receipts: `KEY-CLUSTERID.json`. One is never overwritten; when a second delete of the same
/// cluster has more to say, it gets a file of its own, `KEY-CLUSTERID.2.json`.
/// - Limits: 100 receipts a cluster, 64 MiB each.
final class ReceiptFiles {
  private static final Pattern CLUSTER_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
  private static final Pattern FILE =
      Pattern.compile("(?<stem>[A-Za-z0-9._-]+?)(\\.(?<ordinal>[1-9][0-9]{0,2}))?\\.json");
  private static final int MAX_ORDINAL = 100;
  private static final long MAX_FILE = 64L * 1024 * 1024;

  private final Path folder;

  ReceiptFiles(Path folder) {
    this.folder = folder;
  }

  private record Receipt(String key, int ordinal, Instant finishedAt, String json) {}

  /// Writes the receipt unless the same one is there. Returns its file.
  Path put(String key, String clusterId, String json) throws IOException {
    if (!CLUSTER_ID.matcher(clusterId).matches()) {
      throw StoreProblems.badName("receipt", clusterId);
    }
    AtomicFiles.privateFolder(folder);
    AtomicFiles.restrict(folder);
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    for (int ordinal = 1; ordinal <= MAX_ORDINAL; ordinal++) {
      String suffix = ordinal == 1 ? "" : "." + ordinal;
      Path file = folder.resolve(key + "-" + clusterId + suffix + ".json");
      if (Files.notExists(file)) {
        AtomicFiles.write(file, bytes);
        return file;
      }
      if (java.util.Arrays.equals(Files.readAllBytes(file), bytes)) {
        return file;
      }
    }
    throw new IOException("there are 100 receipts of this cluster already");
  }

  /// Keeps a copy of a file that cannot be understood: `KEY-CLUSTERID.NAME.corrupt`, numbered where
  /// another one of that name lies there.
  Path keep(String key, String clusterId, Path file) throws IOException {
    if (!CLUSTER_ID.matcher(clusterId).matches()) {
      throw StoreProblems.badName("receipt", clusterId);
    }
    AtomicFiles.privateFolder(folder);
    AtomicFiles.restrict(folder);
    for (int ordinal = 1; ordinal <= MAX_ORDINAL; ordinal++) {
      String suffix = ordinal == 1 ? "" : "." + ordinal;
      Path kept =
          folder.resolve(key + "-" + clusterId + "." + file.getFileName() + suffix + ".corrupt");
      if (Files.notExists(kept)) {
        AtomicFiles.write(kept, Files.readAllBytes(file));
        return kept;
      }
      if (Files.mismatch(kept, file) < 0) {
        return kept;
      }
    }
    throw new IOException("there are 100 of these files already");
  }

  /// Newest first.
  List<String> of(String key) {
    List<Receipt> found = new ArrayList<>();
    for (Path file : files()) {
      if (file.getFileName().toString().startsWith(key + "-")) {
        read(file).filter(r -> r.key().equals(key)).ifPresent(found::add);
      }
    }
    found.sort(
        Comparator.comparing(Receipt::finishedAt).thenComparingInt(Receipt::ordinal).reversed());
    return found.stream().map(Receipt::json).toList();
  }

  List<String> keys() {
    List<String> keys = new ArrayList<>();
    for (Path file : files()) {
      read(file).map(Receipt::key).filter(k -> !keys.contains(k)).ifPresent(keys::add);
    }
    return List.copyOf(keys);
  }

  private List<Path> files() {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        if (FILE.matcher(entry.getFileName().toString()).matches()) {
          files.add(entry);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw StoreProblems.unwritable("the receipts cannot be listed", folder, e);
    }
    files.sort(Comparator.comparing(Path::getFileName));
    return files;
  }

  private static Optional<Receipt> read(Path file) {
    try {
      if (Files.size(file) > MAX_FILE) {
        throw StoreProblems.corrupt(file, "it is larger than 64 MiB");
      }
      String json = Files.readString(file);
      JsonNode node = Json.parse(json);
      Matcher name = FILE.matcher(file.getFileName().toString());
      if (!node.isObject() || !name.matches()) {
        throw StoreProblems.corrupt(file, "it is no receipt");
      }
      String ordinal = name.group("ordinal");
      return Optional.of(
          new Receipt(
              key(name.group("stem"), node.path("clusterId").asText("")),
              ordinal == null ? 1 : Integer.parseInt(ordinal),
              finishedAt(node, file),
              json));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (UncheckedIOException e) {
      throw StoreProblems.corrupt(file, "it is no JSON");
    } catch (IOException e) {
      throw StoreProblems.unwritable("a receipt cannot be read", file, e);
    }
  }

  /// Both parts of the name may hold a hyphen; the receipt itself says where it is.
  private static String key(String stem, String clusterId) {
    String end = "-" + clusterId;
    if (!clusterId.isEmpty() && stem.endsWith(end)) {
      return stem.substring(0, stem.length() - end.length());
    }
    int hyphen = stem.lastIndexOf('-');
    return hyphen < 0 ? stem : stem.substring(0, hyphen);
  }

  private static Instant finishedAt(JsonNode node, Path file) throws IOException {
    try {
      return Instant.parse(node.path("finishedAt").asText(""));
    } catch (DateTimeException e) {
      return Files.getLastModifiedTime(file).toInstant();
    }
  }
}
