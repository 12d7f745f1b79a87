package io.sskuba.machineconfig;

import io.sskuba.io.RandomSource;
import io.sskuba.io.Yaml;
import io.sskuba.pki.LeafCertificates;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The client configuration of `talosctl`. A secret as a whole.
public final class Talosconfig {
  public static final String ADMIN = "os:admin";

  private Talosconfig() {}

  /// A talosconfig with a new administrator certificate.
  ///
  /// @param controlPlanes addresses: both the endpoints and the nodes
  /// @param lifetime see [LeafCertificates#clientLifetime]
  public static String admin(
      String context,
      List<String> controlPlanes,
      SecretsBundle secrets,
      Duration lifetime,
      Instant now,
      RandomSource random) {
    CertAndKey client =
        new LeafCertificates(secrets, now, random).talosClient(Set.of(ADMIN), lifetime);
    return write(context, controlPlanes, secrets.os().certificate(), client);
  }

  /// @param authority PEM of the Talos API's CA
  public static String write(
      String context, List<String> controlPlanes, String authority, CertAndKey client) {
    Map<String, Object> entry =
        Docs.map(
            "endpoints",
            controlPlanes,
            "nodes",
            controlPlanes.isEmpty() ? null : controlPlanes,
            "ca",
            BaseConfig.base64(authority),
            "crt",
            BaseConfig.base64(client.certificate()),
            "key",
            BaseConfig.base64(client.key()));
    return Yaml.dump(Docs.map("context", context, "contexts", Docs.map(context, entry)));
  }
}
