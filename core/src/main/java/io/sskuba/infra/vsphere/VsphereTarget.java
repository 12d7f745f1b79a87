package io.sskuba.infra.vsphere;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.MachineOutputs;
import io.sskuba.infra.OfflineTopology;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.infra.UserData;
import io.sskuba.io.Yaml;
import io.sskuba.net.AddressMap;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings.Vsphere;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The `vsphere` target as data: tags, a folder of the cluster's own, virtual machines cloned from
/// an item of the content library, a rule that keeps control planes on different hosts, and, where
/// the file names one, what a Big-IP needs to stand in front of them.
/// - What vSphere has already (datacenter, compute cluster, datastore, network, library item) is
///   referred to and never changed; ids are facts of the allotment, see [VsphereLookups].
/// - Credentials stand nowhere in a plan. The providers take them from the engine's environment,
///   into which the target's credentials are resolved just before it starts; the plain addresses of
///   the servers are stack configuration.
/// - Tags: one category a cluster, one tag a fact, as `KEY=VALUE`. What differs for each resource
///   (its key) stands in a machine's annotation. Both are changed in place.
/// - Machines without `addresses` use DHCP: vSphere learns the address by the guest agent in the
///   image, so the image needs the extension `vmtoolsd-guest-agent`.
/// - A GPU pool gets its devices by passthrough (PCI device and host) or, where the allotment names
///   a profile, as vGPU. Either locks the machine's memory.
/// - Source: talos v1.13.9, platform/vmware (`guestinfo.metadata`, `guestinfo.talos.config`) and
///   pkg/imager/ova.
public final class VsphereTarget implements Target {
  public static final String TAG_CATEGORY = "vsphere:index/tagCategory:TagCategory";
  public static final String TAG = "vsphere:index/tag:Tag";
  public static final String FOLDER = "vsphere:index/folder:Folder";
  public static final String MACHINE = "vsphere:index/virtualMachine:VirtualMachine";
  public static final String ANTI_AFFINITY =
      "vsphere:index/computeClusterVmAntiAffinityRule:ComputeClusterVmAntiAffinityRule";

  public static final String CATEGORY_NAME = "tag-category";
  public static final String FOLDER_NAME = "folder";
  static final int CPUS = 4;
  static final int MEMORY_GIB = 8;
  static final int DISK_GIB = 40;
  private static final int TAG_MAX = 256;

  /// Minutes until the guest agent has told an address. Nothing waits for one that the file has.
  private static final int GUEST_ADDRESS_MINUTES = 10;

  @Override
  public ClusterSpec.Provider provider() {
    return ClusterSpec.Provider.VSPHERE;
  }

  @Override
  public Map<String, String> providerVersions() {
    return Map.of("vsphere", "4.18.2", "f5bigip", "3.25.1");
  }

  @Override
  public Map<String, String> stackConfig(ClusterSpec spec) {
    Vsphere file = file(spec);
    Map<String, String> config = new LinkedHashMap<>();
    config.put("vsphere:vsphereServer", file.server());
    if (file.bigip() != null) {
      config.put("f5bigip:address", file.bigip().address());
    }
    return config;
  }

  @Override
  public InfraPlan plan(Platform.Cluster cluster) {
    return new Builder(cluster).plan();
  }

  private static Vsphere file(ClusterSpec spec) {
    if (spec.target().settings() instanceof Vsphere vsphere) {
      return vsphere;
    }
    throw new IllegalArgumentException("not a file of target vsphere");
  }

  @Override
  public Topology topology(Platform.Cluster cluster, Map<String, Object> outputs) {
    return MachineOutputs.topology(
        cluster.spec(),
        outputs,
        OfflineTopology.of(cluster.spec()).endpointHost(),
        AddressMap.IDENTITY);
  }

  /// One plan in the making.
  private static final class Builder {
    private final Platform.Cluster cluster;
    private final ClusterSpec spec;
    private final Vsphere file;
    private final VsphereLookups lookups;
    private final Choices choices;
    private final List<Resource> resources = new ArrayList<>();
    private final List<Object> tags = new ArrayList<>();

    Builder(Platform.Cluster cluster) {
      this.cluster = cluster;
      this.spec = cluster.spec();
      this.file = file(spec);
      this.choices = Choices.of(cluster.allotment());
      String network = spec.target().network().name();
      this.lookups = new VsphereLookups(file, network == null ? "VM Network" : network, choices);
    }

