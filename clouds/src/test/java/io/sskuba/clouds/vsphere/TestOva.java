package io.sskuba.clouds.vsphere;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/// Small OVAs, as the factory's are: a descriptor, a manifest, and a disk in the stream format.
final class TestOva {
  private TestOva() {}

  static Map<String, byte[]> members(int seed) {
    Map<String, byte[]> members = new LinkedHashMap<>();
    members.put(
        "vmware-amd64.ovf",
        ("<?xml version=\"1.0\"?><Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"/>"
                + "<!-- "
                + seed
                + " -->")
            .getBytes(StandardCharsets.UTF_8));
    members.put("vmware-amd64.vmdk", disk(seed));
    StringBuilder manifest = new StringBuilder();
    members.forEach(
        (name, bytes) ->
            manifest
                .append("SHA256(")
                .append(name)
                .append(")= ")
                .append(HexFormat.of().formatHex(sha256(bytes)))
                .append('\n'));
    members.put("vmware-amd64.mf", manifest.toString().getBytes(StandardCharsets.US_ASCII));
    return members;
  }

  static Path write(Path file, Map<String, byte[]> members) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    members.forEach(
        (name, bytes) -> {
          byte[] header = new byte[512];
          put(header, 0, name);
          put(header, 100, "0000644");
          put(header, 124, "%011o".formatted(bytes.length));
          put(header, 257, "ustar");
          header[156] = '0';
          out.writeBytes(header);
          out.writeBytes(bytes);
          out.writeBytes(new byte[(512 - bytes.length % 512) % 512]);
        });
    out.writeBytes(new byte[1024]);
    return Files.write(file, out.toByteArray());
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private static byte[] disk(int seed) {
    byte[] disk = new byte[100_000];
    ByteBuffer header = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(0x564d444b).putInt(3).putInt((1 << 16) | (1 << 17) | 1).putLong(2048);
    byte[] descriptor =
        "version=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"streamOptimized\"\nRW 2048 SPARSE \"d.vmdk\"\n"
            .getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(descriptor, 0, disk, 512, descriptor.length);
    Arrays.fill(disk, 1024, disk.length, (byte) seed);
    return disk;
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
