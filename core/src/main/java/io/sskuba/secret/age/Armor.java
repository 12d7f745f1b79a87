package io.sskuba.secret.age;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// The text form of an age file: strict PEM with the label `AGE ENCRYPTED FILE`. Only read, never
/// written.
final class Armor {
  private static final String BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
  private static final String END = "-----END AGE ENCRYPTED FILE-----";
  private static final int COLUMNS = 64;

  private Armor() {}

  /// True when the first thing in `file` after white space is the armor's first line.
  static boolean isArmored(byte[] file) {
    int at = 0;
    while (at < file.length && at < 1_024 && isSpace(file[at])) {
      at++;
    }
    String start =
        new String(
            file, at, Math.min(BEGIN.length(), file.length - at), StandardCharsets.ISO_8859_1);
    return start.equals(BEGIN);
  }

  /// The binary file inside. Errors: `CORRUPT`.
  static byte[] decode(byte[] file) {
    String text = trim(new String(file, StandardCharsets.ISO_8859_1));
    if (!text.startsWith(BEGIN) || !text.endsWith(END)) {
      throw AgeException.corrupt("the armor has no end");
    }
    String[] lines = text.split("\r?\n", -1);
    if (lines.length < 3 || !lines[0].equals(BEGIN) || !lines[lines.length - 1].equals(END)) {
      throw AgeException.corrupt("the armor's first or last line is malformed");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
    for (int i = 1; i < lines.length - 1; i++) {
      boolean last = i == lines.length - 2;
      int length = lines[i].length();
      if (length > COLUMNS || length == 0 || (!last && length != COLUMNS)) {
        throw AgeException.corrupt("a line of the armor has the wrong length");
      }
      out.writeBytes(line(lines[i], last));
    }
    return out.toByteArray();
  }

  private static byte[] line(String text, boolean last) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new AgeException(AgeException.Reason.CORRUPT, "the armor is no valid base64", e);
    }
    if (!Base64.getEncoder().encodeToString(bytes).equals(text)
        || (!last && bytes.length != COLUMNS / 4 * 3)) {
      throw AgeException.corrupt("the armor's base64 is not canonical");
    }
    return bytes;
  }

  private static String trim(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isSpace((byte) text.charAt(start))) {
      start++;
    }
    while (end > start && isSpace((byte) text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }
}
