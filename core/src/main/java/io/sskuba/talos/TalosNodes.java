package io.sskuba.talos;

import org.jspecify.annotations.Nullable;

/// Opens connections to machines. Addresses are cluster addresses; the implementation maps them to
/// their twins.
public interface TalosNodes {
  /// A machine in maintenance mode: its certificate has an empty issuer and is not verified, unless
  /// pinned.
  ///
  /// @param fingerprint base64 SHA-256 of the leaf's SPKI; a mismatch is `MACHINE_IDENTITY`
  TalosNode maintenance(String address, @Nullable String fingerprint);

  /// A configured machine, by mutual TLS with the credentials of `talosconfig` (YAML).
  TalosNode secure(String address, String talosconfig);
}
