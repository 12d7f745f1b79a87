package io.sskuba.secret.age;

import io.sskuba.io.RandomSource;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An age private key, `AGE-SECRET-KEY-1…`.
public final class X25519Identity implements Identity {
  private static final String PREFIX = "age-secret-key-";

  private final byte[] scalar;
  private final byte[] point;

  private X25519Identity(byte[] scalar) {
    this.scalar = scalar.clone();
    this.point = Primitives.publicOf(scalar);
  }

  public static X25519Identity generate(RandomSource random) {
    return new X25519Identity(random.bytes(Primitives.KEY));
  }

  static X25519Identity parse(String text) {
    Bech32.Decoded decoded = Bech32.decode(text);
    if (!decoded.prefix().equals(PREFIX)
        || decoded.data().length != Primitives.KEY
        || !text.equals(text.toUpperCase(Locale.ROOT))) {
      throw AgeException.badKey("no AGE-SECRET-KEY-1… private key");
    }
    return new X25519Identity(decoded.data());
  }

  @Override
  public byte @Nullable [] unwrap(Stanza stanza) {
    if (!stanza.type().equals(X25519Recipient.TYPE)) {
      return null;
    }
    if (stanza.arguments().size() != 2) {
      throw AgeException.corrupt("an X25519 stanza has exactly one argument");
    }
    byte[] share = Primitives.base64(stanza.arguments().get(1));
    if (share.length != Primitives.KEY
        || stanza.body().length != Primitives.FILE_KEY + Primitives.TAG) {
      throw AgeException.corrupt("an X25519 stanza has a part of the wrong length");
    }
    byte[] shared = Primitives.agree(scalar, share);
    if (shared == null) {
      throw AgeException.corrupt("an X25519 stanza has a share of small order");
    }
    byte[] key = Primitives.hkdf(shared, Primitives.join(share, point), X25519Recipient.INFO);
    return Primitives.unwrap(key, stanza.body());
  }

  public X25519Recipient publicKey() {
    return new X25519Recipient(point);
  }

  @Override
  public Optional<Recipient> recipient() {
    return Optional.of(publicKey());
  }

  /// The private key as text, `AGE-SECRET-KEY-1…`. A secret: only ever written sealed, or into the
  /// user's identity file.
  public String secretText() {
    return Bech32.encode(PREFIX, scalar).toUpperCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return "X25519Identity[hidden]";
  }
}
