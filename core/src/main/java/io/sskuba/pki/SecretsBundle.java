package io.sskuba.pki;

/// The CAs, keys and tokens of one cluster, in the shape of Talos's `secrets.yaml` (v1.13).
///
/// Every `crt` and `key` is PEM text. The object is a secret: it has no `toString` of its values.
public record SecretsBundle(
    String clusterId,
    String clusterSecret,
    String bootstrapToken,
    String secretboxEncryptionSecret,
    String trustdToken,
    CertAndKey etcd,
    CertAndKey kubernetes,
    CertAndKey aggregator,
    String serviceAccountKey,
    CertAndKey os) {

  /// @param certificate PEM
  /// @param key PEM, with the label that Talos uses
  public record CertAndKey(String certificate, String key) {
    @Override
    public String toString() {
      return "CertAndKey[hidden]";
    }
  }

  @Override
  public String toString() {
    return "SecretsBundle[hidden]";
  }
}
