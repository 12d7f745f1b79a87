package io.sskuba.rehearsal.machine;

import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a machine reads from its config.
final class ConfigFacts {
  private ConfigFacts() {}

  /// The authorities whose keys a control plane's config holds: the Talos API's and Kubernetes'.
  /// The other secrets of the bundle are left empty. None for a worker's config.
  static Optional<SecretsBundle> authorities(MachineConfigView config) {
    CertAndKey os = authority(config, "machine", "ca");
    if (os == null) {
      return Optional.empty();
    }
    CertAndKey kubernetes = authority(config, "cluster", "ca");
    CertAndKey none = new CertAndKey("", "");
    return Optional.of(
        new SecretsBundle(
            "", "", "", "", "", none, kubernetes == null ? none : kubernetes, none, "", os));
  }

  private static @Nullable CertAndKey authority(
      MachineConfigView config, String section, String name) {
    String certificate = decoded(config.string(section, name, "crt"));
    String key = decoded(config.string(section, name, "key"));
    return certificate == null || key == null ? null : new CertAndKey(certificate, key);
  }

  /// PEM text from the base64 that configs hold; null when there is none.
  static @Nullable String decoded(@Nullable String base64) {
    if (base64 == null || base64.isEmpty()) {
      return null;
    }
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /// Whether two configs are of one cluster: same API authority, same trustd token.
  static boolean sameCluster(MachineConfigView a, MachineConfigView b) {
    return Objects.equals(a.string("machine", "ca", "crt"), b.string("machine", "ca", "crt"))
        && Objects.equals(a.string("machine", "token"), b.string("machine", "token"));
  }

  /// `metal`, `cloud` or `container`, by the platform's name.
  static String mode(String platform) {
    return switch (platform) {
      case "metal", "equinixMetal" -> "metal";
      case "container" -> "container";
      default -> "cloud";
    };
  }
}
