package io.sskuba.state;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// An FQDN in a bucket, claimed for one cluster by conditional writes. See
/// [ObjectStateStore#create].
final class NameClaim {
  private final ObjectBucket bucket;
  private final Function<String, Optional<ClusterRecord>> records;
  private @Nullable String name;
  private @Nullable String tag;
  private ObjectNode content = Json.object();

  /// @param records finds a record by its key
  NameClaim(ObjectBucket bucket, Function<String, Optional<ClusterRecord>> records) {
    this.bucket = bucket;
    this.records = records;
  }

  /// Errors: `NAME_TAKEN` when a cluster that is there has the name; `STATE_RACE` when another
  /// creator was faster.
  void claim(ClusterRecord record, String nonce) {
    String object = object(record.fqdn());
    name = object;
    content =
        Json.object()
            .put("key", record.key())
            .put("clusterId", record.clusterId())
            .put("nonce", nonce);
    byte[] bytes = bytes(content);
    Optional<ObjectBucket.Stored> there = bucket.read(object);
    Optional<ClusterRecord> owner = there.flatMap(this::owner);
    if (owner.isPresent() && owner.get().fqdn().equals(record.fqdn())) {
      throw StoreProblems.taken(record, owner.get(), "FQDN");
    }
    Optional<String> written =
        there.isEmpty()
            ? Conditional.putIfAbsent(bucket, object, bytes)
            : Conditional.replace(bucket, object, bytes, there.get().tag());
    if (written.isEmpty()) {
      throw owner()
          .map(other -> StoreProblems.taken(record, other, "FQDN"))
          .orElseGet(() -> StoreProblems.raced(bucket.place(object)));
    }
    tag = written.get();
  }

  /// False when the claim was taken over meanwhile.
  boolean confirm() {
    String object = java.util.Objects.requireNonNull(name);
    byte[] confirmed = bytes(content.deepCopy().put("confirmed", true));
    return Conditional.replace(bucket, object, confirmed, java.util.Objects.requireNonNull(tag))
        .isPresent();
  }

  /// The claim of a record that was not made is left: without a record it binds nobody.
  void give() {
    tag = null;
  }

  /// Who has the name now.
  Optional<ClusterRecord> owner() {
    return bucket.read(java.util.Objects.requireNonNull(name)).flatMap(this::owner);
  }

  private Optional<ClusterRecord> owner(ObjectBucket.Stored stored) {
    try {
      return records.apply(Json.parse(stored.bytes()).path("key").asText(""));
    } catch (UncheckedIOException e) {
      throw StoreProblems.corruptAt(bucket.place("names/"), "a claim of a name is no JSON");
    }
  }

  /// Takes the claim of a record that is gone away, unless it is another's by now. Between the look
  /// and the deletion somebody may claim it: their confirmation then fails, and they try again.
  void release(ClusterRecord record) {
    String object = object(record.fqdn());
    Optional<ObjectBucket.Stored> there = bucket.read(object);
    if (!record.rehearsal()
        && there.isPresent()
        && Json.parse(there.get().bytes())
            .path("clusterId")
            .asText("")
            .equals(record.clusterId())) {
      bucket.delete(object);
    }
  }

  /// Takes away every claim of a key whose record could not be read, and is gone.
  static void releaseAll(ObjectBucket bucket, String key, int limit) {
    for (String object : bucket.names("names/", limit)) {
      bucket.read(object).filter(claim -> isOf(claim, key)).ifPresent(_ -> bucket.delete(object));
    }
  }

  private static boolean isOf(ObjectBucket.Stored claim, String key) {
    try {
      return Json.parse(claim.bytes()).path("key").asText("").equals(key);
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private static String object(String fqdn) {
    return "names/" + fqdn + ".json";
  }

  private static byte[] bytes(ObjectNode node) {
    return Json.pretty(node).getBytes(StandardCharsets.UTF_8);
  }
}
