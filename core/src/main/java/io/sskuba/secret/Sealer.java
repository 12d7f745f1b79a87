package io.sskuba.secret;

/// Seals and opens the files of one cluster with its age key pair.
///
/// Files are in the age v1 format (C2SP age), binary, so that the `age` tool opens them with the
/// cluster's identity.
public interface Sealer {
  byte[] seal(byte[] plaintext);

  /// Errors: `SEALED_CORRUPT` when the bytes were changed or cut, `IDENTITY_WRONG` when no stanza
  /// fits.
  byte[] open(byte[] sealed);
}
