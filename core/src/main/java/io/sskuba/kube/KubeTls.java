package io.sskuba.kube;

import io.sskuba.pki.Pem;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// TLS contexts for Kubernetes: one pinned CA, nothing from the system's trust store.
/// - Errors: `IllegalArgumentException` when a PEM text cannot be read; its message never holds key
///   material.
public final class KubeTls {
  private KubeTls() {}

  /// A context that trusts only `caPem` and shows the client certificate where there is one.
  public static SSLContext context(String caPem, @Nullable KubeCredential credential) {
    KeyManager @Nullable [] keys = null;
    if (credential instanceof KubeCredential.ClientCertificate client) {
      keys = keyManagers(client.certificatePem(), client.keyPem());
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trust(caPem).getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("no TLS context", e);
    }
  }

  /// Trust in exactly the certificates of a PEM text.
  public static TrustManagerFactory trust(String caPem) {
    try {
      KeyStore store = emptyStore();
      int index = 0;
      for (X509Certificate certificate : Pem.certificates(caPem)) {
        store.setCertificateEntry("ca" + index++, certificate);
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("the CA certificate cannot be used", e);
    }
  }

  /// The one key and certificate to show, as a client or a server.
  ///
  /// A key store is not used: it would encrypt and decrypt the key with a slow derivation, which
  /// costs more than the handshake.
  public static KeyManager[] keyManagers(String certificatePem, String keyPem) {
    X509Certificate[] chain = Pem.certificates(certificatePem).toArray(new X509Certificate[0]);
    return new KeyManager[] {new OneKey(Pem.privateKey(keyPem), chain)};
  }

  /// As [#keyManagers], for a key that is at hand.
  public static KeyManager keyManager(PrivateKey key, X509Certificate... chain) {
    return new OneKey(key, chain.clone());
  }

  private static final class OneKey extends X509ExtendedKeyManager {
    private static final String ALIAS = "key";
    private final PrivateKey key;
    private final X509Certificate[] chain;

    OneKey(PrivateKey key, X509Certificate[] chain) {
      this.key = key;
      this.chain = chain;
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

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
