package io.sskuba.kube;

/// How a caller proves who it is to the API server. Never printed.
public sealed interface KubeCredential {

  /// A client certificate with its private key, both PEM. Keys: PKCS#8, SEC1, PKCS#1, Ed25519.
  record ClientCertificate(String certificatePem, String keyPem) implements KubeCredential {
    @Override
    public String toString() {
      return "ClientCertificate[hidden]";
    }
  }

  /// A bearer token: a bootstrap token or a service account's.
  record BearerToken(String token) implements KubeCredential {
    @Override
    public String toString() {
      return "BearerToken[hidden]";
    }
  }
}
