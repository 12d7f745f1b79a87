package io.sskuba.secret;

import com.fasterxml.jackson.databind.node.ObjectNode;

/// Signs receipts: SHA-256 of the RFC 8785 form, Ed25519 by a key beside the identity (contract,
/// section 4).
public interface ReceiptSigner {
  /// Adds `publicKey`, `digest` and `signature`. Never fails for lack of an identity: it then uses
  /// a fresh key and says so in `signedBy`.
  ObjectNode sign(ObjectNode receipt);
}
