package io.sskuba.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RsaPrimesTest {
  private static final BigInteger ONE = BigInteger.ONE;

  /// What FIPS 186-5, A.1.1 and A.1.3, ask of a key.
  @ParameterizedTest
  @ValueSource(ints = {2048, 2048, 2048, 3072, 4096})
  void keysAreAsTheStandardAsks(int bits) throws Exception {
    KeyPair keys = RsaPrimes.generate(bits, new SecureRandom());
    var key = (RSAPrivateCrtKey) keys.getPrivate();
    BigInteger p = key.getPrimeP();
    BigInteger q = key.getPrimeQ();
    BigInteger p1 = p.subtract(ONE);
    BigInteger q1 = q.subtract(ONE);
    BigInteger e = key.getPublicExponent();
    BigInteger d = key.getPrivateExponent();
    BigInteger least = BigInteger.TWO.pow(bits - 1).sqrt();

    assertThat(e).isEqualTo(BigInteger.valueOf(65_537));
    assertThat(key.getModulus()).isEqualTo(p.multiply(q));
    assertThat(key.getModulus().bitLength()).isEqualTo(bits);
    for (BigInteger prime : new BigInteger[] {p, q}) {
      assertThat(prime.bitLength()).isEqualTo(bits / 2);
      assertThat(prime).isGreaterThan(least);
      assertThat(prime.isProbablePrime(200)).isTrue();
      assertThat(prime.subtract(ONE).gcd(e)).isEqualTo(ONE);
    }
    assertThat(p.subtract(q).bitLength()).isGreaterThan(bits / 2 - 100);
    assertThat(d.bitLength()).isGreaterThan(bits / 2);
    assertThat(d).isLessThan(p1.multiply(q1).divide(p1.gcd(q1)));
    assertThat(e.multiply(d).mod(p1)).isEqualTo(ONE);
    assertThat(e.multiply(d).mod(q1)).isEqualTo(ONE);
    assertThat(key.getPrimeExponentP()).isEqualTo(d.mod(p1));
    assertThat(key.getPrimeExponentQ()).isEqualTo(d.mod(q1));
    assertThat(key.getCrtCoefficient().multiply(q).mod(p)).isEqualTo(ONE);
    assertThat(((RSAPublicKey) keys.getPublic()).getModulus()).isEqualTo(key.getModulus());
  }

  @Test
  void signaturesAreVerified() throws Exception {
    KeyPair keys = RsaPrimes.generate(2048, new SecureRandom());
    byte[] message = "a token".getBytes(StandardCharsets.UTF_8);
    Signature signer = Signature.getInstance("SHA256withRSA");
    signer.initSign(keys.getPrivate());
    signer.update(message);
    byte[] signature = signer.sign();
    signer.initVerify(keys.getPublic());
    signer.update(message);
    assertThat(signer.verify(signature)).isTrue();
  }

  @Test
  void noTwoKeysShareAPrime() throws Exception {
    Set<BigInteger> primes = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      var key = (RSAPrivateCrtKey) RsaPrimes.generate(2048, new SecureRandom()).getPrivate();
      primes.add(key.getPrimeP());
      primes.add(key.getPrimeQ());
    }
    assertThat(primes).hasSize(10);
  }

  /// Neither a candidate too many, which costs time, nor one too few, which would favour primes.
  @Test
  void sievesExactlyWhatHasASmallDivisor() {
    int[] divisors = RsaPrimes.oddPrimes(RsaPrimes.SIEVE);
    Random seeded = new Random(186);
    for (int bits : new int[] {1024, 1536, 2048}) {
      BigInteger start = new BigInteger(bits, seeded).setBit(bits - 1).setBit(0);
      boolean[] divided = RsaPrimes.sieve(start, divisors);
      assertThat(divided).hasSize(RsaPrimes.WINDOW);
      for (int i = 0; i < RsaPrimes.WINDOW; i += i < 20 ? 1 : 997) {
        BigInteger number = start.add(BigInteger.valueOf(2L * i));
        boolean small =
            Arrays.stream(divisors)
                .anyMatch(divisor -> number.mod(BigInteger.valueOf(divisor)).signum() == 0);
        assertThat(divided[i]).as("%s bits, number %s", bits, i).isEqualTo(small);
      }
    }
  }

  @Test
  void divisorsAreTheOddPrimes() {
    assertThat(RsaPrimes.oddPrimes(30)).containsExactly(3, 5, 7, 11, 13, 17, 19, 23, 29);
    assertThat(RsaPrimes.oddPrimes(RsaPrimes.SIEVE)).hasSize(12_250);
  }

  @Test
  void refusesShortKeys() {
    assertThatThrownBy(() -> RsaPrimes.generate(1024, new SecureRandom()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> RsaPrimes.generate(4095, new SecureRandom()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
