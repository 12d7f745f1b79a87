package io.sskuba.dns;

import io.sskuba.secret.SecretValue;
import org.jspecify.annotations.Nullable;

/// A server that takes updates by RFC 2136.
///
/// @param server host, or `HOST:PORT`
/// @param zone its zone, such as `k8s.example.org`
/// @param key what updates are signed with; null for a server that goes by addresses
/// @param alone it stands for all servers of the zone: whoever else the zone names is not asked
public record UpdateServer(String server, String zone, @Nullable TsigKey key, boolean alone) {
  public UpdateServer(String server, String zone, @Nullable TsigKey key) {
    this(server, zone, key, false);
  }

  /// @param algorithm `hmac-sha256` and the like
  /// @param secret base64
  public record TsigKey(String name, String algorithm, SecretValue secret) {}
}
