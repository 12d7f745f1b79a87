package io.sskuba.secret.age;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A private key, or a passphrase, that opens files. Never printed.
public sealed interface Identity
    permits X25519Identity, SshEd25519Identity, ScryptIdentity, ServiceIdentity {

  /// The file key when this stanza is for this identity and opens with it, else null.
  /// - Errors: `CORRUPT` when a stanza of our kind breaks the format.
  byte @Nullable [] unwrap(Stanza stanza);

  /// Who to seal to so that this identity opens it; empty for a passphrase.
  Optional<Recipient> recipient();
}
