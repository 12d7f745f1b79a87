package io.sskuba.io;

import java.security.SecureRandom;

/// Randomness. Production uses the operating system's generator; tests pass a seeded one.
public interface RandomSource {
  byte[] bytes(int length);

  /// The same source as a `SecureRandom`, for libraries that take one.
  SecureRandom secure();

  static RandomSource system() {
    return SystemRandom.INSTANCE;
  }
}
