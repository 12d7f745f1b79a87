package io.sskuba.infra.vsphere;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan.Lookup;
import io.sskuba.spec.ClusterSpec.ProviderSettings.Vsphere;
import java.util.LinkedHashMap;
import java.util.Map;

/// Ids of what vSphere has before the cluster comes: a fact of the allotment where it was looked
/// up, else the lookup itself, for a plan that is printed.
///
/// @param choices facts by the keys below; images by [Choices#imageKey]
/// @param network name of the port group or segment
record VsphereLookups(Vsphere file, String network, Choices choices) {
  static final String DATACENTER = "vsphere.datacenterId";
  static final String COMPUTE_CLUSTER = "vsphere.computeClusterId";
  static final String RESOURCE_POOL = "vsphere.resourcePoolId";
  static final String DATASTORE = "vsphere.datastoreId";
  static final String NETWORK = "vsphere.networkId";

  /// Of one machine: `vsphere.host.MACHINE` and `vsphere.pciDevice.MACHINE` for a GPU that is
  /// passed through, or `vsphere.vgpu.MACHINE`, the name of a vGPU profile.
  static final String HOST = "vsphere.host.";

  static final String PCI_DEVICE = "vsphere.pciDevice.";
  static final String VGPU = "vsphere.vgpu.";

  /// NVIDIA's vendor id on the PCI bus.
  private static final String NVIDIA = "10de";

  Object datacenter() {
    return fact(DATACENTER, lookup("getDatacenter", Map.of("name", file.datacenter()), "id"));
  }

  Object computeCluster() {
    return fact(COMPUTE_CLUSTER, inDatacenter("getComputeCluster", file.cluster(), "id"));
  }

  /// The cluster's own.
  Object resourcePool() {
    return fact(RESOURCE_POOL, inDatacenter("getComputeCluster", file.cluster(), "resourcePoolId"));
  }

  Object datastore() {
    return fact(DATASTORE, inDatacenter("getDatastore", file.datastore(), "id"));
  }

  Object networkId() {
    return fact(NETWORK, inDatacenter("getNetwork", network, "id"));
  }

  /// The library item; a GPU machine's has the same name and `-nvidia` after it: its image carries
  /// the driver's extensions.
  Object template(String arch, boolean gpu) {
    String known = choices.images().get(Choices.imageKey(arch, gpu));
    if (known != null) {
      return known;
    }
    Lookup library = lookup("getContentLibrary", Map.of("name", file.templateLibrary()), "id");
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("libraryId", library);
    arguments.put("name", gpu ? file.templateItem() + "-nvidia" : file.templateItem());
    arguments.put("type", "ovf");
    return lookup("getContentLibraryItem", arguments, "id");
  }

  /// The host whose device a machine gets.
  Object host(String machine) {
    return fact(HOST + machine, hostLookup());
  }

  Object pciDevice(String machine) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("hostId", hostLookup());
    arguments.put("vendorId", NVIDIA);
    return fact(PCI_DEVICE + machine, lookup("getHostPciDevice", arguments, "id"));
  }

  private Lookup hostLookup() {
    return lookup("getHost", Map.of("datacenterId", datacenter()), "id");
  }

  private Object fact(String key, Lookup otherwise) {
    String known = choices.facts().get(key);
    return known != null ? known : otherwise;
  }

  private Lookup inDatacenter(String function, String name, String property) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("datacenterId", datacenter());
    arguments.put("name", name);
    return lookup(function, arguments, property);
  }

  private static Lookup lookup(String function, Map<String, Object> arguments, String property) {
    return new Lookup("vsphere:index/" + function + ":" + function, arguments, property);
  }
}
