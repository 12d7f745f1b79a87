package io.sskuba.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.Environment;
import io.sskuba.io.RandomSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.Age;
import io.sskuba.secret.age.Recipient;
import io.sskuba.secret.age.ScryptRecipient;
import io.sskuba.secret.age.SshKeys;
import io.sskuba.secret.age.X25519Identity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentitiesTest {
  private static final RandomSource RANDOM = RandomSource.system();

  @TempDir Path folder;
  private final X25519Identity key = X25519Identity.generate(RANDOM);

  private Identities identities(Map<String, String> variables) {
    return identities(variables, PassphraseSource.none());
  }

  private Identities identities(Map<String, String> variables, PassphraseSource passphrases) {
    return new Identities(
        folder.resolve("config"), new Environment(variables, folder), RANDOM, passphrases);
  }

  private Path write(String name, byte[] bytes, String mode) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    return file;
  }

  private static void assertCode(ProblemCode code, String words, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().toString()).contains(words);
              assertThat(e.problem().next()).isNotEmpty();
              assertThat(e.problem().toString()).doesNotContain("AGE-SECRET-KEY-1");
            });
  }

  @Test
  void findingMakesNothingAndFirstUseMakesOne() throws IOException {
    Identities first = identities(Map.of());
    assertThat(first.exists()).isFalse();
    assertThat(first.find()).isEmpty();
    assertThat(folder).isEmptyDirectory();
    UserIdentity made = first.findOrCreate();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(first.file())))
        .isEqualTo("rw-------");
    assertThat(Files.readString(first.file())).contains("# public key: age1");
    Identities second = identities(Map.of());
    assertThat(second.exists()).isTrue();
    assertThat(second.findOrCreate().recipients()).isEqualTo(made.recipients());
  }

  @Test
  void manyFirstUsesEndWithOneIdentity() throws Exception {
    Set<Recipient> seen = new HashSet<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<UserIdentity>> all =
          java.util.stream.IntStream.range(0, 16)
              .mapToObj(i -> threads.submit(() -> identities(Map.of()).findOrCreate()))
              .toList();
      for (Future<UserIdentity> each : all) {
        seen.addAll(each.get().recipients());
      }
    }
    assertThat(seen).hasSize(1);
    try (var files = Files.list(folder.resolve("config"))) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void anIdentityThatOthersCanReadIsRefused() throws IOException {
    for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----", "rwxrwxrwx")) {
      write("config/identity", (key.secretText() + "\n").getBytes(StandardCharsets.UTF_8), mode);
      assertCode(ProblemCode.IDENTITY_UNUSABLE, mode, () -> identities(Map.of()).findOrCreate());
      assertCode(
          ProblemCode.IDENTITY_UNUSABLE,
          mode,
          () -> identities(Map.of("SSKUBA_IDENTITY", "file:config/identity")).find());
    }
    write(
        "config/identity", (key.secretText() + "\n").getBytes(StandardCharsets.UTF_8), "r--------");
    assertThat(identities(Map.of()).find()).isPresent();
  }

  @Test
  void theVariableComesFirst() throws IOException {
    write("ci", key.secretText().getBytes(StandardCharsets.UTF_8), "rw-------");
    write(
        "ssh",
        SshKeys.privateKeyFile(RANDOM.bytes(32)).getBytes(StandardCharsets.UTF_8),
        "rw-------");
    identities(Map.of()).findOrCreate();
    for (Map<String, String> variables :
        List.of(
            Map.of("SSKUBA_IDENTITY", "env:KEY", "KEY", key.secretText()),
            Map.of("SSKUBA_IDENTITY", "file:ci"),
            Map.of("SSKUBA_IDENTITY", "file:" + folder.resolve("ci")))) {
      assertThat(identities(variables).find().orElseThrow().recipients())
          .containsExactly(key.publicKey());
    }
    assertThat(identities(Map.of("SSKUBA_IDENTITY", "file:ssh")).find().orElseThrow().recipients())
        .first()
        .asString()
        .startsWith("ssh-ed25519 ");
  }

  /// Whoever names an identity does not want another one.
  @Test
  void aVariableThatCannotBeUsedIsNeverPassedOver() throws IOException {
    identities(Map.of()).findOrCreate();
    write("empty", new byte[0], "rw-------");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    write("large", new byte[70_000], "rw-------");
    Map<String, String> cases =
        Map.of(
            "env:NONE", "the variable NONE that it names is not set",
            "file:none", "there is no such file",
            "file:empty", "holds no age identity",
            "file:large", "larger than 64 KiB",
            "file:.", "its mode is",
            "vault:secret/x", "it is not vault:PATH#KEY",
            "pkcs11:x",
                "pkcs11: is not supported; supported are env:NAME, file:PATH, vault:PATH#KEY",
            "/path/identity", "its form is not supported");
    cases.forEach(
        (value, words) ->
            assertCode(
                ProblemCode.IDENTITY_UNUSABLE,
                words,
                () -> identities(Map.of("SSKUBA_IDENTITY", value)).findOrCreate()));
  }

  @Test
  void aPassphraseIsAskedForOnceAndNeverPrinted() throws IOException {
    byte[] sealed =
        Age.seal(
            (key.secretText() + "\n").getBytes(StandardCharsets.UTF_8),
            List.of(new ScryptRecipient("open sesame".toCharArray(), 10)),
            RANDOM);
    write("config/identity", sealed, "rw-------");
    int[] asked = {0};
    Identities asking =
        identities(
            Map.of(),
            what -> {
              asked[0]++;
              return Optional.of("open sesame".toCharArray());
            });
    assertThat(asking.exists()).isTrue();
    assertThat(asked[0]).as("exists() asks nobody").isZero();
    asking.find();
    assertThat(asking.find().orElseThrow().recipients()).containsExactly(key.publicKey());
    assertThat(asked[0]).isEqualTo(1);

    Environment env = new Environment(Map.of("SSKUBA_PASSPHRASE", "open sesame"), folder);
    assertThat(
            identities(Map.of(), PassphraseSource.ofEnvironment(env, PassphraseSource.none()))
                .find())
        .isPresent();
    assertCode(
        ProblemCode.IDENTITY_UNUSABLE, "SSKUBA_PASSPHRASE", () -> identities(Map.of()).find());
    assertCode(
        ProblemCode.IDENTITY_UNUSABLE,
        "the passphrase does not fit",
        () -> identities(Map.of(), what -> Optional.of("hunter2".toCharArray())).find());
    assertThatThrownBy(
            () -> identities(Map.of(), what -> Optional.of("hunter2".toCharArray())).find())
        .message()
        .doesNotContain("hunter2");
  }

  @Test
  void aDamagedPassphraseIdentityIsRefused() throws IOException {
    write(
        "config/identity",
        "age-encryption.org/v1\n-> scrypt".getBytes(StandardCharsets.UTF_8),
        "rw-------");
    assertCode(
        ProblemCode.IDENTITY_UNUSABLE,
        "cut short",
        () -> identities(Map.of(), what -> Optional.of("x".toCharArray())).find());
  }

  /// All sixteen cases: only one of them is refused.
  @Test
  void onlyAClusterThatNobodyCouldOpenIsRefused() {
    for (int bits = 0; bits < 16; bits++) {
      boolean terminal = (bits & 1) != 0;
      boolean thisMachine = (bits & 2) != 0;
      boolean identity = (bits & 4) != 0;
      List<String> recipients = (bits & 8) != 0 ? List.of("age1x") : List.of();
      ThrowingCallable call =
          () -> Identities.requireSomebody(terminal, thisMachine, identity, recipients);
      if (bits == 0) {
        assertCode(ProblemCode.IDENTITY_MISSING, "nobody could open", call);
        assertThat(ProblemCode.IDENTITY_MISSING.kind().exitCode()).isEqualTo(5);
      } else {
        assertThatCode(call).as("case %d", bits).doesNotThrowAnyException();
      }
    }
  }
}
