package io.sskuba.secret.age;

import io.sskuba.io.RandomSource;

/// Somebody that a file can be sealed to.
public sealed interface Recipient
    permits X25519Recipient, SshEd25519Recipient, ScryptRecipient, ServiceRecipient {

  /// Wraps the file key for this recipient.
  Stanza wrap(byte[] fileKey, RandomSource random);

  /// Reads `age1…` or an OpenSSH public key `ssh-ed25519 AAAA… [comment]`.
  /// - Errors: [AgeException] `BAD_KEY`, which says what kinds there are.
  static Recipient parse(String text) {
    String trimmed = text.strip();
    if (trimmed.startsWith("ssh-ed25519 ")) {
      return SshEd25519Recipient.parse(trimmed);
    }
    if (trimmed.startsWith("age1")) {
      return X25519Recipient.parse(trimmed);
    }
    throw AgeException.badKey(
        "no recipient of a kind that can be sealed to here: age1… (X25519) or ssh-ed25519 …");
  }
}
