package io.sskuba.secret.age;

import io.sskuba.io.RandomSource;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.crypto.generators.SCrypt;

/// A passphrase that seals. It must be a file's only recipient.
public final class ScryptRecipient implements Recipient {
  static final String TYPE = "scrypt";
  static final int SALT = 16;
  private static final byte[] LABEL =
      "age-encryption.org/v1/scrypt".getBytes(StandardCharsets.US_ASCII);

  private final char[] passphrase;
  private final int workFactor;

  /// @param workFactor base-2 logarithm of scrypt's N; 18 takes about a second and 256 MiB
  public ScryptRecipient(char[] passphrase, int workFactor) {
    if (passphrase.length == 0 || workFactor < 1 || workFactor > ScryptIdentity.MAX_WORK_FACTOR) {
      throw new IllegalArgumentException("passphrase empty or work factor out of range");
    }
    this.passphrase = passphrase.clone();
    this.workFactor = workFactor;
  }

  @Override
  public Stanza wrap(byte[] fileKey, RandomSource random) {
    byte[] salt = random.bytes(SALT);
    byte[] key = key(passphrase, salt, workFactor);
    return new Stanza(
        List.of(TYPE, Primitives.base64(salt), Integer.toString(workFactor)),
        Primitives.wrap(key, fileKey));
  }

  static byte[] key(char[] passphrase, byte[] salt, int workFactor) {
    byte[] utf8 = new String(passphrase).getBytes(StandardCharsets.UTF_8);
    try {
      return SCrypt.generate(
          utf8, Primitives.join(LABEL, salt), 1 << workFactor, 8, 1, Primitives.KEY);
    } finally {
      Arrays.fill(utf8, (byte) 0);
    }
  }

  @Override
  public String toString() {
    return "ScryptRecipient[hidden]";
  }
}
