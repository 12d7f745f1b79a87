package io.sskuba.rehearsal.machine;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Who may speak to a configured machine: clients with a certificate of the cluster's OS CA for
/// client authentication, and nothing else.
final class ClientTrust extends X509ExtendedTrustManager {
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private final X509Certificate authority;

  ClientTrust(X509Certificate authority) {
    this.authority = authority;
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    X509Certificate leaf = chain[0];
    try {
      leaf.verify(authority.getPublicKey());
    } catch (GeneralSecurityException e) {
      throw new CertificateException("certificate signed by unknown authority");
    }
    if (!leaf.getIssuerX500Principal().equals(authority.getSubjectX500Principal())) {
      throw new CertificateException("certificate signed by unknown authority");
    }
    leaf.checkValidity();
    List<String> purposes = leaf.getExtendedKeyUsage();
    if (purposes == null || !purposes.equals(List.of(CLIENT_AUTH))) {
      throw new CertificateException(
          "certificate \""
              + leaf.getSubjectX500Principal()
              + "\" is missing the client auth"
              + " extended key usage");
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("not a client");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("not a client");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("not a client");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[] {authority};
  }
}
