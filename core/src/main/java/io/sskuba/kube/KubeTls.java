package io.sskuba.kube;

import io.sskuba.pki.OneKeyManager;
import io.sskuba.pki.Pem;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
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
  public static KeyManager[] keyManagers(String certificatePem, String keyPem) {
    X509Certificate[] chain = Pem.certificates(certificatePem).toArray(new X509Certificate[0]);
    return new KeyManager[] {new OneKeyManager(Pem.privateKey(keyPem), chain)};
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
