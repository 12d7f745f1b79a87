package io.sskuba.apply;

import io.sskuba.infra.Topology;

/// A cluster whose API answers.
///
/// @param kubeconfig as Talos hands it out, with the endpoint as this machine dials it
public record ControlPlaneUp(Rendered rendered, String kubeconfig) {
  OpenCluster opened() {
    return rendered.opened();
  }

  Topology topology() {
    return rendered.topology();
  }

  @Override
  public String toString() {
    return "ControlPlaneUp[hidden]";
  }
}
