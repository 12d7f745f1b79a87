package io.sskuba.pki;

import io.sskuba.io.RandomSource;
import io.sskuba.pki.CertificateIssuer.KeyKind;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// The four certificate authorities of a cluster, as Talos makes them.
/// - Source: Talos v1.13 `generate/secrets/ca.go`; compared with `talosctl gen secrets`.
public final class CertificateAuthorities {
  /// 87600 hours: Talos's `CAValidityTime`.
  public static final Duration VALIDITY = Duration.ofDays(3650);

  private final CertificateIssuer issuer;
  private final Instant now;

  public CertificateAuthorities(Instant now, RandomSource random) {
    this.issuer = new CertificateIssuer(random);
    this.now = now;
  }

  public CertAndKey etcd() {
    return make(List.of("etcd"), KeyKind.P256);
  }

  public CertAndKey kubernetes() {
    return make(List.of("kubernetes"), KeyKind.P256);
  }

  /// Signs the front-proxy client. Its subject and issuer are EMPTY: the JDK cannot parse it.
  public CertAndKey aggregator() {
    return make(List.of(), KeyKind.P256);
  }

  /// The Talos API's authority.
  public CertAndKey os() {
    return make(List.of("talos"), KeyKind.ED25519);
  }

  private CertAndKey make(List<String> organizations, KeyKind kind) {
    return issuer.authority(organizations, kind, now, now.plus(VALIDITY));
  }
}
