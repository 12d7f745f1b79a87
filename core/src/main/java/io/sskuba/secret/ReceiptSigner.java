package io.sskuba.secret;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/// Signs receipts and plans: SHA-256 of the RFC 8785 form, Ed25519 by a key beside the identity
/// (contract, section 4).
public interface ReceiptSigner {
  /// Adds `publicKey`, `digest` and `signature`. Never fails for lack of an identity: it then uses
  /// a fresh key and says so in `signedBy`.
  ObjectNode sign(ObjectNode receipt);

  /// The lasting public key that signs, as `publicKey` has it; empty where only a fresh key would
  /// be at hand, which is nobody's.
  Optional<String> publicKey();
}
