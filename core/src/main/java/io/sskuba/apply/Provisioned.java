package io.sskuba.apply;

import io.sskuba.infra.Topology;

/// A cluster whose machines exist and whose endpoint is known.
///
/// @param balancer name or address of the load balancer, or of what stands for it; empty where the
///   plan has none
public record Provisioned(Prepared prepared, Topology topology, String balancer) {
  IssuedSecrets secrets() {
    return prepared.secrets();
  }

  OpenCluster opened() {
    return secrets().opened();
  }
}
