package io.sskuba.infra.vsphere;

import io.sskuba.spec.ClusterSpec;
import java.util.List;

/// The privileges that the plan needs in a vCenter, and what for.
/// - Source: "Required Privileges for Common Tasks" in vSphere's security guide, and the providers'
///   own page of privileges.
public final class VsphereRights {
  /// What a privilege is asked on.
  public enum On {
    ROOT("the vCenter itself"),
    FOLDER("the folder of virtual machines"),
    CLUSTER("the compute cluster"),
    POOL("the cluster's resource pool"),
    DATASTORE("the datastore"),
    NETWORK("the network");

    private final String words;

    On(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  public record Right(On on, String privilege, String why) {}

  private static final List<Right> ALWAYS =
      List.of(
          new Right(On.ROOT, "InventoryService.Tagging.CreateCategory", "the cluster's tags"),
          new Right(On.ROOT, "InventoryService.Tagging.CreateTag", "the cluster's tags"),
          new Right(On.ROOT, "InventoryService.Tagging.DeleteTag", "delete takes them away"),
          new Right(On.ROOT, "InventoryService.Tagging.DeleteCategory", "delete takes them away"),
          new Right(On.FOLDER, "InventoryService.Tagging.AttachTag", "machines bear the tags"),
          new Right(On.FOLDER, "Folder.Create", "a folder of the cluster's own"),
          new Right(On.FOLDER, "Folder.Delete", "delete takes it away"),
          new Right(
              On.FOLDER,
              "VirtualMachine.Inventory.CreateFromExisting",
              "machines are made from the library's item"),
          new Right(On.FOLDER, "VirtualMachine.Inventory.Delete", "machines are replaced"),
          new Right(
              On.FOLDER, "VirtualMachine.Provisioning.DeployTemplate", "a template is deployed"),
          new Right(On.FOLDER, "VirtualMachine.Config.CPUCount", "cpus"),
          new Right(On.FOLDER, "VirtualMachine.Config.Memory", "memoryGiB"),
          new Right(On.FOLDER, "VirtualMachine.Config.DiskExtend", "disk.sizeGiB"),
          new Right(On.FOLDER, "VirtualMachine.Config.EditDevice", "the network of a clone"),
          new Right(On.FOLDER, "VirtualMachine.Config.AddRemoveDevice", "disks and network cards"),
          new Right(On.FOLDER, "VirtualMachine.Config.Settings", "firmware and names"),
          new Right(On.FOLDER, "VirtualMachine.Config.AdvancedConfig", "guestinfo.metadata"),
          new Right(On.FOLDER, "VirtualMachine.Config.Annotation", "the machine's key"),
          new Right(On.FOLDER, "VirtualMachine.Interact.PowerOn", "machines start"),
          new Right(On.FOLDER, "VirtualMachine.Interact.PowerOff", "machines end"),
          new Right(On.CLUSTER, "Host.Inventory.EditCluster", "control planes on different hosts"),
          new Right(On.POOL, "Resource.AssignVMToPool", "machines run in it"),
          new Right(On.POOL, "VApp.Import", "an OVF item is deployed"),
          new Right(On.DATASTORE, "Datastore.AllocateSpace", "disks"),
          new Right(On.NETWORK, "Network.Assign", "network cards"));

  private static final List<Right> GPU =
      List.of(new Right(On.FOLDER, "VirtualMachine.Config.Resource", "a GPU locks the memory"));

  private VsphereRights() {}

  public static List<Right> of(ClusterSpec spec) {
    if (!VsphereFacts.wantsGpu(spec)) {
      return ALWAYS;
    }
    return java.util.stream.Stream.concat(ALWAYS.stream(), GPU.stream()).toList();
  }
}
