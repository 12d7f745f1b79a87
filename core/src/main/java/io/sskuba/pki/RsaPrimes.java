package io.sskuba.pki;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// Makes an RSA key as the JDK's generator does, at less than half of its cost (ADR 0014).
///
/// The JDK searches upwards from a random number, divides by the primes below 9,600, tests what is
/// left, and throws the prime away if it is too small, which two of five are. Here the random
/// number is in range from the beginning, divisors go up to [#SIEVE], and both primes are looked
/// for at the same time. The test of a candidate is the JDK's own: `BigInteger.isProbablePrime`.
/// - Limits: as FIPS 186-5, A.1.3: exponent 65537; both primes at least √2·2^(bits/2-1) and apart
///   by more than 2^(bits/2-100); both less one have no divisor in common with the exponent; the
///   private exponent is the inverse modulo the least common multiple, and more than 2^(bits/2).
/// - Thread: a daemon of its own for one of the primes.
final class RsaPrimes {
  private static final BigInteger EXPONENT = BigInteger.valueOf(65_537);

  /// Bounds an error to 2^-100, as `KeyPairGenerator`'s.
  private static final int CERTAINTY = 100;

  /// Twelve thousand primes: more of them cost more than the tests that they save.
  static final int SIEVE = 1 << 17;

  /// Odd numbers looked at from one start; among them are 23 primes of 2048 bits on average.
  static final int WINDOW = 1 << 14;

  private static final int APART = 100;

  private final int bits;
  private final BigInteger least;
  private final SecureRandom random;
  private final int[] divisors = oddPrimes(SIEVE);

  private RsaPrimes(int bits, SecureRandom random) {
    if (bits < 2048 || bits % 64 != 0) {
      throw new IllegalArgumentException("no RSA key of " + bits + " bits");
    }
    this.bits = bits / 2;
    this.least = BigInteger.TWO.pow(bits - 1).sqrt().add(BigInteger.ONE);
    this.random = random;
  }

  /// @param bits of the modulus: 2048 or more, a multiple of 64
  static KeyPair generate(int bits, SecureRandom random)
      throws GeneralSecurityException, InterruptedException {
    var primes = new RsaPrimes(bits, random);
    var other = new CompletableFuture<BigInteger>();
    Thread.ofPlatform()
        .daemon()
        .name("service-account-prime")
        .start(
            () -> {
              try {
                other.complete(primes.next());
              } catch (RuntimeException e) {
                other.completeExceptionally(e);
              }
            });
    BigInteger p = primes.next();
    BigInteger q;
    try {
      q = other.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("no prime was found", e.getCause());
    }
    while (p.subtract(q).abs().bitLength() <= primes.bits - APART) {
      q = primes.next();
    }
    return key(p.max(q), p.min(q));
  }

  private static KeyPair key(BigInteger p, BigInteger q) throws GeneralSecurityException {
    BigInteger p1 = p.subtract(BigInteger.ONE);
    BigInteger q1 = q.subtract(BigInteger.ONE);
    BigInteger d = EXPONENT.modInverse(p1.multiply(q1).divide(p1.gcd(q1)));
    if (d.bitLength() <= p.bitLength()) {
      throw new IllegalStateException("a private exponent this small is no luck");
    }
    var crt =
        new RSAPrivateCrtKeySpec(
            p.multiply(q), EXPONENT, d, p, q, d.mod(p1), d.mod(q1), q.modInverse(p));
    KeyFactory factory = KeyFactory.getInstance("RSA");
    return new KeyPair(
        factory.generatePublic(new RSAPublicKeySpec(crt.getModulus(), EXPONENT)),
        factory.generatePrivate(crt));
  }

  private BigInteger next() {
    while (true) {
      BigInteger start = new BigInteger(bits, random).setBit(bits - 1).setBit(0);
      if (start.compareTo(least) < 0) {
        continue;
      }
      boolean[] divided = sieve(start, divisors);
      for (int i = 0; i < WINDOW; i++) {
        if (divided[i]) {
          continue;
        }
        BigInteger candidate = start.add(BigInteger.valueOf(2L * i));
        if (candidate.bitLength() > bits) {
          break;
        }
        if (candidate.isProbablePrime(CERTAINTY)
            && candidate.subtract(BigInteger.ONE).gcd(EXPONENT).equals(BigInteger.ONE)) {
          return candidate;
        }
      }
    }
  }

  /// Which of `start + 2i` have a small divisor.
  static boolean[] sieve(BigInteger start, int[] divisors) {
    int[] words = words(start);
    boolean[] divided = new boolean[WINDOW];
    for (int divisor : divisors) {
      long rest = 0;
      for (int word : words) {
        rest = ((rest << 32) | (word & 0xffff_ffffL)) % divisor;
      }
      // The least i with rest + 2i divisible: half of what is missing, made even by one divisor
      // more.
      long missing = (divisor - rest) % divisor;
      int first = (int) ((missing % 2 == 0 ? missing : missing + divisor) / 2);
      for (int i = first; i < WINDOW; i += divisor) {
        divided[i] = true;
      }
    }
    return divided;
  }

  /// The number in words of 32 bits, the greatest first.
  private static int[] words(BigInteger number) {
    int[] words = new int[(number.bitLength() + 31) / 32];
    for (int i = 0; i < words.length; i++) {
      words[words.length - 1 - i] = number.shiftRight(32 * i).intValue();
    }
    return words;
  }

  static int[] oddPrimes(int below) {
    boolean[] composite = new boolean[below];
    int[] primes = new int[below / 2];
    int count = 0;
    for (int i = 3; i < below; i += 2) {
      if (!composite[i]) {
        primes[count++] = i;
        for (long j = (long) i * i; j < below; j += 2L * i) {
          composite[(int) j] = true;
        }
      }
    }
    return Arrays.copyOf(primes, count);
  }
}
