package io.sskuba.rehearsal.host;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/// Starts, finds and ends the host process of one cluster.
///
/// An instance is one life of that process: a text that no other life has, for example pid, start
/// time and boot id.
public interface HostLauncher {
  /// Starts the host process unless it runs and answers. Returns its instance. Idempotent.
  ///
  /// @param inputs inputs of the plan's `sskuba:local:Host`: `clusterId`, `expiresAt`, `tags`, …
  String ensureRunning(Map<String, Object> inputs) throws IOException, InterruptedException;

  /// The instance of the host process that runs now; empty when it is dead.
  Optional<String> running() throws IOException;

  /// Ends the host process and waits until it is gone. Idempotent.
  void stop() throws IOException, InterruptedException;
}
