package io.sskuba.secret.age;

/// A key that never leaves the service that holds it: it wraps and unwraps the 16 bytes of a file
/// key.
///
/// Errors: exceptions of the service's own.
public interface KeyWrapping {
  /// The wrapped form holds whatever the service needs to unwrap it, such as the key's version.
  byte[] wrap(byte[] fileKey);

  byte[] unwrap(byte[] wrapped);
}
