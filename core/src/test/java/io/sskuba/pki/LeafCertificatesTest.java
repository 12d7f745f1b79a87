package io.sskuba.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LeafCertificatesTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  static SecretsBundle secrets;

  @BeforeAll
  static void makeSecrets() {
    // No RSA key is needed here, and it would cost a second.
    CertificateAuthorities authorities = new CertificateAuthorities(NOW, RandomSource.system());
    secrets =
        new SecretsBundle(
            "id",
            "secret",
            "token",
            "box",
            "trustd",
            authorities.etcd(),
            authorities.kubernetes(),
            authorities.aggregator(),
            "",
            authorities.os());
  }

  private static LeafCertificates leaves() {
    return new LeafCertificates(secrets, NOW, RandomSource.system());
  }

  @Test
  void everyLeafIsSignedByItsAuthority() throws Exception {
    LeafCertificates leaves = leaves();
    List<String> names = List.of("a");
    List<String> ips = List.of("10.0.0.2", "fd00::2");
    var etcd = Pem.certificate(secrets.etcd().certificate()).getPublicKey();
    var kubernetes = Pem.certificate(secrets.kubernetes().certificate()).getPublicKey();
    var os = Pem.certificate(secrets.os().certificate()).getPublicKey();
    for (CertAndKey leaf :
        List.of(
            leaves.etcdServer("a", names, ips),
            leaves.etcdPeer("a", names, ips),
            leaves.etcdClient("kube-apiserver"))) {
      Pem.certificate(leaf.certificate()).verify(etcd);
    }
    for (CertAndKey leaf :
        List.of(
            leaves.kubeApiServer(names, ips),
            leaves.kubeletClient(),
            leaves.controllerManager(),
            leaves.scheduler(),
            leaves.admin(Duration.ofHours(8)))) {
      Pem.certificate(leaf.certificate()).verify(kubernetes);
    }
    Pem.certificate(leaves.talosServer("a", names, ips).certificate()).verify(os);
    assertThatThrownBy(
            () ->
                Pem.certificate(leaves.talosServer("a", names, ips).certificate())
                    .verify(kubernetes))
        .isInstanceOf(Exception.class);
  }

  @Test
  void administratorIsAsTalosHandsItOut() throws Exception {
    X509Certificate admin = Pem.certificate(leaves().admin(Duration.ofHours(8)).certificate());
    assertThat(admin.getSubjectX500Principal().getName()).isEqualTo("CN=admin,O=system:masters");
    assertThat(admin.getNotBefore().toInstant()).isEqualTo(NOW.minusSeconds(10));
    assertThat(admin.getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofHours(8)));
    assertThat(admin.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    assertThat(admin.getKeyUsage()).startsWith(true, false, true, false);
    assertThat(admin.getBasicConstraints()).isEqualTo(-1);
  }

  @Test
  void serverNamesAreThere() throws Exception {
    X509Certificate server =
        Pem.certificate(
            leaves().etcdServer("a", List.of("a", "a.b"), List.of("10.0.0.2")).certificate());
    assertThat(
            server.getSubjectAlternativeNames().stream()
                .map(n -> String.valueOf(n.get(1)))
                .toList())
        .containsExactly("a", "a.b", "localhost", "10.0.0.2", "127.0.0.1", "0:0:0:0:0:0:0:1");
  }

  @Test
  void rolesAreOrganisations() {
    assertThat(
            CertificateText.of(
                leaves()
                    .talosClient(Set.of("os:reader", "os:admin"), Duration.ofHours(1))
                    .certificate()))
        .anyMatch(
            l ->
                l.startsWith("subject")
                    && l.contains("os:admin")
                    && l.contains("os:reader")
                    && l.indexOf('{') == l.lastIndexOf('{'));
  }

  @Test
  void nothingOutlivesItsAuthority() {
    LeafCertificates late =
        new LeafCertificates(secrets, NOW.plus(Duration.ofDays(3640)), RandomSource.system());
    assertThat(Pem.certificate(late.admin(LeafCertificates.YEAR).certificate()).getNotAfter())
        .isEqualTo(Pem.certificate(secrets.kubernetes().certificate()).getNotAfter());
  }

  @Test
  void clientsLiveAsLongAsTheCluster() {
    assertThat(LeafCertificates.clientLifetime(null)).isEqualTo(Duration.ofDays(365));
    assertThat(LeafCertificates.clientLifetime(Duration.ofHours(8))).isEqualTo(Duration.ofHours(8));
    assertThat(LeafCertificates.clientLifetime(Duration.ofDays(999)))
        .isEqualTo(Duration.ofDays(365));
  }

  @Test
  void maintenanceCertificateHasAnEmptyIssuer() {
    CertAndKey pair =
        LeafCertificates.maintenance(
            List.of("a"), List.of("10.0.0.2"), TimeSource.system(), RandomSource.system());
    assertThat(Pem.holder(pair.certificate()).getIssuer().getRDNs()).isEmpty();
    assertThat(Pem.holder(pair.certificate()).getSubject().toString())
        .isEqualTo("CN=maintenance-service.talos.dev");
    // The JDK's parser refuses it, as it does the real one.
    assertThatThrownBy(() -> Pem.certificate(pair.certificate()))
        .hasRootCauseMessage("Empty issuer DN not allowed in X509Certificates");
    assertThat(Pem.block(pair.key()).label()).isEqualTo("ED25519 PRIVATE KEY");
  }

  @Test
  void frontProxyClientIsIssuedByTheNamelessAuthority() {
    assertThat(Pem.holder(leaves().frontProxyClient().certificate()).getIssuer().getRDNs())
        .isEmpty();
  }

  @Test
  void namesAreNeverResolved() {
    assertThatThrownBy(() -> leaves().etcdPeer("a", List.of(), List.of("example.org")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not an IP address: example.org");
  }
}
