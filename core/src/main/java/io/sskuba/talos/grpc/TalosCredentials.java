package io.sskuba.talos.grpc;

import io.sskuba.io.Yaml;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;

/// What a talosconfig's current context holds: the CA that signs machines' certificates, and the
/// client's own certificate and key.
/// - Errors: `IllegalArgumentException` when the text is no usable talosconfig; its message never
///   holds a value of the file.
/// - Source: talosconfig as `talosctl gen config` v1.13 writes it: base64 of PEM, Ed25519 keys.
record TalosCredentials(X509Certificate authority, X509Certificate certificate, PrivateKey key) {

  static TalosCredentials parse(String talosconfig) {
    Map<?, ?> context = currentContext(talosconfig);
    try {
      return new TalosCredentials(
          certificate(pem(context, "ca")),
          certificate(pem(context, "crt")),
          privateKey(pem(context, "key")));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "talosconfig: a certificate or key cannot be read: " + e.getClass().getSimpleName());
    }
  }

  private static Map<?, ?> currentContext(String talosconfig) {
    if (Yaml.load(talosconfig) instanceof Map<?, ?> file
        && file.get("contexts") instanceof Map<?, ?> contexts
        && contexts.get(file.get("context")) instanceof Map<?, ?> context) {
      return context;
    }
    throw new IllegalArgumentException("talosconfig: no current context");
  }

  private static String pem(Map<?, ?> context, String key) {
    Object value = context.get(key);
    if (value == null) {
      throw new IllegalArgumentException("talosconfig: " + key + " is missing");
    }
    return new String(Base64.getDecoder().decode(value.toString()), StandardCharsets.US_ASCII);
  }

  private static X509Certificate certificate(String pem) throws GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
  }

  /// Talos labels the key `ED25519 PRIVATE KEY`; inside is PKCS#8.
  private static PrivateKey privateKey(String pem) throws GeneralSecurityException {
    String body = pem.replaceAll("-----[A-Z0-9 ]+-----", "").replaceAll("\\s", "");
    return KeyFactory.getInstance("Ed25519")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
  }

  @Override
  public String toString() {
    return "TalosCredentials[hidden]";
  }
}
