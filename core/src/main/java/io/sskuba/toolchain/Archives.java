package io.sskuba.toolchain;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/// Takes one file out of a publisher's `.tar.gz`.
/// - Limits: [#ENTRIES_MAX] entries, [#BYTES_MAX] bytes of the file.
/// - Errors: `IOException` when the archive is damaged or does not hold the entry.
/// - Source: POSIX.1-1988 `ustar`; only name, prefix, size and type are read. Programs in releases
///   have short names, so that pax and GNU extensions are skipped as entries of their own.
final class Archives {
  private static final int BLOCK = 512;
  private static final int ENTRIES_MAX = 10_000;
  private static final long BYTES_MAX = 1L << 30;

  private Archives() {}

  static void extract(Path archive, String entry, Path target) throws IOException {
    try (InputStream in =
        new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive)), 1 << 16)) {
      for (int count = 0; count < ENTRIES_MAX; count++) {
        byte[] header = in.readNBytes(BLOCK);
        if (header.length < BLOCK || header[0] == 0) {
          break;
        }
        long size = octal(header, 124, 12);
        boolean regular = header[156] == '0' || header[156] == 0;
        if (regular && name(header).equals(entry)) {
          copy(in, size, target);
          return;
        }
        in.skipNBytes((size + BLOCK - 1) / BLOCK * BLOCK);
      }
    }
    throw new IOException("no " + entry + " in " + archive.getFileName());
  }

  private static void copy(InputStream in, long size, Path target) throws IOException {
    if (size > BYTES_MAX) {
      throw new IOException("larger than " + BYTES_MAX + " bytes");
    }
    long left = size;
    byte[] chunk = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(target)) {
      while (left > 0) {
        int n = in.read(chunk, 0, (int) Math.min(chunk.length, left));
        if (n < 0) {
          throw new IOException("the archive is cut short");
        }
        out.write(chunk, 0, n);
        left -= n;
      }
    }
  }

  private static String name(byte[] header) {
    String prefix = text(header, 345, 155);
    String name = text(header, 0, 100);
    String whole = prefix.isEmpty() ? name : prefix + "/" + name;
    return whole.startsWith("./") ? whole.substring(2) : whole;
  }

  private static String text(byte[] header, int from, int length) {
    int end = from;
    while (end < from + length && header[end] != 0) {
      end++;
    }
    return new String(header, from, end - from, StandardCharsets.UTF_8);
  }

  private static long octal(byte[] header, int from, int length) throws IOException {
    String digits = text(header, from, length).strip();
    try {
      return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    } catch (NumberFormatException e) {
      throw new IOException("a damaged archive header", e);
    }
  }
}
