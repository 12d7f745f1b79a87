package io.sskuba.rehearsal.machine;

/// Who may configure a machine in maintenance mode: whoever brings a config with a digest that was
/// announced over the host's own authenticated channel.
///
/// Maintenance mode asks for no credentials, as on a real machine; on a shared computer any user
/// could otherwise take a machine over.
@FunctionalInterface
public interface ConfigGate {
  /// @param sha256 lower-case hex digest of the config's bytes
  boolean admits(String sha256);

  /// Admits everything: for tests.
  ConfigGate OPEN = sha256 -> true;
}
