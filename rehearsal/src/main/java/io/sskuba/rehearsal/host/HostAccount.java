package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/// The resources that live in a host process, by type and id. Creates are idempotent by id.
public interface HostAccount {
  /// Makes a resource, or adopts the one that is there. Returns its outputs.
  ObjectNode create(String type, String id, JsonNode inputs) throws Exception;

  /// Its outputs, or null when it is gone.
  @Nullable ObjectNode read(String type, String id);

  ObjectNode update(String type, String id, JsonNode inputs) throws Exception;

  /// Removes it; what is not there is removed already.
  void delete(String type, String id) throws Exception;

  /// Admits a configuration to a machine that is in maintenance mode, by the SHA-256 of its bytes,
  /// hexadecimal.
  void announce(String machine, String sha256);

  /// Machines, processes, what is simulated: for `status`, `logs` and the receipt.
  ObjectNode inspect();

  /// Ends everything that runs.
  void shutdown();
}
