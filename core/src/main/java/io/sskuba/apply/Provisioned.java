package io.sskuba.apply;

import io.sskuba.infra.Topology;

/// A cluster whose machines exist and whose endpoint is known.
public record Provisioned(IssuedSecrets secrets, Topology topology) {
  OpenCluster opened() {
    return secrets.opened();
  }
}
