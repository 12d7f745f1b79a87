package io.sskuba.secret.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.RandomSource;
import io.sskuba.testkit.Peers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Both directions with the real `age`, and the published test vectors of the format.
class AgePeerIT {
  private static final RandomSource RANDOM = RandomSource.system();

  @TempDir Path folder;

  private byte[] run(byte[] input, String... argv) throws Exception {
    Path in = Files.write(folder.resolve("in"), input);
    Path out = folder.resolve("out");
    Process process =
        new ProcessBuilder(argv)
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("err").toFile())
            .start();
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("%s ended", argv[0]).isTrue();
      assertThat(process.exitValue()).as("%s", Files.readString(folder.resolve("err"))).isZero();
      return Files.readAllBytes(out);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatWeSealAgeOpens() throws Exception {
    String age = Peers.require("age").toString();
    X25519Identity identity = X25519Identity.generate(RANDOM);
    Path keyFile = Files.writeString(folder.resolve("key"), identity.secretText() + "\n");
    for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000}) {
      byte[] content = RANDOM.bytes(size);
      byte[] sealed =
          Age.seal(
              content,
              List.of(X25519Identity.generate(RANDOM).publicKey(), identity.publicKey()),
              RANDOM);
      assertThat(run(sealed, age, "-d", "-i", keyFile.toString()))
          .as("%d bytes", size)
          .isEqualTo(content);
    }
  }

  @Test
  void whatAgeSealsWeOpen() throws Exception {
    String age = Peers.require("age").toString();
    byte[] keygen = run(new byte[0], Peers.require("age-keygen").toString());
    List<Identity> identities = Age.identities(new String(keygen, StandardCharsets.UTF_8));
    String recipient = identities.getFirst().recipient().orElseThrow().toString();
    assertThat(new String(keygen, StandardCharsets.UTF_8)).contains("public key: " + recipient);
    for (int size : new int[] {0, 1, 65_536, 131_072, 300_000}) {
      byte[] content = RANDOM.bytes(size);
      assertThat(Age.open(run(content, age, "-r", recipient), identities)).isEqualTo(content);
      assertThat(Age.open(run(content, age, "-a", "-r", recipient), identities)).isEqualTo(content);
    }
  }

  @Test
  void sshKeysWorkBothWays() throws Exception {
    String age = Peers.require("age").toString();
    Path ssh = folder.resolve("id_ed25519");
    Files.writeString(ssh, SshKeys.privateKeyFile(RANDOM.bytes(32)));
    Files.setPosixFilePermissions(
        ssh, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    List<Identity> identities = Age.identities(Files.readString(ssh));
    Recipient recipient = Recipient.parse(identities.getFirst().recipient().orElseThrow() + " a@b");
    byte[] content = RANDOM.bytes(1_000);
    byte[] ours = Age.seal(content, List.of(recipient), RANDOM);
    assertThat(run(ours, age, "-d", "-i", ssh.toString())).isEqualTo(content);
    byte[] theirs = run(content, age, "-r", recipient.toString());
    assertThat(Age.open(theirs, identities)).isEqualTo(content);
  }

  @TestFactory
  Stream<DynamicTest> publishedVectors() throws IOException {
    Path kit = Peers.require("age-testkit");
    List<Path> files;
    try (Stream<Path> list = Files.list(kit)) {
      files = list.sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(80);
    return files.stream()
        .map(Vector::read)
        .filter(Vector::isForUs)
        .map(vector -> DynamicTest.dynamicTest(vector.name(), vector::check));
  }

  private record Vector(String name, Map<String, List<String>> keys, byte[] file) {

    static Vector read(Path path) {
      try {
        byte[] all = Files.readAllBytes(path);
        Map<String, List<String>> keys = new LinkedHashMap<>();
        int at = 0;
        while (all[at] != '\n') {
          int end = at;
          while (all[end] != '\n') {
            end++;
          }
          String[] pair = new String(all, at, end - at, StandardCharsets.UTF_8).split(": ", 2);
          keys.computeIfAbsent(pair[0], k -> new ArrayList<>()).add(pair[1]);
          at = end + 1;
        }
        byte[] file = Arrays.copyOfRange(all, at + 1, all.length);
        if (keys.getOrDefault("compressed", List.of()).contains("zlib")) {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(file))) {
            in.transferTo(out);
          }
          file = out.toByteArray();
        }
        return new Vector(path.getFileName().toString(), keys, file);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    /// Post-quantum keys are a later addition to the format that we do not offer.
    boolean isForUs() {
      return keys.getOrDefault("identity", List.of()).stream()
          .allMatch(i -> i.startsWith("AGE-SECRET-KEY-1"));
    }

    void check() throws Exception {
      List<Identity> identities = new ArrayList<>();
      for (String text : keys.getOrDefault("identity", List.of())) {
        identities.addAll(Age.identities(text));
      }
      for (String text : keys.getOrDefault("passphrase", List.of())) {
        identities.add(new ScryptIdentity(text.toCharArray()));
      }
      String expected = keys.getOrDefault("expect", List.of("")).getFirst();
      boolean armored = keys.getOrDefault("armored", List.of()).contains("yes");
      if (armored != Armor.isArmored(file) && !expected.equals("armor failure")) {
        throw new AssertionError("armor not recognised");
      }
      switch (expected) {
        case "success" -> {
          byte[] digest = Primitives.digest("SHA-256", Age.open(file, identities));
          assertThat(HexFormat.of().formatHex(digest))
              .isEqualTo(keys.getOrDefault("payload", List.of("")).getFirst());
        }
        case "no match" ->
            assertThatThrownBy(() -> Age.open(file, identities))
                .isInstanceOfSatisfying(
                    AgeException.class,
                    e -> assertThat(e.reason()).isEqualTo(AgeException.Reason.NO_MATCH));
        default ->
            assertThatThrownBy(() -> Age.open(file, identities))
                .isInstanceOfSatisfying(
                    AgeException.class,
                    e -> assertThat(e.reason()).isEqualTo(AgeException.Reason.CORRUPT));
      }
    }
  }
}
