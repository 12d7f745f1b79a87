package io.sskuba.toolchain;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// TLS that trusts an organisation's authorities beside those of Java.
/// - Limits: [#BYTES_MAX] of a file.
public final class Authorities {
  private static final long BYTES_MAX = 4 << 20;

  private Authorities() {}

  /// Null where nothing is added, so that Java's own default is used.
  static @Nullable SSLSocketFactory with(@Nullable String file, @Nullable String pem)
      throws IOException {
    SSLContext context = context(file, pem);
    return context == null ? null : context.getSocketFactory();
  }

  /// Null where nothing is added, so that Java's own default is used.
  ///
  /// @param file what `SSL_CERT_FILE` or another such variable names
  /// @param pem the file's `trust.bundle`
  public static @Nullable SSLContext context(@Nullable String file, @Nullable String pem)
      throws IOException {
    List<String> texts = new ArrayList<>();
    if (file != null && !file.isEmpty()) {
      Path path = Path.of(file);
      if (!Files.isRegularFile(path) || Files.size(path) > BYTES_MAX) {
        throw new IOException(file + " is no file of at most 4 MiB");
      }
      texts.add(Files.readString(path, StandardCharsets.UTF_8));
    }
    if (pem != null) {
      texts.add(pem);
    }
    return texts.isEmpty() ? null : trusting(texts);
  }

  private static SSLContext trusting(List<String> texts) throws IOException {
    try {
      KeyStore all = KeyStore.getInstance("PKCS12");
      all.load(null, null);
      int count = 0;
      for (X509Certificate known : publicOnes()) {
        all.setCertificateEntry("a" + count++, known);
      }
      CertificateFactory certificates = CertificateFactory.getInstance("X.509");
      for (String text : texts) {
        for (Certificate added : certificates.generateCertificates(only(text))) {
          all.setCertificateEntry("a" + count++, added);
        }
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers(all), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the trusted authorities cannot be read: " + e.getMessage(), e);
    }
  }

  /// Files of authorities have comments between the certificates, which Java does not read.
  private static ByteArrayInputStream only(String text) {
    StringBuilder certificates = new StringBuilder();
    boolean inside = false;
    for (String line : text.lines().toList()) {
      inside |= line.startsWith("-----BEGIN CERTIFICATE-----");
      if (inside) {
        certificates.append(line).append('\n');
      }
      inside &= !line.startsWith("-----END CERTIFICATE-----");
    }
    return new ByteArrayInputStream(certificates.toString().getBytes(StandardCharsets.US_ASCII));
  }

  private static List<X509Certificate> publicOnes() throws GeneralSecurityException {
    for (TrustManager manager : managers(null)) {
      if (manager instanceof X509TrustManager x509) {
        return List.of(x509.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  private static TrustManager[] managers(@Nullable KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
