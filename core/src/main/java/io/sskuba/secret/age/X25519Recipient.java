package io.sskuba.secret.age;

import io.sskuba.io.RandomSource;
import java.util.Arrays;
import java.util.List;

/// An age public key, `age1…`.
public final class X25519Recipient implements Recipient {
  static final String TYPE = "X25519";
  static final String INFO = "age-encryption.org/v1/X25519";
  private static final String PREFIX = "age";

  private final byte[] point;

  X25519Recipient(byte[] point) {
    this.point = point.clone();
  }

  static X25519Recipient parse(String text) {
    Bech32.Decoded decoded = Bech32.decode(text);
    if (!decoded.prefix().equals(PREFIX) || decoded.data().length != Primitives.KEY) {
      throw AgeException.badKey("no age1… public key of the X25519 kind");
    }
    if (!text.startsWith("age1")) {
      throw AgeException.badKey("an age1… public key is written in lower case");
    }
    return new X25519Recipient(decoded.data());
  }

  @Override
  public Stanza wrap(byte[] fileKey, RandomSource random) {
    byte[] ephemeral = random.bytes(Primitives.KEY);
    byte[] share = Primitives.publicOf(ephemeral);
    byte[] shared = Primitives.agree(ephemeral, point);
    if (shared == null) {
      throw AgeException.badKey("the recipient is a point of small order: no secret is kept by it");
    }
    byte[] key = Primitives.hkdf(shared, Primitives.join(share, point), INFO);
    return new Stanza(List.of(TYPE, Primitives.base64(share)), Primitives.wrap(key, fileKey));
  }

  /// `age1…`.
  @Override
  public String toString() {
    return Bech32.encode(PREFIX, point);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof X25519Recipient that && Arrays.equals(point, that.point);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(point);
  }
}
