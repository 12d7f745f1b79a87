package io.sskuba.talos.grpc;

import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// Trust in a machine in maintenance mode: any certificate, or only the one whose key has a known
/// SHA-256.
///
/// A machine that nobody has configured yet cannot prove who it is; what it is given (its own
/// config) is only as safe as the network to it, unless its platform shows the fingerprint.
/// - Source: `talosctl apply-config --cert-fingerprint`: base64 SHA-256 of the leaf's SPKI.
final class PinnedTrust extends X509ExtendedTrustManager {
  private final @Nullable String fingerprint;
  private volatile @Nullable String mismatch;

  PinnedTrust(@Nullable String fingerprint) {
    this.fingerprint = fingerprint;
  }

  /// The fingerprint that was seen instead of the pinned one, or null while none differed.
  @Nullable String mismatch() {
    return mismatch;
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    String expected = fingerprint;
    if (expected == null) {
      return;
    }
    String seen = fingerprint(chain[0]);
    if (!MessageDigest.isEqual(
        seen.getBytes(java.nio.charset.StandardCharsets.US_ASCII),
        expected.getBytes(java.nio.charset.StandardCharsets.US_ASCII))) {
      mismatch = seen;
      throw new CertificateException("leaf certificate doesn't match the fingerprint");
    }
  }

  static String fingerprint(X509Certificate certificate) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(certificate.getPublicKey().getEncoded());
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("not a server");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("not a server");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("not a server");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
