package io.sskuba.secret.age;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.jspecify.annotations.Nullable;

/// An OpenSSH Ed25519 private key without a passphrase.
public final class SshEd25519Identity implements Identity {
  static final String BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
  private static final String END = "-----END OPENSSH PRIVATE KEY-----";
  private static final byte[] MAGIC = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);
  private static final int LIMIT = 16 * 1024;

  private final byte[] scalar;
  private final SshEd25519Recipient recipient;

  private SshEd25519Identity(byte[] seed) {
    this.scalar = Arrays.copyOf(Primitives.digest("SHA-512", seed), Primitives.KEY);
    this.recipient =
        new SshEd25519Recipient(
            new Ed25519PrivateKeyParameters(seed, 0).generatePublicKey().getEncoded());
  }

  /// Reads the text of a private key file as `ssh-keygen -t ed25519` writes it.
  /// - Errors: `BAD_KEY` when it is another kind of key or protected by a passphrase.
  static SshEd25519Identity parse(String text) {
    String trimmed = text.strip();
    if (trimmed.length() > LIMIT || !trimmed.startsWith(BEGIN) || !trimmed.endsWith(END)) {
      throw AgeException.badKey("no OpenSSH private key file");
    }
    String base64 = trimmed.substring(BEGIN.length(), trimmed.length() - END.length());
    try {
      return new SshEd25519Identity(seed(ByteBuffer.wrap(Base64.getMimeDecoder().decode(base64))));
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      throw new AgeException(
          AgeException.Reason.BAD_KEY, "the OpenSSH private key file is damaged", e);
    }
  }

  private static byte[] seed(ByteBuffer file) {
    byte[] magic = new byte[MAGIC.length];
    file.get(magic);
    String cipher = new String(field(file), StandardCharsets.US_ASCII);
    field(file); // name of the key derivation
    field(file); // its options
    if (!Arrays.equals(magic, MAGIC) || file.getInt() != 1) {
      throw AgeException.badKey("no OpenSSH private key file with exactly one key");
    }
    if (!cipher.equals("none")) {
      throw AgeException.badKey(
          "the SSH key has a passphrase; only keys without one can be used as an identity");
    }
    field(file); // public key
    ByteBuffer secret = ByteBuffer.wrap(field(file));
    int check = secret.getInt();
    if (check != secret.getInt()
        || !new String(field(secret), StandardCharsets.US_ASCII).equals(SshEd25519Recipient.TYPE)) {
      throw AgeException.badKey("the SSH key is not of the kind ssh-ed25519");
    }
    byte[] edwards = field(secret);
    byte[] both = field(secret);
    if (both.length != 2 * Primitives.KEY
        || !Arrays.equals(edwards, Arrays.copyOfRange(both, Primitives.KEY, both.length))) {
      throw AgeException.badKey("the OpenSSH private key file is damaged");
    }
    return Arrays.copyOf(both, Primitives.KEY);
  }

  private static byte[] field(ByteBuffer buffer) {
    int length = buffer.getInt();
    if (length < 0 || length > buffer.remaining()) {
      throw AgeException.badKey("the OpenSSH private key file is damaged");
    }
    byte[] bytes = new byte[length];
    buffer.get(bytes);
    return bytes;
  }

  @Override
  public byte @Nullable [] unwrap(Stanza stanza) {
    if (!stanza.type().equals(SshEd25519Recipient.TYPE)) {
      return null;
    }
    if (stanza.arguments().size() != 3) {
      throw AgeException.corrupt("an ssh-ed25519 stanza has exactly two arguments");
    }
    byte[] fingerprint = Primitives.base64(stanza.arguments().get(1));
    byte[] share = Primitives.base64(stanza.arguments().get(2));
    if (fingerprint.length != SshEd25519Recipient.FINGERPRINT
        || share.length != Primitives.KEY
        || stanza.body().length != Primitives.FILE_KEY + Primitives.TAG) {
      throw AgeException.corrupt("an ssh-ed25519 stanza has a part of the wrong length");
    }
    if (!stanza.arguments().get(1).equals(recipient.fingerprint())) {
      return null;
    }
    byte[] first = Primitives.agree(scalar, share);
    byte[] shared = first == null ? null : Primitives.agree(recipient.tweak(), first);
    if (shared == null) {
      throw AgeException.corrupt("an ssh-ed25519 stanza has a share of small order");
    }
    byte[] key =
        Primitives.hkdf(
            shared, Primitives.join(share, recipient.point()), SshEd25519Recipient.INFO);
    return Primitives.unwrap(key, stanza.body());
  }

  @Override
  public Optional<Recipient> recipient() {
    return Optional.of(recipient);
  }

  @Override
  public String toString() {
    return "SshEd25519Identity[hidden]";
  }
}
