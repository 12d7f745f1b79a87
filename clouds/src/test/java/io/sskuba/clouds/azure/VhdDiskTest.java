package io.sskuba.clouds.azure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VhdDiskTest {
  @TempDir Path folder;

  private VhdDisk disk(byte[] raw) throws IOException {
    Path file = folder.resolve("disk.raw.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(raw);
    }
    return VhdDisk.of(file);
  }

  @Test
  void aDiskIsFollowedByZerosToAWholeMebibyteAndAFooterThatAddsUp() throws IOException {
    byte[] raw = new byte[(1 << 20) + 1];
    raw[1 << 20] = 7;
    VhdDisk disk = disk(raw);
    assertThat(disk.size()).isEqualTo(raw.length);
    assertThat(disk.length()).isEqualTo((2 << 20) + 512);
    byte[] all;
    try (var in = disk.open()) {
      all = in.readAllBytes();
    }
    assertThat(all).hasSize((2 << 20) + 512);
    assertThat(all[1 << 20]).isEqualTo((byte) 7);
    byte[] footer = java.util.Arrays.copyOfRange(all, 2 << 20, all.length);
    assertThat(footer).isEqualTo(disk.footer());
    ByteBuffer read = ByteBuffer.wrap(footer);
    assertThat(read.getLong(40)).as("original size").isEqualTo(2 << 20);
    assertThat(read.getLong(48)).as("current size").isEqualTo(2 << 20);
    assertThat(read.getInt(60)).as("fixed").isEqualTo(2);
    int sum = read.getInt(64);
    read.putInt(64, 0);
    int all512 = 0;
    for (byte b : footer) {
      all512 += b & 0xff;
    }
    assertThat(sum).isEqualTo(~all512);
  }

  /// By hand from the specification's appendix "CHS Calculation".
  @ParameterizedTest
  @CsvSource({
    // sectors, cylinders, heads, sectors of a track
    "4096, 60, 4, 17",
    "2097152, 2080, 16, 63",
    "18874368, 18724, 16, 63",
    "134217728, 32896, 16, 255"
  })
  void geometryIsAsTheSpecificationCounts(long sectors, int cylinders, int heads, int track) {
    assertThat(VhdDisk.geometry(sectors)).isEqualTo(cylinders << 16 | heads << 8 | track);
  }
}
