package io.sskuba.rehearsal.machine;

import io.netty.handler.ssl.SslContext;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.pki.LeafCertificates;
import io.sskuba.pki.Pem;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The certificate that a machine's API shows: one of maintenance mode, new at each boot, or one of
/// the cluster's OS authority.
///
/// A control plane signs its own; a worker's config has no key, so a control plane of the same
/// cluster signs for it, as trustd does. Certificates live 24 h and are replaced after 12.
final class ApiIdentity {
  private static final Duration REPLACED_AFTER =
      LeafCertificates.TALOS_SERVER_VALIDITY.dividedBy(2);

  private record Shown(SslContext tls, Instant issued, String fingerprint) {}

  private final MachineIdentity machine;
  private final MachineNetwork network;
  private final TimeSource time;
  private final RandomSource random;
  private @Nullable Shown maintenance;
  private @Nullable Shown secure;
  private @Nullable MachineConfigView config;

  ApiIdentity(
      MachineIdentity machine, MachineNetwork network, TimeSource time, RandomSource random) {
    this.machine = machine;
    this.network = network;
    this.time = time;
    this.random = random;
  }

  /// A boot without config: a new key.
  synchronized void forget() {
    secure = null;
    config = null;
    maintenance = issueMaintenance();
  }

  /// Tries to get a certificate for `next`; false while nobody can sign it.
  synchronized boolean secure(MachineConfigView next) {
    Shown issued = issueSecure(next);
    if (issued == null) {
      return false;
    }
    config = next;
    secure = issued;
    return true;
  }

  /// The TLS of the next handshake.
  synchronized SslContext current() {
    Instant now = time.now();
    MachineConfigView configured = config;
    Shown shown = secure;
    if (configured != null && shown != null) {
      if (now.isAfter(shown.issued().plus(REPLACED_AFTER))) {
        Shown next = issueSecure(configured);
        if (next != null) {
          secure = next;
          return next.tls();
        }
      }
      return shown.tls();
    }
    Shown open = maintenance;
    if (open == null || now.isAfter(open.issued().plus(REPLACED_AFTER))) {
      open = issueMaintenance();
      maintenance = open;
    }
    return open.tls();
  }

  /// Base64 SHA-256 of the public key shown in maintenance mode.
  synchronized String fingerprint() {
    Shown open = maintenance;
    if (open == null) {
      open = issueMaintenance();
      maintenance = open;
    }
    return open.fingerprint();
  }

  private Shown issueMaintenance() {
    CertAndKey issued =
        LeafCertificates.maintenance(List.of(machine.name()), addresses(), time, random);
    return new Shown(
        ApiTls.context(issued, null, random.secure()), time.now(), fingerprint(issued));
  }

  private static String fingerprint(CertAndKey issued) {
    try {
      byte[] key = Pem.holder(issued.certificate()).getSubjectPublicKeyInfo().getEncoded();
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private @Nullable Shown issueSecure(MachineConfigView next) {
    Optional<SecretsBundle> secrets = secrets(next);
    if (secrets.isEmpty()) {
      return null;
    }
    Set<String> names = new LinkedHashSet<>();
    Set<String> addresses = new LinkedHashSet<>(addresses());
    String hostname = Hostnames.of(machine, next);
    names.add(hostname);
    for (Object san : next.list("machine", "certSANs")) {
      (isAddress(san.toString()) ? addresses : names).add(san.toString());
    }
    CertAndKey issued =
        new LeafCertificates(secrets.get(), time, random)
            .talosServer(hostname, List.copyOf(names), List.copyOf(addresses));
    X509Certificate clients = Pem.certificate(secrets.get().os().certificate());
    return new Shown(ApiTls.context(issued, clients, random.secure()), time.now(), "");
  }

  /// The authorities to sign with: those of the config itself, or of a control plane that runs.
  private Optional<SecretsBundle> secrets(MachineConfigView next) {
    Optional<SecretsBundle> own = ConfigFacts.authorities(next);
    if (own.isPresent()) {
      return own;
    }
    return network.machines().stream()
        .filter(peer -> !peer.identity().name().equals(machine.name()))
        .flatMap(peer -> peer.signsFor(next).stream())
        .findFirst();
  }

  private List<String> addresses() {
    List<String> all = new ArrayList<>(List.of(machine.address()));
    if (!machine.twin().equals(machine.address())) {
      all.add(machine.twin());
    }
    all.add("127.0.0.1");
    all.add("::1");
    return all;
  }

  private static boolean isAddress(String text) {
    return text.contains(":") || text.matches("[0-9]+(\\.[0-9]+){3}");
  }
}
