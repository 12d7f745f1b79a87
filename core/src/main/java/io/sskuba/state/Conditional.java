package io.sskuba.state;

import java.util.Arrays;
import java.util.Optional;

/// Conditional writes whose answer may get lost.
///
/// A write that took effect and whose answer was lost is sent again, and is then refused: by
/// itself. So a refusal counts only if what lies there is not what we wrote. Everything that is
/// written on condition holds something random, or is written by the holder of a lease alone.
final class Conditional {
  private Conditional() {}

  static Optional<String> putIfAbsent(ObjectBucket bucket, String name, byte[] bytes) {
    Optional<String> tag = bucket.putIfAbsent(name, bytes);
    return tag.isPresent() ? tag : ours(bucket, name, bytes);
  }

  static Optional<String> replace(ObjectBucket bucket, String name, byte[] bytes, String tag) {
    Optional<String> changed = bucket.replace(name, bytes, tag);
    return changed.isPresent() ? changed : ours(bucket, name, bytes);
  }

  private static Optional<String> ours(ObjectBucket bucket, String name, byte[] bytes) {
    return bucket
        .read(name)
        .filter(stored -> Arrays.equals(stored.bytes(), bytes))
        .map(ObjectBucket.Stored::tag);
  }
}
