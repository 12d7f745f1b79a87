package io.sskuba.rehearsal.machine;

import io.sskuba.io.RandomSource;
import java.nio.ByteBuffer;
import java.util.UUID;

/// Random UUIDs (version 4) from the source that is injected.
final class Uuids {
  private Uuids() {}

  static UUID random(RandomSource source) {
    ByteBuffer bytes = ByteBuffer.wrap(source.bytes(16));
    long high = (bytes.getLong() & ~0xf000L) | 0x4000L;
    long low = (bytes.getLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new UUID(high, low);
  }
}
