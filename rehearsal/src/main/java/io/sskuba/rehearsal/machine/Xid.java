package io.sskuba.rehearsal.machine;

import java.nio.ByteBuffer;
import java.time.Instant;

/// Sortable event ids in the form that Talos uses: 12 bytes (seconds, machine, counter) as 20
/// characters of lower-case base 32 with extended hex.
final class Xid {
  private static final String ALPHABET = "0123456789abcdefghijklmnopqrstuv";
  static final int LENGTH = 20;

  private Xid() {}

  /// @param machine five bytes that tell machines apart
  static String of(Instant time, byte[] machine, int counter) {
    ByteBuffer raw = ByteBuffer.allocate(12);
    raw.putInt((int) time.getEpochSecond());
    raw.put(machine, 0, 5);
    raw.put((byte) (counter >> 16)).put((byte) (counter >> 8)).put((byte) counter);
    StringBuilder text = new StringBuilder(LENGTH);
    int bits = 0;
    int held = 0;
    for (byte b : raw.array()) {
      bits = (bits << 8) | (b & 0xff);
      held += 8;
      while (held >= 5) {
        held -= 5;
        text.append(ALPHABET.charAt((bits >> held) & 31));
      }
    }
    return text.append(ALPHABET.charAt((bits << (5 - held)) & 31)).toString();
  }
}