    InfraPlan plan() {
      tags();
      folder();
      Map<String, Object> machines = new LinkedHashMap<>();
      List<BigIpPlan.Member> members = new ArrayList<>();
      List<Object> controlPlanes = new ArrayList<>();
      for (Slot slot : Target.machines(spec)) {
        ClusterSpec.MachineAddress given = slot.given();
        if (given != null) {
          // A stretch pool's machine: it is there, joins over KubeSpan, and the Big-IP does not
          // reach
          // it.
          machines.put(slot.name(), Map.of("id", "", "address", given.address()));
          continue;
        }
        resources.add(machine(slot));
        Object address = address(slot);
        machines.put(slot.name(), Map.of("id", new Ref(slot.name(), "id"), "address", address));
        members.add(new BigIpPlan.Member(slot, address));
        if (slot.pool().isControlPlane()) {
          controlPlanes.add(new Ref(slot.name(), "id"));
        }
      }
      if (controlPlanes.size() > 1) {
        antiAffinity(controlPlanes);
      }
      if (file.bigip() != null) {
        resources.addAll(BigIpPlan.of(cluster, file.bigip(), members));
      }
      Map<String, Object> outputs = new LinkedHashMap<>();
      outputs.put("endpoint", OfflineTopology.of(spec).endpointHost());
      outputs.put("machines", machines);
      return new InfraPlan(resources, outputs);
    }

    private void tags() {
      Map<String, Object> category = new LinkedHashMap<>();
      category.put("name", "sskuba.io/" + cluster.clusterId());
      category.put("description", "cluster " + cluster.tags().cluster());
      category.put("cardinality", "MULTIPLE");
      category.put("associableTypes", List.of("Folder", "VirtualMachine"));
      resources.add(new Resource(TAG_CATEGORY, CATEGORY_NAME, category, List.of()));
      int label = 0;
      for (Map.Entry<String, Object> tag : cluster.tags().of("").entrySet()) {
        if (tag.getKey().equals(ResourceTags.KEY)) {
          continue;
        }
        boolean ours = tag.getKey().startsWith("sskuba.io/");
        String name =
            ours ? "tag-" + tag.getKey().substring("sskuba.io/".length()) : "tag-label-" + ++label;
        Map<String, Object> inputs = new LinkedHashMap<>();
        inputs.put("categoryId", new Ref(CATEGORY_NAME, "id"));
        inputs.put("name", cut(tag.getKey() + "=" + tag.getValue()));
        resources.add(new Resource(TAG, name, inputs, List.of()));
        tags.add(new Ref(name, "id"));
      }
    }

    private static String cut(String text) {
      return text.length() <= TAG_MAX ? text : text.substring(0, TAG_MAX);
    }

    private void folder() {
      String parent = file.folder();
      Map<String, Object> inputs = new LinkedHashMap<>();
      inputs.put("path", parent == null ? cluster.key() : parent + "/" + cluster.key());
      inputs.put("type", "vm");
      inputs.put("datacenterId", lookups.datacenter());
      inputs.put("tags", tags);
      resources.add(new Resource(FOLDER, FOLDER_NAME, inputs, List.of()));
    }

    private Resource machine(Slot slot) {
      ClusterSpec.Pool pool = slot.pool();
      Map<String, Object> inputs = new LinkedHashMap<>();
      inputs.put("name", slot.name());
      inputs.put("folder", new Ref(FOLDER_NAME, "path"));
      inputs.put("resourcePoolId", lookups.resourcePool());
      inputs.put("datastoreId", lookups.datastore());
      inputs.put("numCpus", pool.cpus() == null ? CPUS : pool.cpus());
      int memory = (pool.memoryGiB() == null ? MEMORY_GIB : pool.memoryGiB()) * 1024;
      inputs.put("memory", memory);
      inputs.put("guestId", "other3xLinux64Guest");
      inputs.put("scsiType", "pvscsi");
      inputs.put("enableDiskUuid", true);
      inputs.put(
          "networkInterfaces",
          List.of(Map.of("networkId", lookups.networkId(), "adapterType", "vmxnet3")));
      inputs.put("disks", List.of(disk(pool)));
      inputs.put(
          "clone", Map.of("templateUuid", lookups.template(slot.arch(), pool.gpu() != null)));
      Map<String, Object> extra = new LinkedHashMap<>();
      extra.put("disk.enableUUID", "TRUE");
      extra.put("guestinfo.metadata", metadata(slot));
      if (spec.target().delivery() == ClusterSpec.Delivery.USER_DATA) {
        extra.put("guestinfo.talos.config", UserData.of(slot.name()));
      }
      if (pool.gpu() != null) {
        gpu(slot, memory, inputs, extra);
      }
      inputs.put("extraConfig", extra);
      boolean told = fixedAddress(slot) != null;
      inputs.put("waitForGuestNetTimeout", told ? 0 : GUEST_ADDRESS_MINUTES);
      inputs.put("tags", tags);
      inputs.put("annotation", ResourceTags.KEY + "=" + cluster.tags().key(slot.name()));
      return new Resource(MACHINE, slot.name(), inputs, List.of());
    }

