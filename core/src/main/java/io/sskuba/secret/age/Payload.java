package io.sskuba.secret.age;

import io.sskuba.io.RandomSource;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/// The binary part of an age file: a nonce, then chunks of 64 KiB, each with its tag (STREAM).
final class Payload {
  private static final int NONCE = 16;
  private static final int CHUNK = 64 * 1024;

  private Payload() {}

  static byte[] seal(byte[] plaintext, byte[] fileKey, RandomSource random) {
    byte[] nonce = random.bytes(NONCE);
    byte[] key = Primitives.hkdf(fileKey, nonce, "payload");
    ByteArrayOutputStream out = new ByteArrayOutputStream(plaintext.length + 64);
    out.writeBytes(nonce);
    int at = 0;
    long counter = 0;
    boolean last;
    do {
      int length = Math.min(CHUNK, plaintext.length - at);
      last = at + length == plaintext.length;
      out.writeBytes(Primitives.encrypt(key, chunkNonce(counter++, last), plaintext, at, length));
      at += length;
    } while (!last);
    return out.toByteArray();
  }

  /// - Errors: `CORRUPT` when a chunk was changed, moved, cut or added.
  static byte[] open(byte[] file, int start, byte[] fileKey) {
    if (file.length - start < NONCE) {
      throw AgeException.corrupt("the file ends before its content starts");
    }
    byte[] key =
        Primitives.hkdf(fileKey, Arrays.copyOfRange(file, start, start + NONCE), "payload");
    ByteArrayOutputStream out = new ByteArrayOutputStream(file.length - start);
    int at = start + NONCE;
    long counter = 0;
    boolean last;
    do {
      int length = Math.min(CHUNK + Primitives.TAG, file.length - at);
      last = at + length == file.length;
      byte[] chunk =
          length < Primitives.TAG
              ? null
              : Primitives.decrypt(key, chunkNonce(counter, last), file, at, length);
      if (chunk == null) {
        throw AgeException.corrupt("the content was changed or cut short");
      }
      if (chunk.length == 0 && counter > 0) {
        throw AgeException.corrupt("the content ends with an empty part");
      }
      out.writeBytes(chunk);
      counter++;
      at += length;
    } while (!last);
    return out.toByteArray();
  }

  /// 11 bytes of counter, big-endian, then 1 for the last chunk.
  private static byte[] chunkNonce(long counter, boolean last) {
    byte[] nonce = new byte[12];
    for (int i = 0; i < Long.BYTES; i++) {
      nonce[10 - i] = (byte) (counter >>> (8 * i));
    }
    nonce[11] = (byte) (last ? 1 : 0);
    return nonce;
  }
}
