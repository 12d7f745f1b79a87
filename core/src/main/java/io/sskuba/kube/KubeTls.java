package io.sskuba.kube;

import io.sskuba.pki.OneKeyManager;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;

/// TLS contexts for Kubernetes: one pinned CA, nothing from the system's trust store.
/// - Errors: `IllegalArgumentException` when a PEM text cannot be read; its message never holds key
///   material.
public final class KubeTls {
  private static final String ED25519_LABEL = "ED25519 PRIVATE KEY";

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
      for (X509Certificate certificate : certificates(caPem)) {
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
    X509Certificate[] chain = certificates(certificatePem).toArray(new X509Certificate[0]);
    return new KeyManager[] {new OneKeyManager(privateKey(keyPem), chain)};
  }

  /// All certificates of a PEM text, in order; at least one.
  public static List<X509Certificate> certificates(String pem) {
    try {
      List<X509Certificate> certificates = new ArrayList<>();
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))) {
        certificates.add((X509Certificate) certificate);
      }
      if (certificates.isEmpty()) {
        throw new IllegalArgumentException("no certificate in the PEM text");
      }
      return certificates;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("a certificate cannot be read", e);
    }
  }

  /// The first private key of a PEM text: PKCS#8, SEC1, PKCS#1, or Talos's `ED25519 PRIVATE KEY`.
  public static PrivateKey privateKey(String pem) {
    String begin = "-----BEGIN " + ED25519_LABEL + "-----";
    int start = pem.indexOf(begin);
    try {
      if (start >= 0) {
        int end = pem.indexOf("-----END", start);
        byte[] der =
            Base64.getMimeDecoder().decode(pem.substring(start + begin.length(), end).strip());
        return KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(der));
      }
      try (PEMParser parser = new PEMParser(new StringReader(pem))) {
        Object object = parser.readObject();
        // A SEC1 file may begin with the curve's parameters.
        if (object instanceof org.bouncycastle.asn1.ASN1ObjectIdentifier) {
          object = parser.readObject();
        }
        JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
        return switch (object) {
          case PEMKeyPair pair -> converter.getKeyPair(pair).getPrivate();
          case PrivateKeyInfo info -> converter.getPrivateKey(info);
          case null, default -> throw new IllegalArgumentException("no private key in PEM text");
        };
      }
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      // The cause is dropped on purpose: parsers quote what they could not read.
      throw new IllegalArgumentException("a private key cannot be read");
    }
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
