package io.sskuba.state;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A place for objects with conditional writes: an S3 bucket, an Azure container. What an
/// [ObjectStateStore] needs of one, and no more.
///
/// Reads, writes and lists are strongly consistent, as those of both are.
/// - Limits: each call ends within 30 s, retries included. Interrupts are kept for later.
/// - Errors: `STATE_DENIED`, `STATE_UNREACHABLE`, the latter also where the bucket is not there.
public interface ObjectBucket {
  /// @param tag changes whenever the content does: what a conditional write compares
  record Stored(byte[] bytes, String tag) {}

  Optional<Stored> read(String name);

  /// Writes only if there is no object of this name. Returns the new tag, or empty if there is one.
  Optional<String> putIfAbsent(String name, byte[] bytes);

  /// Writes only if the object still has this tag. Returns the new tag, or empty if it has not.
  Optional<String> replace(String name, byte[] bytes, String tag);

  void put(String name, byte[] bytes);

  /// Idempotent.
  void delete(String name);

  /// The names that begin with `prefix`, in order; at most `limit` of them.
  List<String> names(String prefix, int limit);

  /// The store's own clock, never ahead of it, at most a few seconds behind.
  Instant clock();

  /// Where an object is, for messages.
  String place(String name);

  /// What the engine needs in its environment to reach the same store, beside the user's own
  /// variables. Secret: in no log, argument or file.
  default Map<String, String> variables() {
    return Map.of();
  }

  /// When the credentials end that this store is reached with, as they are now, renewed where they
  /// renew themselves. Empty where they do not end, or nobody says.
  default Optional<Instant> credentialsEnd() {
    return Optional.empty();
  }
}
