package io.sskuba.infra.azure;

import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Target;
import io.sskuba.infra.UserData;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.digests.SHA256Digest;

/// The machines: a network card and a virtual machine each, a public address for control planes of
/// a public cluster.
///
/// Disks are managed ones, encrypted at rest by Azure, and encrypted at the host too, so that
/// caches and temporary disks are as well; they go with their machine. Azure lets nobody tag a disk
/// that is made with its machine: it is found by the resource group and its name.
///
/// Trusted launch is left out: Talos's images are not signed by a key that Azure's firmware knows.
/// - Source: https://learn.microsoft.com/azure/virtual-machines/trusted-launch
/// - Source: https://learn.microsoft.com/azure/virtual-machines/disk-encryption
final class AzureMachines {
  private static final int DISK_GIB = 64;
  private static final String AVAILABILITY = "control-plane-hosts";

  /// `Standard_D4s_v5`: the `s` among the letters after the number says that premium disks fit.
  private static final Pattern PREMIUM =
      Pattern.compile("Standard_[A-Z]+[0-9]+(?:-[0-9]+)?[a-z]*s[a-z]*(?:_.*)?");

  private AzureMachines() {}

  static String card(Target.Slot machine) {
    return machine.name() + "-nic";
  }

  static String address(Target.Slot machine) {
    return machine.name() + "-ip";
  }

  /// Whether a machine has a public address.
  static boolean hasAddress(AzurePlan plan, Target.Slot machine) {
    return plan.isPublic() && machine.pool().isControlPlane();
  }

  /// What all machines share: in a region without zones, hosts that do not fail together for the
  /// control plane.
  static void shared(AzurePlan plan) {
    if (plan.zones().isEmpty()) {
      Map<String, Object> inputs = new LinkedHashMap<>();
      inputs.put("availabilitySetName", AVAILABILITY);
      inputs.put("sku", Map.of("name", "Aligned"));
      inputs.put("platformFaultDomainCount", 2);
      inputs.put("platformUpdateDomainCount", 5);
      plan.addTagged("azure-native:compute:AvailabilitySet", AVAILABILITY, inputs);
    }
  }

  static void machine(AzurePlan plan, Target.Slot machine) {
    if (hasAddress(plan, machine)) {
      AzureNetwork.address(plan, address(machine), Map.of());
    }
    card(plan, machine);
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("vmName", plan.names().machine(machine.name()));
    inputs.put("hardwareProfile", Map.of("vmSize", type(plan, machine)));
    String zone = plan.choices().zone(machine, plan.zones());
    if (zone != null) {
      inputs.put("zones", List.of(zone));
    } else if (machine.pool().isControlPlane()) {
      inputs.put("availabilitySet", AzurePlan.idOf(AVAILABILITY));
    }
    inputs.put(
        "networkProfile",
        Map.of(
            "networkInterfaces",
            List.of(Map.of("id", new Ref(card(machine), "id"), "primary", true))));
    inputs.put("storageProfile", storage(plan, machine));
    inputs.put("osProfile", profile(plan, machine));
    inputs.put("securityProfile", Map.of("encryptionAtHost", true));
    // The serial console, kept by Azure: what a machine that never answers said last.
    inputs.put("diagnosticsProfile", Map.of("bootDiagnostics", Map.of("enabled", true)));
    if (machine.pool().isControlPlane()) {
      inputs.put("identity", AzureIdentities.ofControlPlane());
    }
    plan.addTagged("azure-native:compute:VirtualMachine", machine.name(), inputs);
  }

