package io.sskuba.infra;

import io.sskuba.net.AddressMap;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.List;

/// The topology that a cluster file alone tells: names of machines, addresses where the file has
/// them, the endpoint's name.
public final class OfflineTopology {
  private static final int API_PORT = 6443;

  private OfflineTopology() {}

  /// A machine without an address in the file has an empty one.
  public static Topology of(ClusterSpec spec) {
    List<Topology.Machine> machines = new ArrayList<>();
    add(spec, spec.target().controlPlane(), true, machines);
    for (ClusterSpec.Pool pool : spec.target().workers()) {
      add(spec, pool, false, machines);
    }
    return new Topology(
        endpoint(spec), API_PORT, List.of(spec.fqdn()), machines, AddressMap.IDENTITY);
  }

  private static void add(
      ClusterSpec spec, ClusterSpec.Pool pool, boolean controlPlane, List<Topology.Machine> out) {
    for (int i = 0; i < pool.size(); i++) {
      ClusterSpec.MachineAddress given = i < pool.machines().size() ? pool.machines().get(i) : null;
      int made = i - pool.machines().size();
      String address =
          given != null
              ? given.address()
              : made >= 0 && made < pool.addresses().size() ? pool.addresses().get(made) : "";
      String arch = given != null && given.arch() != null ? given.arch() : pool.arch();
      out.add(
          new Topology.Machine(
              spec.metadata().name() + "-" + pool.name() + "-" + (i + 1),
              controlPlane,
              pool.name(),
              address,
              arch,
              given == null ? null : given.fingerprint()));
    }
  }

  private static String endpoint(ClusterSpec spec) {
    if (spec.target().endpoint().host() != null) {
      return spec.target().endpoint().host();
    }
    if (spec.target().endpoint().virtualAddress() != null) {
      return spec.target().endpoint().virtualAddress();
    }
    if (spec.target().settings() instanceof ProviderSettings.Vsphere vsphere
        && vsphere.bigip() != null) {
      return vsphere.bigip().virtualAddress();
    }
    return spec.fqdn();
  }
}
