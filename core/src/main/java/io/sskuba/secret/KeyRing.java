package io.sskuba.secret;

import java.util.List;
import java.util.Optional;

/// The user's side of sealing: whose identity opens a cluster's secrets, and for whom they are
/// sealed.
public interface KeyRing {
  /// Whether an identity exists now (a file, or `SSKUBA_IDENTITY`). Looks only.
  boolean hasIdentity();

  /// Makes a key pair for a cluster, sealed to the user's identity (made on first use) and to
  /// `recipients`.
  ///
  /// Errors: those of the key service of a recipient, see [RemoteSecrets].
  NewKey create(List<String> recipients);

  /// Opens a cluster's key. Errors: `IDENTITY_MISSING`, `IDENTITY_WRONG`, `SEALED_CORRUPT`.
  Sealer open(byte[] sealedKey);

  /// The same key sealed to exactly these recipients. Errors: as [#open].
  byte[] reseal(byte[] sealedKey, List<String> recipients);

  /// As [#open], empty where no identity is at hand; used where opening is a convenience.
  Optional<Sealer> tryOpen(byte[] sealedKey);

  /// Seals to the user's identity (made on first use) and to `recipients`, for files that belong to
  /// no cluster.
  Sealer toUser(List<String> recipients);

  /// The same key ring for a rehearsal: it asks no key service, and leaves out recipients that are
  /// keys of one.
  default KeyRing ofThisMachine() {
    return this;
  }

  /// @param sealedKey what lies beside the record as `cluster.key.age`
  /// @param sealedTo every recipient it was sealed to, the user's own first
  record NewKey(Sealer sealer, byte[] sealedKey, List<String> sealedTo) {
    public NewKey {
      sealedTo = List.copyOf(sealedTo);
    }
  }
}
