package io.sskuba.clouds.vsphere;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An OVA taken apart: a tar archive of an OVF descriptor, its manifest, and disks. Each file is
/// compared with the manifest, where there is one.
/// - Limits: 16 files, 8 GiB each; names of files without folders.
/// - Source: DMTF DSP0243 (OVF 1.1), section 5.3; POSIX.1-1988 "ustar".
///
/// @param digest SHA-256 of the whole
record Ova(List<Member> members, String digest) {
  private static final int BLOCK = 512;
  private static final int BUFFER = 1 << 16;
  private static final int MEMBERS_MAX = 16;
  private static final long SIZE_MAX = 8L << 30;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.+-]{0,98}");
  private static final Pattern LINE =
      Pattern.compile("SHA256\\(([^)]+)\\)\\s*=\\s*([0-9a-fA-F]{64})");

  /// @param digest SHA-256
  record Member(String name, Path file, long size, String digest) {}

  /// Writes the members into a folder.
  ///
  /// Errors: `IOException` where it is no such archive, or a digest does not fit.
  static Ova open(Path file, Path folder) throws IOException {
    MessageDigest whole = sha256();
    List<Member> members = new ArrayList<>();
    try (InputStream in =
        new DigestInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER), whole)) {
      byte[] header;
      while ((header = in.readNBytes(BLOCK)).length == BLOCK && header[0] != 0) {
        String name = text(header, 0, 100);
        long size = size(header);
        if (header[156] != '0' && header[156] != 0) {
          throw new IOException("not an OVA: it holds more than files");
        }
        if (!NAME.matcher(name).matches() || size > SIZE_MAX || members.size() == MEMBERS_MAX) {
          throw new IOException("not an OVA: a name or size of its files is refused");
        }
        members.add(member(in, folder.resolve(name), name, size));
        byte[] _ =
            in.readNBytes((int) ((BLOCK - size % BLOCK) % BLOCK)); // skipping digests nothing
      }
      in.transferTo(OutputStream.nullOutputStream());
    }
    if (members.stream().filter(m -> m.name().endsWith(".ovf")).count() != 1) {
      throw new IOException("not an OVA: it has not one descriptor");
    }
    for (Member member : members) {
      if (member.name().endsWith(".mf")) {
        compare(members, Files.readString(member.file(), StandardCharsets.US_ASCII));
      }
    }
    return new Ova(List.copyOf(members), HexFormat.of().formatHex(whole.digest()));
  }

  private static Member member(InputStream in, Path file, String name, long size)
      throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[BUFFER];
    long left = size;
    try (OutputStream out = Files.newOutputStream(file)) {
      while (left > 0) {
        int length = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (length < 0) {
          throw new EOFException("the OVA ends too early");
        }
        digest.update(buffer, 0, length);
        out.write(buffer, 0, length);
        left -= length;
      }
    }
    return new Member(name, file, size, HexFormat.of().formatHex(digest.digest()));
  }

  private static void compare(List<Member> members, String manifest) throws IOException {
    Map<String, String> wanted = new HashMap<>();
    Matcher lines = LINE.matcher(manifest);
    while (lines.find()) {
      wanted.put(lines.group(1), lines.group(2).toLowerCase(Locale.ROOT));
    }
    for (Member member : members) {
      String digest = wanted.remove(member.name());
      if (digest != null && !digest.equals(member.digest())) {
        throw new IOException(member.name() + " is not what the OVA's manifest says");
      }
    }
    if (!wanted.isEmpty()) {
      throw new IOException("the OVA lacks " + String.join(", ", wanted.keySet()));
    }
  }

  private static String text(byte[] header, int start, int length) {
    String text = new String(header, start, length, StandardCharsets.US_ASCII);
    int end = text.indexOf(0);
    return (end < 0 ? text : text.substring(0, end)).strip();
  }

  private static long size(byte[] header) throws IOException {
    try {
      return Long.parseLong(text(header, 124, 12), 8);
    } catch (NumberFormatException e) {
      throw new IOException("not an OVA: no tar archive", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
