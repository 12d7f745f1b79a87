package io.sskuba.infra;

import io.sskuba.net.AddressMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the infrastructure of one cluster looks like to the phases after it.
///
/// @param endpointHost host or address of the Kubernetes API as it stands in configs and
///   certificates
/// @param endpointPort usually 6443
/// @param certSans further names and addresses for the API certificates, loopback twins not
///   included
/// @param machines control planes first, each list in file order
/// @param addresses how this machine dials them
public record Topology(
    String endpointHost,
    int endpointPort,
    List<String> certSans,
    List<Machine> machines,
    AddressMap addresses) {

  public Topology {
    certSans = List.copyOf(certSans);
    machines = List.copyOf(machines);
  }

  /// `https://HOST:PORT` as the machine configs carry it.
  public String endpointUrl() {
    return "https://" + endpointHost + ":" + endpointPort;
  }

  public List<Machine> controlPlanes() {
    return machines.stream().filter(Machine::controlPlane).toList();
  }

  public List<Machine> workers() {
    return machines.stream().filter(m -> !m.controlPlane()).toList();
  }

  /// One machine: its name is its Talos hostname and its Kubernetes node name.
  ///
  /// @param name `demo-control-plane-1`, `demo-general-1`: CLUSTER-POOL-ORDINAL, ordinals from 1
  /// @param pool name of the pool in the cluster file, `control-plane` for the control plane
  /// @param address the address in the cluster's network
  /// @param fingerprint SPKI pin of the maintenance certificate where the platform shows it
  public record Machine(
      String name,
      boolean controlPlane,
      String pool,
      String address,
      String arch,
      @Nullable String fingerprint) {}
}
