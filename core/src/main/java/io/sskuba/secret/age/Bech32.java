package io.sskuba.secret.age;

import java.io.ByteArrayOutputStream;
import java.util.Locale;

/// Bech32 (BIP 173) without its limit of 90 characters, as age uses it.
/// - Limits: 1,000 characters.
/// - Errors: `BAD_KEY`; messages never repeat the text, which may be a secret.
final class Bech32 {
  private static final String ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  private static final int[] GENERATOR = {
    0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3
  };
  private static final int CHECKSUM_LENGTH = 6;
  private static final int LIMIT = 1_000;

  private Bech32() {}

  record Decoded(String prefix, byte[] data) {}

  /// Lower case; callers that need upper case convert the whole text.
  static String encode(String prefix, byte[] data) {
    int[] groups = toGroups(data);
    int[] all = new int[groups.length + CHECKSUM_LENGTH];
    System.arraycopy(groups, 0, all, 0, groups.length);
    int checksum = polymod(prefix, all) ^ 1;
    StringBuilder text = new StringBuilder(prefix).append('1');
    for (int group : groups) {
      text.append(ALPHABET.charAt(group));
    }
    for (int i = 0; i < CHECKSUM_LENGTH; i++) {
      text.append(ALPHABET.charAt(checksum >>> (5 * (CHECKSUM_LENGTH - 1 - i)) & 31));
    }
    return text.toString();
  }

  static Decoded decode(String text) {
    if (text.length() > LIMIT) {
      throw AgeException.badKey("longer than any key");
    }
    String lower = text.toLowerCase(Locale.ROOT);
    if (!text.equals(lower) && !text.equals(text.toUpperCase(Locale.ROOT))) {
      throw AgeException.badKey("mixes upper and lower case");
    }
    int separator = lower.lastIndexOf('1');
    if (separator < 1 || lower.length() - separator - 1 < CHECKSUM_LENGTH) {
      throw AgeException.badKey("no Bech32 text");
    }
    String prefix = lower.substring(0, separator);
    int[] groups = new int[lower.length() - separator - 1];
    for (int i = 0; i < groups.length; i++) {
      groups[i] = ALPHABET.indexOf(lower.charAt(separator + 1 + i));
      if (groups[i] < 0) {
        throw AgeException.badKey("holds a character that Bech32 does not have");
      }
    }
    if (polymod(prefix, groups) != 1) {
      throw AgeException.badKey("its checksum does not fit: a typing error?");
    }
    return new Decoded(prefix, toBytes(groups, groups.length - CHECKSUM_LENGTH));
  }

  private static int[] toGroups(byte[] data) {
    int[] groups = new int[(data.length * 8 + 4) / 5];
    for (int i = 0; i < groups.length; i++) {
      int value = 0;
      for (int bit = i * 5; bit < i * 5 + 5; bit++) {
        int set = bit < data.length * 8 ? data[bit / 8] >>> (7 - bit % 8) & 1 : 0;
        value = value << 1 | set;
      }
      groups[i] = value;
    }
    return groups;
  }

  private static byte[] toBytes(int[] groups, int length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int buffer = 0;
    int bits = 0;
    for (int i = 0; i < length; i++) {
      buffer = (buffer << 5 | groups[i]) & 0xfff;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        out.write(buffer >>> bits & 0xff);
      }
    }
    if (bits >= 5 || (buffer & (1 << bits) - 1) != 0) {
      throw AgeException.badKey("its padding is not zero");
    }
    return out.toByteArray();
  }

  private static int polymod(String prefix, int[] values) {
    int checksum = 1;
    for (int i = 0; i < prefix.length(); i++) {
      checksum = step(checksum, prefix.charAt(i) >>> 5);
    }
    checksum = step(checksum, 0);
    for (int i = 0; i < prefix.length(); i++) {
      checksum = step(checksum, prefix.charAt(i) & 31);
    }
    for (int value : values) {
      checksum = step(checksum, value);
    }
    return checksum;
  }

  private static int step(int checksum, int value) {
    int top = checksum >>> 25;
    int next = (checksum & 0x1ffffff) << 5 ^ value;
    for (int i = 0; i < GENERATOR.length; i++) {
      if ((top >>> i & 1) == 1) {
        next ^= GENERATOR[i];
      }
    }
    return next;
  }
}
