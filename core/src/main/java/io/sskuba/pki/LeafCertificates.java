package io.sskuba.pki;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.pki.CertificateIssuer.Profile;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;

/// The certificates that a Talos machine issues to its own services, and to people, from the
/// cluster's authorities.
///
/// Keys follow the authority: Ed25519 under the Talos API's, P-256 under all others. No certificate
/// outlives its authority.
/// - Thread: safe; nothing is kept between calls.
/// - Source: Talos v1.13 controllers `secrets.{Etcd,Kubernetes,KubernetesDynamicCerts,API}`.
public final class LeafCertificates {
  /// Talos's API server certificates; it reissues them every 12 hours.
  public static final Duration TALOS_SERVER_VALIDITY = Duration.ofHours(24);

  /// Kubernetes component certificates and, without a ttl, client certificates handed to people.
  public static final Duration YEAR = Duration.ofDays(365);

  /// Common name of every certificate that a machine in maintenance mode presents.
  public static final String MAINTENANCE_NAME = "maintenance-service.talos.dev";

  // Clients with a clock up to this much behind still accept a kubeconfig.
  private static final Duration ALLOWED_SKEW = Duration.ofSeconds(10);
  private static final int SIGNATURE = KeyUsage.digitalSignature;
  private static final int SIGNATURE_AND_ENCIPHERMENT =
      KeyUsage.digitalSignature | KeyUsage.keyEncipherment;
  private static final List<KeyPurposeId> SERVER = List.of(KeyPurposeId.id_kp_serverAuth);
  private static final List<KeyPurposeId> CLIENT = List.of(KeyPurposeId.id_kp_clientAuth);
  private static final List<KeyPurposeId> BOTH =
      List.of(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth);

  private final SecretsBundle secrets;
  private final Supplier<Instant> clock;
  private final CertificateIssuer issuer;

  public LeafCertificates(SecretsBundle secrets, TimeSource time, RandomSource random) {
    this(secrets, time::now, random);
  }

  /// All certificates valid from one moment.
  public LeafCertificates(SecretsBundle secrets, Instant now, RandomSource random) {
    this(secrets, () -> now, random);
  }

  private LeafCertificates(SecretsBundle secrets, Supplier<Instant> clock, RandomSource random) {
    this.secrets = secrets;
    this.clock = clock;
    this.issuer = new CertificateIssuer(random);
  }

  /// How long a client certificate handed to a person may live: the cluster's ttl, or a year where
  /// it has none.
  public static Duration clientLifetime(@org.jspecify.annotations.Nullable Duration ttl) {
    return ttl == null || ttl.compareTo(YEAR) > 0 ? YEAR : ttl;
  }

  /// etcd's client port. `localhost`, 127.0.0.1 and ::1 are added, as Talos does.
  public CertAndKey etcdServer(String hostname, List<String> dnsNames, List<String> addresses) {
    return etcdLeaf(
        hostname, with(dnsNames, "localhost"), with(addresses, "127.0.0.1", "::1"), BOTH);
  }

  /// etcd's peer port.
  public CertAndKey etcdPeer(String hostname, List<String> dnsNames, List<String> addresses) {
    return etcdLeaf(hostname, dnsNames, addresses, BOTH);
  }

  /// A client of etcd: Talos itself is `talos`, the API server `kube-apiserver`.
  public CertAndKey etcdClient(String commonName) {
    return etcdLeaf(commonName, List.of(), List.of(), CLIENT);
  }

  /// What the API server presents. The names of `kubernetes.default` and 127.0.0.1 are the
  /// caller's: see [#apiServerDnsNames].
  public CertAndKey kubeApiServer(List<String> dnsNames, List<String> addresses) {
    Instant now = clock.get();
    return issuer.leaf(
        secrets.kubernetes(),
        new Profile(
            List.of("kube-master"),
            "kube-apiserver",
            distinct(dnsNames),
            distinct(addresses),
            SIGNATURE_AND_ENCIPHERMENT,
            SERVER,
            now,
            end(now, YEAR)));
  }

  /// The DNS names that Talos gives an API server besides endpoint, certSANs and hostname.
  public static List<String> apiServerDnsNames(String dnsDomain) {
    return List.of(
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc." + dnsDomain,
        "localhost");
  }

  /// The API server as a client of kubelets.
  public CertAndKey kubeletClient() {
    return kubernetesClient("apiserver-kubelet-client", List.of("system:masters"), YEAR);
  }

  /// The API server as a client of aggregated API servers.
  public CertAndKey frontProxyClient() {
    Instant now = clock.get();
    return issuer.leaf(
        secrets.aggregator(),
        new Profile(
            List.of(),
            "front-proxy-client",
            List.of(),
            List.of(),
            SIGNATURE_AND_ENCIPHERMENT,
            CLIENT,
            now,
            end(now, YEAR)));
  }

  public CertAndKey controllerManager() {
    return component("system:kube-controller-manager");
  }

