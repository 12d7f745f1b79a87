package io.sskuba.pki;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/// Makes the secrets of a new cluster.
///
/// The RSA-4096 key takes a second or more of luck; everything else a few milliseconds. So [#start]
/// works on a thread of its own while the caller makes the network.
public final class SecretsBundleFactory {
  private static final int SERVICE_ACCOUNT_KEY_BITS = 4096;
  private static final int CLUSTER_ID_BYTES = 32;
  private static final int CLUSTER_SECRET_BYTES = 32;
  private static final int SECRETBOX_BYTES = 32;
  private static final String TOKEN_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

  // 252 = 7 * 36: bytes from here on would favour the first letters.
  private static final int TOKEN_BYTE_LIMIT = 252;

  private SecretsBundleFactory() {}

  /// Makes a bundle and waits for it.
  public static SecretsBundle generate(TimeSource time, RandomSource random)
      throws InterruptedException {
    try {
      return start(time, random).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("secrets could not be made", e.getCause());
    }
  }

  /// Starts making a bundle and returns at once.
  /// - Thread: three platform threads, ended when the bundle is there; they are daemons, so an
  ///   abandoned one keeps no process alive.
  public static Future<SecretsBundle> start(TimeSource time, RandomSource random) {
    Instant now = time.now();
    CompletableFuture<String> serviceAccount = new CompletableFuture<>();
    CompletableFuture<SecretsBundle> bundle = new CompletableFuture<>();
    run("service-account-key", serviceAccount, () -> serviceAccountKey(random));
    run("secrets-bundle", bundle, () -> assemble(now, random, serviceAccount));
    return bundle;
  }

  private static <T> void run(
      String name, CompletableFuture<T> result, java.util.concurrent.Callable<T> work) {
    Thread.ofPlatform()
        .daemon()
        .name(name)
        .start(
            () -> {
              try {
                result.complete(work.call());
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            });
  }

  private static SecretsBundle assemble(
      Instant now, RandomSource random, Future<String> serviceAccountKey) throws Exception {
    CertificateAuthorities authorities = new CertificateAuthorities(now, random);
    Base64.Encoder standard = Base64.getEncoder();
    return new SecretsBundle(
        Base64.getUrlEncoder().encodeToString(random.bytes(CLUSTER_ID_BYTES)),
        standard.encodeToString(random.bytes(CLUSTER_SECRET_BYTES)),
        token(random),
        standard.encodeToString(random.bytes(SECRETBOX_BYTES)),
        token(random),
        authorities.etcd(),
        authorities.kubernetes(),
        authorities.aggregator(),
        serviceAccountKey.get(),
        authorities.os());
  }

  /// PKCS#1 PEM of a new RSA-4096 key.
  static String serviceAccountKey(RandomSource random) throws InterruptedException {
    try {
      KeyPair keys = RsaPrimes.generate(SERVICE_ACCOUNT_KEY_BITS, random.secure());
      return Pem.encodePrivateKey(keys.getPrivate(), keys.getPublic());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK lacks RSA", e);
    }
  }

  /// `[0-9a-z]{6}.[0-9a-z]{16}`, the form of kubeadm's bootstrap tokens.
  static String token(RandomSource random) {
    return letters(random, 6) + "." + letters(random, 16);
  }

  private static String letters(RandomSource random, int length) {
    StringBuilder text = new StringBuilder(length);
    while (text.length() < length) {
      for (byte b : random.bytes(length)) {
        int value = Byte.toUnsignedInt(b);
        if (value < TOKEN_BYTE_LIMIT && text.length() < length) {
          text.append(TOKEN_ALPHABET.charAt(value % TOKEN_ALPHABET.length()));
        }
      }
    }
    return text.toString();
  }
}
