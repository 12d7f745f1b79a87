package io.sskuba.status;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a cluster is, as far as can be seen now (contract, section 4).
///
/// @param state one of the contract's words
public record ClusterStatus(
    String name,
    String fqdn,
    boolean rehearsal,
    String target,
    String state,
    @Nullable String phase,
    @Nullable String owner,
    String createdAt,
    @Nullable String expiresAt,
    @Nullable String endpoint,
    List<Node> nodes,
    List<Component> components,
    List<String> warnings,
    @Nullable ObjectNode problem) {

  public ClusterStatus {
    nodes = List.copyOf(nodes);
    components = List.copyOf(components);
    warnings = List.copyOf(warnings);
  }

  public record Node(
      String name,
      String role,
      String pool,
      String address,
      boolean ready,
      String kubernetesVersion,
      Map<String, String> labels,
      List<String> taints,
      Map<String, String> capacity) {}

  /// @param real whether the thing is real or simulated
  public record Component(String name, boolean ready, boolean real, String message) {}
}
