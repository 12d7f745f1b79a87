package io.sskuba.rehearsal.machine;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a machine reads from its config.
final class ConfigFacts {
  private ConfigFacts() {}

  /// The authority of the Talos API, where the config holds its key (control planes).
  static Optional<MachinePki.Authority> osAuthority(MachineConfigView config) {
    return authority(config, "machine", "ca");
  }

  /// The cluster's Kubernetes authority.
  static Optional<MachinePki.Authority> kubernetesAuthority(MachineConfigView config) {
    return authority(config, "cluster", "ca");
  }

  private static Optional<MachinePki.Authority> authority(
      MachineConfigView config, String section, String name) {
    String certificate = decoded(config.string(section, name, "crt"));
    String key = decoded(config.string(section, name, "key"));
    if (certificate == null || key == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(MachinePki.Authority.parse(certificate, key));
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
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
