package io.sskuba.rehearsal.plane;

import io.sskuba.pki.Pem;
import java.security.KeyStore;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// A caller without a certificate.
final class Anonymous {
  private Anonymous() {}

  static int get(TestCluster cluster, String path) throws Exception {
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("ca", Pem.certificate(cluster.secrets.kubernetes().certificate()));
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return new TlsClient(context)
        .get(cluster.endpointTwin, 6443, path, Duration.ofSeconds(5))
        .code();
  }
}
