package io.sskuba.secret.age;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The text part of an age file: stanzas and the MAC over them.
///
/// @param stanzas at least one
/// @param authenticated the bytes that the MAC is over: from the first line to `---`
/// @param mac 32 bytes
/// @param length bytes of the whole header, where the payload starts
record Header(List<Stanza> stanzas, byte[] authenticated, byte[] mac, int length) {
  static final String VERSION = "age-encryption.org/v1";
  private static final String STANZA = "-> ";
  private static final String FOOTER = "---";
  private static final int COLUMNS = 64;
  private static final int MAX_STANZAS = 256;
  private static final int MAX_LINE = 4_096;
  private static final int MAX_LENGTH = 1024 * 1024;

  Header {
    stanzas = List.copyOf(stanzas);
  }

  /// The header of `stanzas`, with its MAC by the file key.
  static byte[] write(List<Stanza> stanzas, byte[] fileKey) {
    StringBuilder text = new StringBuilder(VERSION).append('\n');
    for (Stanza stanza : stanzas) {
      text.append(STANZA).append(String.join(" ", stanza.arguments())).append('\n');
      String body = Primitives.base64(stanza.body());
      int at = 0;
      for (; body.length() - at >= COLUMNS; at += COLUMNS) {
        text.append(body, at, at + COLUMNS).append('\n');
      }
      text.append(body, at, body.length()).append('\n');
    }
    byte[] authenticated = text.append(FOOTER).toString().getBytes(StandardCharsets.US_ASCII);
    String mac = " " + Primitives.base64(mac(fileKey, authenticated)) + "\n";
    return Primitives.join(authenticated, mac.getBytes(StandardCharsets.US_ASCII));
  }

  static byte[] mac(byte[] fileKey, byte[] authenticated) {
    return Primitives.hmac(Primitives.hkdf(fileKey, new byte[0], "header"), authenticated);
  }

  /// Reads the header at the start of `file`.
  /// - Limits: 256 stanzas, 4,096 characters a line, 1 MiB in all.
  /// - Errors: `CORRUPT`.
  static Header read(byte[] file) {
    Lines lines = new Lines(file);
    if (!lines.next().equals(VERSION)) {
      throw AgeException.corrupt("not an age file of version 1");
    }
    List<Stanza> stanzas = new ArrayList<>();
    while (true) {
      int start = lines.at;
      String line = lines.next();
      if (line.startsWith(FOOTER)) {
        if (stanzas.isEmpty() || !line.startsWith(FOOTER + " ")) {
          throw AgeException.corrupt("the header has no recipient or a malformed end");
        }
        byte[] mac = Primitives.base64(line.substring(FOOTER.length() + 1));
        if (mac.length != Primitives.KEY) {
          throw AgeException.corrupt("the header's MAC has the wrong length");
        }
        byte[] authenticated = new byte[start + FOOTER.length()];
        System.arraycopy(file, 0, authenticated, 0, authenticated.length);
        return new Header(stanzas, authenticated, mac, lines.at);
      }
      if (!line.startsWith(STANZA) || stanzas.size() == MAX_STANZAS) {
        throw AgeException.corrupt("the header has a malformed line or too many recipients");
      }
      stanzas.add(new Stanza(arguments(line.substring(STANZA.length())), body(lines)));
    }
  }

  private static List<String> arguments(String text) {
    List<String> arguments = List.of(text.split(" ", -1));
    if (arguments.contains("")) {
      throw AgeException.corrupt("a recipient line of the header has an empty argument");
    }
    return arguments;
  }

  private static byte[] body(Lines lines) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String line = lines.next();
      if (line.length() > COLUMNS) {
        throw AgeException.corrupt("a line of the header's base64 is too long");
      }
      body.writeBytes(Primitives.base64(line));
      if (line.length() < COLUMNS) {
        return body.toByteArray();
      }
    }
  }

  /// Lines of printable ASCII, each ended by one line feed.
  private static final class Lines {
    private final byte[] file;
    private int at;

    Lines(byte[] file) {
      this.file = file;
    }

    String next() {
      int start = at;
      int limit = Math.min(Math.min(file.length, MAX_LENGTH), start + MAX_LINE);
      while (at < limit) {
        byte b = file[at++];
        if (b == '\n') {
          return new String(file, start, at - 1 - start, StandardCharsets.US_ASCII);
        }
        if (b < 0x20 || b > 0x7e) {
          throw AgeException.corrupt("the header holds a character that is not printable ASCII");
        }
      }
      throw AgeException.corrupt("the header is cut short or too long");
    }
  }
}