  public CertAndKey scheduler() {
    return component("system:kube-scheduler");
  }

  /// The administrator of the kubeconfig that Talos hands out: CN `admin`, O `system:masters`.
  public CertAndKey admin(Duration lifetime) {
    return withSkew("admin", "system:masters", lifetime);
  }

  /// Any client of the Kubernetes API, for example a kubelet (`system:node:NAME`, `system:nodes`).
  public CertAndKey kubernetesClient(
      String commonName, List<String> organizations, Duration lifetime) {
    Instant now = clock.get();
    return issuer.leaf(
        secrets.kubernetes(),
        new Profile(
            organizations,
            commonName,
            List.of(),
            List.of(),
            SIGNATURE_AND_ENCIPHERMENT,
            CLIENT,
            now,
            end(now, lifetime)));
  }

  /// A serving certificate under the Kubernetes CA, for example a kubelet's.
  public CertAndKey kubernetesServer(
      String commonName,
      List<String> organizations,
      List<String> dnsNames,
      List<String> addresses,
      Duration lifetime) {
    Instant now = clock.get();
    return issuer.leaf(
        secrets.kubernetes(),
        new Profile(
            organizations,
            commonName,
            distinct(dnsNames),
            distinct(addresses),
            SIGNATURE_AND_ENCIPHERMENT,
            SERVER,
            now,
            end(now, lifetime)));
  }

  /// What a configured machine presents on the Talos API.
  public CertAndKey talosServer(String fqdn, List<String> dnsNames, List<String> addresses) {
    Instant now = clock.get();
    return issuer.leaf(
        secrets.os(),
        new Profile(
            List.of(),
            fqdn,
            distinct(dnsNames),
            distinct(addresses),
            SIGNATURE,
            SERVER,
            now,
            end(now, TALOS_SERVER_VALIDITY)));
  }

  /// A client of the Talos API; its roles (`os:admin`, `os:reader`, …) are its organisations.
  public CertAndKey talosClient(Set<String> roles, Duration lifetime) {
    Instant now = clock.get();
    return issuer.leaf(
        secrets.os(),
        new Profile(
            roles.stream().sorted().toList(),
            "",
            List.of(),
            List.of(),
            SIGNATURE,
            CLIENT,
            now,
            end(now, lifetime)));
  }

  /// What a machine in maintenance mode presents: issued by an authority made for this one
  /// certificate, whose name, and so the issuer, is EMPTY. The JDK cannot parse it.
  public static CertAndKey maintenance(
      List<String> dnsNames, List<String> addresses, TimeSource time, RandomSource random) {
    Instant now = time.now();
    Instant end = now.plus(TALOS_SERVER_VALIDITY);
    CertificateIssuer issuer = new CertificateIssuer(random);
    CertAndKey authority = issuer.authority(List.of(), CertificateIssuer.KeyKind.ED25519, now, end);
    return issuer.leaf(
        authority,
        new Profile(
            List.of(),
            MAINTENANCE_NAME,
            distinct(dnsNames),
            distinct(with(addresses, "127.0.0.1", "::1")),
            SIGNATURE,
            SERVER,
            now,
            end));
  }

  private CertAndKey component(String name) {
    return withSkew(name, name, YEAR);
  }

  private CertAndKey withSkew(String commonName, String organization, Duration lifetime) {
    Instant now = clock.get();
    return issuer.leaf(
        secrets.kubernetes(),
        new Profile(
            List.of(organization),
            commonName,
            List.of(),
            List.of(),
            SIGNATURE_AND_ENCIPHERMENT,
            CLIENT,
            now.minus(ALLOWED_SKEW),
            end(now, lifetime)));
  }

  private CertAndKey etcdLeaf(
      String commonName,
      List<String> dnsNames,
      List<String> addresses,
      List<KeyPurposeId> purposes) {
    Instant now = clock.get();
    return issuer.leaf(
        secrets.etcd(),
        new Profile(
            List.of(),
            commonName,
            distinct(dnsNames),
            distinct(addresses),
            SIGNATURE_AND_ENCIPHERMENT,
            purposes,
            now,
            // Talos gives etcd's leaves the authorities' ten years.
            end(now, CertificateAuthorities.VALIDITY)));
  }

  /// Never later than the authorities' own end: all are made at the same moment, so one decides.
  private Instant end(Instant now, Duration lifetime) {
    Instant wanted = now.plus(lifetime);
    Instant authority = Pem.holder(secrets.os().certificate()).getNotAfter().toInstant();
    return wanted.isAfter(authority) ? authority : wanted;
  }

  private static List<String> with(List<String> list, String... more) {
    List<String> all = new java.util.ArrayList<>(list);
    all.addAll(List.of(more));
    return all;
  }

  private static List<String> distinct(List<String> list) {
    return list.stream().filter(s -> !s.isEmpty()).distinct().toList();
  }
}
