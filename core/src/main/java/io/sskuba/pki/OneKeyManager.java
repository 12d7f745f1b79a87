package io.sskuba.pki;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// The one key and certificate that a TLS client or server shows.
///
/// A key store is not used: it would encrypt and decrypt the key with a slow derivation (PBKDF2,
/// 10,000 rounds each way), which costs more than the handshake. Netty's `keyManager(PrivateKey,
/// …)` makes one too.
public final class OneKeyManager extends X509ExtendedKeyManager {
  private static final String ALIAS = "key";
  private final PrivateKey key;
  private final X509Certificate[] chain;

  public OneKeyManager(PrivateKey key, X509Certificate... chain) {
    this.key = key;
    this.chain = chain.clone();
  }

  /// The alias if the peer takes our kind of key (`EC`, `RSA`, `EdDSA`), else null.
  private @Nullable String alias(String... types) {
    String algorithm = chain[0].getPublicKey().getAlgorithm();
    for (String type : types) {
      boolean edwards = type.equals("Ed25519") && algorithm.equals("EdDSA");
      if (edwards || type.equals(algorithm) || type.startsWith(algorithm + "_")) {
        return ALIAS;
      }
    }
    return null;
  }

  @Override
  public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
    String alias = alias(type);
    return alias == null ? null : new String[] {alias};
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(types);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] types, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(types);
  }

  @Override
  public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
    return getClientAliases(type, issuers);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(type);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(type);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return chain.clone();
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return key;
  }
}