  private static void card(AzurePlan plan, Target.Slot machine) {
    String role = machine.pool().isControlPlane() ? AzurePlan.CONTROL_PLANE : AzurePlan.WORKERS;
    Map<String, Object> configuration = new LinkedHashMap<>();
    configuration.put("name", "primary");
    configuration.put("primary", true);
    configuration.put("subnet", Map.of("id", AzureNetwork.subnetOf(plan, machine)));
    configuration.put("privateIPAllocationMethod", "Dynamic");
    configuration.put("privateIPAddressVersion", "IPv4");
    configuration.put(
        "applicationSecurityGroups", List.of(AzurePlan.idOf(AzureSecurity.members(role))));
    List<Object> pools = AzureBalancer.pools(plan, machine);
    configuration.put("loadBalancerBackendAddressPools", pools);
    if (hasAddress(plan, machine)) {
      configuration.put("publicIPAddress", AzurePlan.idOf(address(machine)));
    }
    if (AzureBalancer.hasDoor(plan, machine)) {
      configuration.put(
          "loadBalancerInboundNatRules", List.of(AzurePlan.idOf(AzureBalancer.doorName(machine))));
    }
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("networkInterfaceName", plan.names().machine(machine.name()) + "-nic");
    inputs.put("ipConfigurations", List.of(configuration));
    inputs.put("networkSecurityGroup", AzurePlan.idOf(AzureSecurity.group(role)));
    // The pools are named by ids that are known before they exist.
    plan.addTagged(
        "azure-native:network:NetworkInterface", card(machine), inputs, AzurePlan.BALANCER);
  }

  private static String type(AzurePlan plan, Target.Slot machine) {
    String type = plan.choices().type(machine);
    if (type == null) {
      throw new IllegalArgumentException("no machine type for " + machine.name());
    }
    return type;
  }

  private static Map<String, Object> storage(AzurePlan plan, Target.Slot machine) {
    Integer size = machine.pool().diskSizeGiB();
    Map<String, Object> disk = new LinkedHashMap<>();
    disk.put("name", plan.names().machine(machine.name()) + "-disk");
    disk.put("createOption", "FromImage");
    disk.put("deleteOption", "Delete");
    disk.put("caching", "ReadOnly");
    disk.put("diskSizeGB", size == null ? DISK_GIB : size);
    disk.put(
        "managedDisk",
        Map.of(
            "storageAccountType",
            PREMIUM.matcher(type(plan, machine)).matches() ? "Premium_LRS" : "StandardSSD_LRS"));
    return Map.of("imageReference", AzureImages.reference(plan, machine), "osDisk", disk);
  }

  /// Azure wants a user and a key for a machine made from an image; Talos has neither users nor
  /// SSH.
  private static Map<String, Object> profile(AzurePlan plan, Target.Slot machine) {
    String user = "talos";
    Map<String, Object> key =
        Map.of("keyData", NOBODYS_KEY, "path", "/home/" + user + "/.ssh/authorized_keys");
    Map<String, Object> linux = new LinkedHashMap<>();
    linux.put("disablePasswordAuthentication", true);
    linux.put("provisionVMAgent", false);
    linux.put("ssh", Map.of("publicKeys", List.of(key)));
    Map<String, Object> profile = new LinkedHashMap<>();
    profile.put("computerName", plan.names().machine(machine.name()));
    profile.put("adminUsername", user);
    profile.put("allowExtensionOperations", false);
    profile.put("linuxConfiguration", linux);
    if (!plan.delivers()) {
      // The whole configuration, on a disc that the machine alone is shown; Azure tells it nobody
      // afterwards, but whoever is root of the machine can read it.
      profile.put("customData", UserData.of(machine.name()));
    }
    return profile;
  }

  /// An Ed25519 public key that nobody has the private half of: the digest of a sentence.
  static final String NOBODYS_KEY = nobodysKey();

  private static String nobodysKey() {
    byte[] sentence = "sskuba: nobody logs in".getBytes(StandardCharsets.UTF_8);
    SHA256Digest digest = new SHA256Digest();
    digest.update(sentence, 0, sentence.length);
    byte[] key = new byte[digest.getDigestSize()];
    digest.doFinal(key, 0);
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    for (byte[] part : List.of("ssh-ed25519".getBytes(StandardCharsets.UTF_8), key)) {
      wire.writeBytes(ByteBuffer.allocate(4).putInt(part.length).array());
      wire.writeBytes(part);
    }
    return "ssh-ed25519 " + Base64.getEncoder().encodeToString(wire.toByteArray()) + " nobody";
  }
}
