package io.sskuba.io;

import java.security.SecureRandom;

@SuppressForbidden(reason = "this is the one door to randomness")
enum SystemRandom implements RandomSource {
  INSTANCE;

  // NativePRNGNonBlocking or the platform's default: never blocks at start-up.
  private final SecureRandom random = new SecureRandom();

  @Override
  public byte[] bytes(int length) {
    byte[] out = new byte[length];
    random.nextBytes(out);
    return out;
  }

  @Override
  public SecureRandom secure() {
    return random;
  }
}
