package io.sskuba.secret.age;

import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A passphrase that opens.
/// - Limits: work factor at most 20 (1 GiB of memory), so that a hostile file cannot exhaust it.
public final class ScryptIdentity implements Identity {
  static final int MAX_WORK_FACTOR = 20;
  private static final Pattern WORK_FACTOR = Pattern.compile("[1-9][0-9]?");

  private final char[] passphrase;

  public ScryptIdentity(char[] passphrase) {
    this.passphrase = passphrase.clone();
  }

  @Override
  public byte @Nullable [] unwrap(Stanza stanza) {
    if (!stanza.type().equals(ScryptRecipient.TYPE)) {
      return null;
    }
    if (stanza.arguments().size() != 3) {
      throw AgeException.corrupt("a scrypt stanza has exactly two arguments");
    }
    byte[] salt = Primitives.base64(stanza.arguments().get(1));
    String factor = stanza.arguments().get(2);
    if (salt.length != ScryptRecipient.SALT
        || stanza.body().length != Primitives.FILE_KEY + Primitives.TAG
        || !WORK_FACTOR.matcher(factor).matches()) {
      throw AgeException.corrupt("a scrypt stanza has a part of the wrong form");
    }
    int workFactor = Integer.parseInt(factor);
    if (workFactor > MAX_WORK_FACTOR) {
      throw AgeException.corrupt(
          "the scrypt work factor " + workFactor + " is above the limit of " + MAX_WORK_FACTOR);
    }
    return Primitives.unwrap(ScryptRecipient.key(passphrase, salt, workFactor), stanza.body());
  }

  @Override
  public Optional<Recipient> recipient() {
    return Optional.empty();
  }

  @Override
  public String toString() {
    return "ScryptIdentity[hidden]";
  }
}
