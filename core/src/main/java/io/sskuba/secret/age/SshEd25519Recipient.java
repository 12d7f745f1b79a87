package io.sskuba.secret.age;

import io.sskuba.io.RandomSource;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/// An OpenSSH public key, `ssh-ed25519 AAAA… [comment]`, used for X25519 after age's rules.
public final class SshEd25519Recipient implements Recipient {
  static final String TYPE = "ssh-ed25519";
  static final String INFO = "age-encryption.org/v1/ssh-ed25519";
  static final int FINGERPRINT = 4;
  private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

  private final byte[] wire;
  private final byte[] point;

  /// @param edwards the Ed25519 public key, 32 bytes
  SshEd25519Recipient(byte[] edwards) {
    this.wire = wire(edwards);
    this.point = montgomery(edwards);
  }

  static SshEd25519Recipient parse(String text) {
    String[] parts = text.split(" +", 3);
    if (parts.length < 2 || !parts[0].equals(TYPE) || parts[1].length() > 200) {
      throw AgeException.badKey("no line of the form: ssh-ed25519 BASE64 [comment]");
    }
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(parts[1]);
    } catch (IllegalArgumentException e) {
      throw new AgeException(
          AgeException.Reason.BAD_KEY, "the ssh-ed25519 key is no valid base64", e);
    }
    byte[] edwards =
        decoded.length < Primitives.KEY
            ? new byte[Primitives.KEY]
            : Arrays.copyOfRange(decoded, decoded.length - Primitives.KEY, decoded.length);
    if (!Arrays.equals(decoded, wire(edwards))) {
      throw AgeException.badKey("the base64 text is no ssh-ed25519 public key");
    }
    return new SshEd25519Recipient(edwards);
  }

  @Override
  public Stanza wrap(byte[] fileKey, RandomSource random) {
    byte[] ephemeral = random.bytes(Primitives.KEY);
    byte[] share = Primitives.publicOf(ephemeral);
    byte[] first = Primitives.agree(ephemeral, point);
    byte[] shared = first == null ? null : Primitives.agree(tweak(), first);
    if (shared == null) {
      throw AgeException.badKey("the recipient is a point of small order: no secret is kept by it");
    }
    byte[] key = Primitives.hkdf(shared, Primitives.join(share, point), INFO);
    return new Stanza(
        List.of(TYPE, fingerprint(), Primitives.base64(share)), Primitives.wrap(key, fileKey));
  }

  /// First four bytes of the key's SHA-256, which mark the stanzas that are for it.
  String fingerprint() {
    return Primitives.base64(Arrays.copyOf(Primitives.digest("SHA-256", wire), FINGERPRINT));
  }

  byte[] tweak() {
    return Primitives.hkdf(new byte[0], wire, INFO);
  }

  byte[] point() {
    return point.clone();
  }

  private static byte[] wire(byte[] edwards) {
    byte[] type = TYPE.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(8 + type.length + edwards.length)
        .putInt(type.length)
        .put(type)
        .putInt(edwards.length)
        .put(edwards)
        .array();
  }

  /// The birational map from the Edwards to the Montgomery curve: u = (1 + y) / (1 - y).
  private static byte[] montgomery(byte[] edwards) {
    BigInteger y = Primitives.coordinate(edwards);
    BigInteger divisor = BigInteger.ONE.subtract(y).mod(P);
    if (y.compareTo(P) >= 0 || divisor.signum() == 0) {
      throw AgeException.badKey("the ssh-ed25519 key is no point that can be used");
    }
    BigInteger u = BigInteger.ONE.add(y).multiply(divisor.modInverse(P)).mod(P);
    return Primitives.littleEndian(u);
  }

  /// The key as OpenSSH writes it, without a comment.
  @Override
  public String toString() {
    return TYPE + " " + Base64.getEncoder().encodeToString(wire);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SshEd25519Recipient that && Arrays.equals(wire, that.wire);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(wire);
  }
}
