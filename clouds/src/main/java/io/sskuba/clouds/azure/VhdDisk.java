package io.sskuba.clouds.azure;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// A raw disk as Azure takes it: a fixed VHD, which is the disk, zeros up to a whole MiB, and a
/// footer of 512 bytes. The same disk gives the same bytes.
/// - Limits: 64 GiB.
/// - Source: Microsoft, Virtual Hard Disk Image Format Specification 1.0 ("Hard Disk Footer
///   Format", "CHS Calculation"); https://learn.microsoft.com/azure/virtual-machines/linux/
///   create-upload-generic (size and alignment)
///
/// @param file compressed by gzip
/// @param size of the raw disk
/// @param digest SHA-256 of the raw disk
record VhdDisk(Path file, long size, String digest) {
  static final int FOOTER = 512;
  private static final int BUFFER = 1 << 20;
  private static final long MIB = 1L << 20;
  private static final long MAX = 64L << 30;
  private static final int CHECKSUM_AT = 64;
  private static final int SECTOR = 512;

  /// Reads all of it once.
  static VhdDisk of(Path file) throws IOException {
    MessageDigest digest = sha256();
    long size = 0;
    byte[] block = new byte[BUFFER];
    try (InputStream in = raw(file)) {
      int length;
      while ((length = in.readNBytes(block, 0, BUFFER)) > 0) {
        digest.update(block, 0, length);
        size += length;
        if (size > MAX) {
          throw new IOException("larger than 64 GiB");
        }
      }
    }
    if (size == 0) {
      throw new IOException("empty");
    }
    return new VhdDisk(file, size, HexFormat.of().formatHex(digest.digest()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InputStream raw(Path file) throws IOException {
    return new GZIPInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER), BUFFER);
  }

  /// Without the footer.
  long aligned() {
    return (size + MIB - 1) / MIB * MIB;
  }

  /// Of the whole file.
  long length() {
    return aligned() + FOOTER;
  }

  InputStream open() throws IOException {
    InputStream zeros = new ByteArrayInputStream(new byte[(int) (aligned() - size)]);
    InputStream footer = new ByteArrayInputStream(footer());
    return new SequenceInputStream(Collections.enumeration(List.of(raw(file), zeros, footer)));
  }

  byte[] footer() {
    ByteBuffer footer = ByteBuffer.allocate(FOOTER);
    footer.put("conectix".getBytes(StandardCharsets.US_ASCII));
    footer.putInt(2); // features: the bit that is always set
    footer.putInt(0x0001_0000); // version of the format
    footer.putLong(-1); // a fixed disk has no header elsewhere
    footer.putInt(0); // seconds since 2000: none, or two uploads would differ
    footer.put("ssku".getBytes(StandardCharsets.US_ASCII));
    footer.putInt(0x0001_0000);
    footer.put("Wi2k".getBytes(StandardCharsets.US_ASCII));
    footer.putLong(aligned());
    footer.putLong(aligned());
    footer.putInt(geometry(aligned() / SECTOR));
    footer.putInt(2); // fixed
    footer.putInt(0); // checksum, below
    footer.put(Arrays.copyOf(HexFormat.of().parseHex(digest), 16)); // its id
    byte[] bytes = footer.array();
    int sum = 0;
    for (byte b : bytes) {
      sum += b & 0xff;
    }
    ByteBuffer.wrap(bytes).putInt(CHECKSUM_AT, ~sum);
    return bytes;
  }

  /// Cylinders, heads and sectors of a track in two, one and one byte.
  static int geometry(long sectors) {
    long total = Math.min(sectors, 65535L * 16 * 255);
    long perTrack;
    long heads;
    long tracks;
    if (total >= 65535L * 16 * 63) {
      perTrack = 255;
      heads = 16;
      tracks = total / perTrack;
    } else {
      perTrack = 17;
      tracks = total / perTrack;
      heads = Math.max(4, (tracks + 1023) / 1024);
      if (tracks >= heads * 1024 || heads > 16) {
        perTrack = 31;
        heads = 16;
        tracks = total / perTrack;
      }
      if (tracks >= heads * 1024) {
        perTrack = 63;
        heads = 16;
        tracks = total / perTrack;
      }
    }
    return (int) (tracks / heads << 16 | heads << 8 | perTrack);
  }
}