    private static Map<String, Object> disk(ClusterSpec.Pool pool) {
      Map<String, Object> disk = new LinkedHashMap<>();
      disk.put("label", "disk0");
      disk.put("size", pool.diskSizeGiB() == null ? DISK_GIB : pool.diskSizeGiB());
      disk.put("thinProvisioned", true);
      disk.put("unitNumber", 0);
      return disk;
    }

    /// Hostname and network, nothing secret: what Talos must know before it has a configuration.
    private String metadata(Slot slot) {
      Map<String, Object> link = new LinkedHashMap<>();
      String address = fixedAddress(slot);
      ClusterSpec.Network network = spec.target().network();
      String cidr = network.cidr();
      if (address == null || cidr == null) {
        link.put("dhcp4", true);
      } else {
        link.put("addresses", List.of(address + cidr.substring(cidr.indexOf('/'))));
        if (network.gateway() != null) {
          link.put("gateway4", network.gateway());
        }
        if (!network.nameservers().isEmpty()) {
          link.put("nameservers", Map.of("addresses", network.nameservers()));
        }
      }
      Map<String, Object> metadata = new LinkedHashMap<>();
      metadata.put("instance-id", slot.name());
      metadata.put("local-hostname", slot.name());
      metadata.put("network", networkOf(link));
      return Base64.getEncoder()
          .encodeToString(Yaml.dump(metadata).getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, Object> networkOf(Map<String, Object> link) {
      Map<String, Object> network = new LinkedHashMap<>();
      network.put("version", 2);
      network.put("ethernets", Map.of("eth0", link));
      return network;
    }

    /// A device that is passed through pins the machine to its host; a vGPU does not. Both need all
    /// of the machine's memory reserved, and large address windows need EFI and 64-bit mappings.
    private void gpu(Slot slot, int memory, Map<String, Object> inputs, Map<String, Object> extra) {
      inputs.put("firmware", "efi");
      inputs.put("memoryReservation", memory);
      inputs.put("memoryReservationLockedToMax", true);
      extra.put("pciPassthru.use64bitMMIO", "TRUE");
      extra.put("pciPassthru.64bitMMIOSizeGB", "128");
      String profile = choices.facts().get(VsphereLookups.VGPU + slot.name());
      if (profile != null) {
        extra.put("pciPassthru0.present", "TRUE");
        extra.put("pciPassthru0.vgpu", profile);
      } else {
        inputs.put("hostSystemId", lookups.host(slot.name()));
        inputs.put("pciDeviceIds", List.of(lookups.pciDevice(slot.name())));
      }
    }

    private void antiAffinity(List<Object> machines) {
      Map<String, Object> inputs = new LinkedHashMap<>();
      inputs.put("name", cluster.key() + "-control-planes");
      inputs.put("computeClusterId", lookups.computeCluster());
      inputs.put("virtualMachineIds", machines);
      // A cluster with fewer hosts than control planes still starts.
      inputs.put("mandatory", false);
      resources.add(new Resource(ANTI_AFFINITY, "anti-affinity", inputs, List.of()));
    }

    private static @Nullable String fixedAddress(Slot slot) {
      List<String> addresses = slot.pool().addresses();
      return slot.madeIndex() < addresses.size() ? addresses.get(slot.madeIndex()) : null;
    }

    private static Object address(Slot slot) {
      String fixed = fixedAddress(slot);
      return fixed != null ? fixed : new Ref(slot.name(), "defaultIpAddress");
    }
  }
}
