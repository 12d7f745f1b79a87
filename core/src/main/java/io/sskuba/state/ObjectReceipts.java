package io.sskuba.state;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The receipts in a bucket: `receipts/KEY/CLUSTERID.N.json`, never overwritten.
/// - Limits: 100 receipts a cluster.
final class ObjectReceipts {
  private static final Pattern CLUSTER_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
  private static final String ROOT = "receipts/";
  private static final int MAX_OBJECTS = 100_000;

  private final ObjectBucket bucket;
  private final int limit;

  ObjectReceipts(ObjectBucket bucket, int limit) {
    this.bucket = bucket;
    this.limit = limit;
  }

  private record Receipt(String name, Instant finishedAt, String json) {}

  /// Writes the receipt unless the same one is there. Returns its place.
  String put(String key, String clusterId, String json) {
    if (!CLUSTER_ID.matcher(clusterId).matches()) {
      throw StoreProblems.badName("receipt", clusterId);
    }
    return numbered(key, clusterId + ".%03d.json", json.getBytes(StandardCharsets.UTF_8));
  }

  /// Keeps a copy of something that cannot be understood, beside the receipts.
  String keep(String key, String clusterId, String name, byte[] bytes) {
    if (!CLUSTER_ID.matcher(clusterId).matches()) {
      throw StoreProblems.badName("receipt", clusterId);
    }
    return numbered(key, clusterId + "." + name.replace("%", "") + ".%03d.corrupt", bytes);
  }

  private String numbered(String key, String pattern, byte[] bytes) {
    for (int ordinal = 1; ordinal <= limit; ordinal++) {
      String name = ROOT + key + "/" + pattern.formatted(ordinal);
      Optional<ObjectBucket.Stored> there = bucket.read(name);
      if (there.isPresent() && Arrays.equals(there.get().bytes(), bytes)) {
        return bucket.place(name);
      }
      if (there.isEmpty() && Conditional.putIfAbsent(bucket, name, bytes).isPresent()) {
        return bucket.place(name);
      }
    }
    throw StoreProblems.corruptAt(
        bucket.place(ROOT + key), "there are " + limit + " receipts of this cluster already");
  }

  /// Newest first.
  List<String> of(String key) {
    List<Receipt> found = new ArrayList<>();
    for (String name : bucket.names(ROOT + key + "/", MAX_OBJECTS)) {
      if (!name.endsWith(".json")) {
        continue; // kept copies
      }
      bucket.read(name).map(stored -> receipt(name, stored)).ifPresent(found::add);
    }
    found.sort(Comparator.comparing(Receipt::finishedAt).thenComparing(Receipt::name).reversed());
    return found.stream().map(Receipt::json).toList();
  }

  List<String> keys() {
    return bucket.names(ROOT, MAX_OBJECTS).stream()
        .filter(name -> name.endsWith(".json"))
        .map(name -> name.substring(ROOT.length()))
        .filter(name -> name.indexOf('/') > 0)
        .map(name -> name.substring(0, name.indexOf('/')))
        .distinct()
        .toList();
  }

  private Receipt receipt(String name, ObjectBucket.Stored stored) {
    String json = new String(stored.bytes(), StandardCharsets.UTF_8);
    try {
      JsonNode node = Json.parse(json);
      String finished = node.path("finishedAt").asText("");
      return new Receipt(name, finished.isEmpty() ? Instant.EPOCH : Instant.parse(finished), json);
    } catch (UncheckedIOException | DateTimeException e) {
      throw StoreProblems.corruptAt(bucket.place(name), "it is no receipt");
    }
  }
}
