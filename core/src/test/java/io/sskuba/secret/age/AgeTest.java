package io.sskuba.secret.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.RandomSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AgeTest {
  private static final RandomSource RANDOM = RandomSource.system();
  private final X25519Identity identity = X25519Identity.generate(RANDOM);

  private static void assertReason(
      AgeException.Reason reason, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(AgeException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void opensWhatItSealedAtEverySizeAroundAChunk() {
    for (int size : new int[] {0, 1, 15, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073}) {
      byte[] content = RANDOM.bytes(size);
      byte[] sealed = Age.seal(content, List.of(identity.publicKey()), RANDOM);
      assertThat(Age.open(sealed, List.of(identity))).as("%d bytes", size).isEqualTo(content);
    }
  }

  @Test
  void anyRecipientOpens() {
    X25519Identity other = X25519Identity.generate(RANDOM);
    Identity ssh = Age.identities(SshKeys.privateKeyFile(RANDOM.bytes(32))).getFirst();
    byte[] sealed =
        Age.seal(
            new byte[] {1},
            List.of(identity.publicKey(), ssh.recipient().orElseThrow(), other.publicKey()),
            RANDOM);
    for (Identity each : List.of(identity, other, ssh)) {
      assertThat(Age.open(sealed, List.of(each))).containsExactly(1);
    }
    assertReason(
        AgeException.Reason.NO_MATCH,
        () -> Age.open(sealed, List.of(X25519Identity.generate(RANDOM))));
  }

  /// Every single bit of a small file is flipped once: none may pass unseen.
  @Test
  void noFlippedBitIsAccepted() {
    byte[] sealed = Age.seal(new byte[] {1, 2, 3}, List.of(identity.publicKey()), RANDOM);
    for (int bit = 0; bit < sealed.length * 8; bit++) {
      byte[] changed = sealed.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      int at = bit;
      assertThatThrownBy(() -> Age.open(changed, List.of(identity)))
          .as("bit %d", at)
          .isInstanceOf(AgeException.class);
    }
  }

  @Test
  void noCutFileIsAccepted() {
    byte[] sealed = Age.seal(new byte[70_000], List.of(identity.publicKey()), RANDOM);
    Random seeded = new Random(20261124);
    List<Integer> lengths =
        new ArrayList<>(List.of(0, 1, sealed.length - 1, sealed.length - 4_480));
    for (int i = 0; i < 200; i++) {
      lengths.add(seeded.nextInt(sealed.length));
    }
    for (int length : lengths) {
      assertReason(
          AgeException.Reason.CORRUPT,
          () -> Age.open(Arrays.copyOf(sealed, length), List.of(identity)));
    }
  }

  @Test
  void swappedChunksAreSeen() {
    byte[] content = RANDOM.bytes(3 * 65_536);
    byte[] sealed = Age.seal(content, List.of(identity.publicKey()), RANDOM);
    int chunk = 65_536 + 16;
    int first = sealed.length - 3 * chunk;
    byte[] swapped = sealed.clone();
    System.arraycopy(sealed, first, swapped, first + chunk, chunk);
    System.arraycopy(sealed, first + chunk, swapped, first, chunk);
    assertReason(AgeException.Reason.CORRUPT, () -> Age.open(swapped, List.of(identity)));
  }

  @Test
  void twoSealingsOfOneContentDiffer() {
    byte[] one = Age.seal(new byte[16], List.of(identity.publicKey()), RANDOM);
    byte[] two = Age.seal(new byte[16], List.of(identity.publicKey()), RANDOM);
    assertThat(one).isNotEqualTo(two);
  }

  @Test
  void aPassphraseOpensAndAWrongOneDoesNot() {
    byte[] sealed =
        Age.seal(new byte[] {7}, List.of(new ScryptRecipient("pass".toCharArray(), 10)), RANDOM);
    assertThat(Age.open(sealed, List.of(new ScryptIdentity("pass".toCharArray()))))
        .containsExactly(7);
    assertReason(
        AgeException.Reason.NO_MATCH,
        () -> Age.open(sealed, List.of(new ScryptIdentity("Pass".toCharArray()))));
    assertThatThrownBy(
            () ->
                Age.seal(
                    new byte[1],
                    List.of(new ScryptRecipient("p".toCharArray(), 10), identity.publicKey()),
                    RANDOM))
        .isInstanceOf(AgeException.class);
  }

  @Test
  void aHostileWorkFactorIsRefusedAtOnce() {
    String header =
        "age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n"
            + Base64.getEncoder().withoutPadding().encodeToString(new byte[32])
            + "\n--- "
            + Base64.getEncoder().withoutPadding().encodeToString(new byte[32])
            + "\n";
    byte[] file = (header + "x".repeat(40)).getBytes(StandardCharsets.US_ASCII);
    long start = System.nanoTime();
    assertReason(
        AgeException.Reason.CORRUPT,
        () -> Age.open(file, List.of(new ScryptIdentity("p".toCharArray()))));
    assertThat(System.nanoTime() - start).isLessThan(1_000_000_000L);
  }

  @Test
  void bothSidesOfX25519AgreeAndSmallOrderIsRefused() {
    byte[] alice = RANDOM.bytes(32);
    byte[] bob = RANDOM.bytes(32);
    assertThat(Primitives.agree(alice, Primitives.publicOf(bob)))
        .isEqualTo(Primitives.agree(bob, Primitives.publicOf(alice)));
    assertThat(Primitives.agree(alice, new byte[32])).isNull();
  }

  @Test
  void identityFilesAreReadStrictly() {
    String text = "# a comment\r\n\n" + identity.secretText() + "\n";
    assertThat(Age.identities(text).getFirst().recipient()).contains(identity.publicKey());
    String secret = identity.secretText();
    for (String bad :
        List.of(
            "",
            "# only a comment",
            secret.toLowerCase(java.util.Locale.ROOT),
            secret.substring(1),
            secret.substring(0, secret.length() - 1),
            secret + " " + secret,
            identity.publicKey().toString())) {
      assertThatThrownBy(() -> Age.identities(bad))
          .isInstanceOfSatisfying(
              AgeException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(AgeException.Reason.BAD_KEY);
                assertThat(e.getMessage()).doesNotContain(secret.substring(20, 40));
              });
    }
  }

  @Test
  void aTypingErrorInARecipientIsSeen() {
    String recipient = identity.publicKey().toString();
    assertThat(Recipient.parse(" " + recipient + "\n")).isEqualTo(identity.publicKey());
    char[] changed = recipient.toCharArray();
    changed[20] = changed[20] == 'q' ? 'p' : 'q';
    for (String bad :
        List.of(
            new String(changed),
            recipient.toUpperCase(java.util.Locale.ROOT),
            "age1",
            "ssh-rsa AAAA",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            "someone")) {
      assertReason(AgeException.Reason.BAD_KEY, () -> Recipient.parse(bad));
    }
  }

  @Test
  void anSshKeyWithAPassphraseIsRefusedInWords() {
    String file = SshKeys.privateKeyFile(RANDOM.bytes(32), "aes256-ctr");
    assertThatThrownBy(() -> Age.identities(file)).hasMessageContaining("has a passphrase");
    String cut = file.replaceFirst("(?s)\n.{70}\n", "\n");
    assertThatThrownBy(() -> Age.identities(cut)).isInstanceOf(AgeException.class);
  }

  @Test
  void nothingSecretIsPrinted() {
    assertThat(
            identity
                + " "
                + new ScryptIdentity("hunter2".toCharArray())
                + new ScryptRecipient("hunter2".toCharArray(), 10))
        .doesNotContain("SECRET-KEY")
        .doesNotContain("hunter2");
  }
}
