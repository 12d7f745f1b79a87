package io.sskuba.rehearsal.cloud.vsphere;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.vsphere.VsphereTarget;
import io.sskuba.io.Yaml;
import io.sskuba.net.Cidr;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.AccountLook;
import io.sskuba.rehearsal.cloud.CloudModel;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.rehearsal.cloud.Site;
import io.sskuba.rehearsal.cloud.VirtualAddress;
import io.sskuba.spec.ClusterSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A simulated vCenter, shared by all rehearsals: one datacenter with a compute cluster, a
/// datastore, a network with DHCP and a content library are there already, whatever the file calls
/// them.
///
/// It refuses what vCenter and its provider refuse: names that are taken, references to what is not
/// there, a full datastore, a cluster without memory or CPUs, a folder that is not empty, a device
/// without its host.
///
/// What a scenario can do: `quotas: {datastoreGiB, memoryGiB, vcpus}` of the whole vCenter;
/// `capacity: [{type: gpu}]` for no free device, `[{type: template}]` for an item that is missing,
/// `[{type: dhcp}]` for a network that hands out no addresses.
public final class VsphereModel implements CloudModel {
  private static final int DATASTORE_GIB = 20_000;
  private static final int MEMORY_GIB = 8_192;
  private static final int VCPUS = 2_048;
  private static final String DHCP_NETWORK = "10.40.0.0/24";
  private static final int DHCP_FIRST = 100;
  private static final int DHCP_LAST = 250;

  /// What is there already, by the facts' names.
  private static final Map<String, String> INVENTORY =
      Map.of(
          "vsphere.datacenterId", "datacenter-2",
          "vsphere.computeClusterId", "domain-c8",
          "vsphere.resourcePoolId", "resgroup-9",
          "vsphere.datastoreId", "datastore-12",
          "vsphere.networkId", "network-14");

  private static final Map<String, String> TEMPLATES =
      Map.of(
          "amd64", "5f0c41a5-8b0e-4c32-9a5e-6f1d0f7c2a11",
          "amd64-nvidia", "9b7f1e0d-3c64-47c2-8a0f-2d6a1b9e4c22",
          "arm64", "c2a4d9b8-1f35-4f0a-b7c6-8e5d3f0a7b33");

  private static final String GPU_HOST = "host-21";

  @Override
  public String pkg() {
    return "vsphere";
  }

  @Override
  public String account() {
    return "vsphere";
  }

  @Override
  public Choices choices(ClusterSpec spec, Choices known) {
    Map<String, String> facts = new LinkedHashMap<>(INVENTORY);
    Map<String, String> images = new LinkedHashMap<>(TEMPLATES);
    int device = 0;
    for (Target.Slot machine : Target.machines(spec)) {
      if (machine.pool().gpu() != null) {
        facts.put("vsphere.host." + machine.name(), GPU_HOST);
        facts.put("vsphere.pciDevice." + machine.name(), "0000:" + (10 + device) + ":00.0");
        device++;
      }
    }
    facts.putAll(known.facts());
    images.putAll(known.images());
    return new Choices(images, known.types(), known.zones(), facts);
  }

  /// Templates, and room for what is not there yet.
  @Override
  public List<Platform.Finding> findings(AccountLook look) {
    List<Platform.Finding> findings = new ArrayList<>(look.images());
    long usedCpus = 0;
    long usedMemory = 0;
    Set<String> held = new HashSet<>();
    look.held().forEach(r -> held.add(r.name()));
    for (CloudResource other : look.all()) {
      if (other.type().equals(VsphereTarget.MACHINE)) {
        usedCpus += number(other.inputs().get("numCpus"));
        usedMemory += number(other.inputs().get("memory")) / 1024;
      }
    }
    long cpus = 0;
    long memory = 0;
    for (Target.Slot machine : Target.machines(look.spec())) {
      if (machine.made() && !held.contains(machine.name())) {
        Integer itsCpus = machine.pool().cpus();
        Integer itsMemory = machine.pool().memoryGiB();
        cpus += itsCpus == null ? 0 : itsCpus;
        memory += itsMemory == null ? 0 : itsMemory;
      }
    }
    Scenario scenario = look.scenario();
    findings.addAll(
        look.quota("CPUs of the cluster", usedCpus, cpus, scenario.quota("vcpus", VCPUS)));
    findings.addAll(
        look.quota(
            "GiB of memory of the cluster",
            usedMemory,
            memory,
            scenario.quota("memoryGiB", MEMORY_GIB)));
    return findings;
  }

  @Override
  public String userData(String type, Map<String, Object> inputs) {
    return type.equals(VsphereTarget.MACHINE)
        ? text(inputs.get("extraConfig"), "guestinfo.talos.config")
        : "";
  }

  @Override
  public Made create(CloudRequest request, Account.View account) throws CloudFault {
    return switch (request.type()) {
      case VsphereTarget.TAG_CATEGORY -> category(request, account);
      case VsphereTarget.TAG -> tag(request, account);
      case VsphereTarget.FOLDER -> folder(request, account);
      case VsphereTarget.MACHINE -> machine(request, account);
      case VsphereTarget.ANTI_AFFINITY -> rule(request, account);
      default -> throw new CloudFault(CloudFault.Kind.INVALID, "unknown type " + request.type());
    };
  }

  private static Made category(CloudRequest request, Account.View account) throws CloudFault {
    refuseName(
        account.ofType(VsphereTarget.TAG_CATEGORY),
        "name",
        request.text("name"),
        "could not create category: POST /rest/com/vmware/cis/tagging/category: 400 Bad Request:"
            + " com.vmware.vapi.std.errors.already_exists");
    String id = "urn:vmomi:InventoryServiceCategory:" + uuid("category", account) + ":GLOBAL";
    return new Made(id, Map.of(), clusterTag(request.text("name")), null);
  }

  private static Map<String, String> clusterTag(String name) {
    return name.startsWith("sskuba.io/")
        ? Map.of("sskuba.io/cluster-id", name.substring("sskuba.io/".length()))
        : Map.of();
  }

  private static Made tag(CloudRequest request, Account.View account) throws CloudFault {
    String category = request.text("categoryId");
    CloudResource found =
        account.require(
            VsphereTarget.TAG_CATEGORY,
            category,
            "could not create tag: 404 Not Found: Tagging category with id "
                + category
                + " not found");
    refuseName(
        account.ofType(VsphereTarget.TAG).stream()
            .filter(t -> t.text("categoryId").equals(category))
            .toList(),
        "name",
        request.text("name"),
        "could not create tag: POST /rest/com/vmware/cis/tagging/tag: 400 Bad Request:"
            + " com.vmware.vapi.std.errors.already_exists");
    String id = "urn:vmomi:InventoryServiceTag:" + uuid("tag", account) + ":GLOBAL";
    return new Made(id, Map.of(), clusterTag(found.text("name")), null);
  }

  private static Made folder(CloudRequest request, Account.View account) throws CloudFault {
    known("vsphere.datacenterId", request.text("datacenterId"), "datacenter");
    String path = request.text("path");
    refuseName(
        account.ofType(VsphereTarget.FOLDER),
        "path",
        path,
        "error creating targetFolder: ServerFaultCode: The name '"
            + path.substring(path.lastIndexOf('/') + 1)
            + "' already exists.");
    return new Made(
        "group-v" + (100 + account.next("folder")), Map.of(), tags(request, account), null);
  }

  private static void refuseName(
      List<CloudResource> others, String property, String name, String message) throws CloudFault {
    for (CloudResource other : others) {
      if (other.text(property).equals(name)) {
        throw new CloudFault(CloudFault.Kind.CONFLICT, message);
      }
    }
  }

  private static void known(String fact, String id, String kind) throws CloudFault {
    if (!id.equals(INVENTORY.get(fact))) {
      throw new CloudFault(
          CloudFault.Kind.NOT_FOUND,
          "cannot locate "
              + kind
              + ": ServerFaultCode: The object 'vim."
              + kind
              + ":"
              + id
              + "' has already been deleted or has not been completely created");
    }
  }

  private Made machine(CloudRequest request, Account.View account) throws CloudFault {
    String name = request.text("name");
    String folder = request.text("folder");
    references(request, account);
    for (CloudResource other : account.ofType(VsphereTarget.MACHINE)) {
      if (other.text("name").equals(name) && other.text("folder").equals(folder)) {
        throw new CloudFault(
            CloudFault.Kind.CONFLICT,
            "error cloning virtual machine: The name '" + name + "' already exists.");
      }
    }
    room(request, account);
    String address = address(request, account);
    String id = "4211" + uuid("machine", account).substring(4);
    Made made = made(request, account, id, "vm-" + (1000 + account.next("vm")), address);
    if (controlPlane(request)) {
      List<String> all = new ArrayList<>(controlPlanes(cluster(request), "", account));
      all.add(address);
      if (withoutBigIp(request.site())) {
        VirtualAddress.settle(pkg(), request, all, account);
      }
    }
    return made;
  }

  private static void references(CloudRequest request, Account.View account) throws CloudFault {
    known("vsphere.resourcePoolId", request.text("resourcePoolId"), "ResourcePool");
    known("vsphere.datastoreId", request.text("datastoreId"), "Datastore");
    for (Object link : request.list("networkInterfaces")) {
      known("vsphere.networkId", text(link, "networkId"), "Network");
    }
    String folder = request.text("folder");
    if (account.ofType(VsphereTarget.FOLDER).stream()
        .noneMatch(f -> f.text("path").equals(folder))) {
      throw new CloudFault(CloudFault.Kind.NOT_FOUND, "folder '/dc1/vm/" + folder + "' not found");
    }
    String template = text(request.inputs().get("clone"), "templateUuid");
    if (!TEMPLATES.containsValue(template) || request.scenario().unavailable("template", "")) {
      throw new CloudFault(
          CloudFault.Kind.NOT_FOUND,
          "cannot locate virtual machine or template with UUID \""
              + template
              + "\": virtual machine with UUID \""
              + template
              + "\" not found");
    }
    for (Object tag : request.list("tags")) {
      account.require(
          VsphereTarget.TAG,
          String.valueOf(tag),
          "error updating tags: 404 Not Found: Tag with id " + tag + " not found");
    }
    if (!request.list("pciDeviceIds").isEmpty()) {
      device(request, account);
    }
  }

  private static void device(CloudRequest request, Account.View account) throws CloudFault {
    if (request.text("hostSystemId").isEmpty()) {
      throw new CloudFault(
          CloudFault.Kind.INVALID, "host_system_id must be set when using pci_device_id");
    }
    Object wanted = request.list("pciDeviceIds").getFirst();
    boolean taken =
        account.ofType(VsphereTarget.MACHINE).stream()
            .anyMatch(
                m ->
                    m.inputs().get("pciDeviceIds") instanceof List<?> devices
                        && devices.contains(wanted)
                        && m.text("hostSystemId").equals(request.text("hostSystemId")));
    if (taken || request.scenario().unavailable("gpu", "")) {
      throw new CloudFault(
          CloudFault.Kind.CAPACITY,
          "powerOn task for vm \""
              + request.text("name")
              + "\" failed: Device 'pciPassthru0' is not available: PCI device "
              + wanted
              + " is already in use.");
    }
  }

  /// Whether the datastore and the compute cluster still take it.
  private static void room(CloudRequest request, Account.View account) throws CloudFault {
    long disk = gib(request.inputs());
    long memory = request.number("memory", 0) / 1024;
    long cpus = request.number("numCpus", 1);
    for (CloudResource other : account.ofType(VsphereTarget.MACHINE)) {
      disk += gib(other.inputs());
      memory += number(other.inputs().get("memory")) / 1024;
      cpus += number(other.inputs().get("numCpus"));
    }
    if (disk > request.scenario().quota("datastoreGiB", DATASTORE_GIB)) {
      throw new CloudFault(
          CloudFault.Kind.CAPACITY,
          "error cloning virtual machine: Insufficient disk space on datastore '"
              + datastore(request)
              + "'.");
    }
    if (memory > request.scenario().quota("memoryGiB", MEMORY_GIB)) {
      throw new CloudFault(
          CloudFault.Kind.CAPACITY,
          "powerOn task for vm \""
              + request.text("name")
              + "\" failed: The available Memory resources in the parent resource pool are"
              + " insufficient for the operation.");
    }
    if (cpus > request.scenario().quota("vcpus", VCPUS)) {
      throw new CloudFault(
          CloudFault.Kind.CAPACITY,
          "powerOn task for vm \""
              + request.text("name")
              + "\" failed: The available CPU resources in the parent resource pool are"
              + " insufficient for the operation.");
    }
  }

  private static String datastore(CloudRequest request) {
    Site site = request.site();
    return site != null
            && site.spec().target().settings()
                instanceof ClusterSpec.ProviderSettings.Vsphere vsphere
        ? vsphere.datastore()
        : request.text("datastoreId");
  }

  private static long gib(Map<String, Object> inputs) {
    long gib = 0;
    if (inputs.get("disks") instanceof List<?> disks) {
      for (Object disk : disks) {
        gib += disk instanceof Map<?, ?> map ? number(map.get("size")) : 0;
      }
    }
    return gib;
  }

  /// What the machine's guest agent tells: the metadata's address, else one of the network's DHCP.
  private static String address(CloudRequest request, Account.View account) throws CloudFault {
    String fixed = fixedAddress(request.inputs());
    if (fixed != null) {
      return fixed;
    }
    if (request.scenario().unavailable("dhcp", "")) {
      throw new CloudFault(
          CloudFault.Kind.UNAVAILABLE, "timeout waiting for an available IP address");
    }
    Set<String> taken = new HashSet<>();
    account.ofType(VsphereTarget.MACHINE).forEach(m -> taken.add(m.out("defaultIpAddress")));
    Site site = request.site();
    String cidr = site == null ? null : site.spec().target().network().cidr();
    String network = cidr == null ? DHCP_NETWORK : cidr;
    String base = network.substring(0, network.indexOf('/'));
    String prefix = base.substring(0, base.lastIndexOf('.') + 1);
    for (int host = DHCP_FIRST; host <= DHCP_LAST; host++) {
      String address = prefix + host;
      boolean inside = Cidr.parse(network).map(c -> c.usable(address)).orElse(false);
      if (inside && !taken.contains(address)) {
        return address;
      }
    }
    throw new CloudFault(CloudFault.Kind.CAPACITY, "timeout waiting for an available IP address");
  }

  private static @Nullable String fixedAddress(Map<String, Object> inputs) {
    String metadata = text(inputs.get("extraConfig"), "guestinfo.metadata");
    if (metadata.isEmpty()) {
      return null;
    }
    Object document =
        Yaml.load(new String(Base64.getDecoder().decode(metadata), StandardCharsets.UTF_8));
    Object link = at(at(at(document, "network"), "ethernets"), "eth0");
    return at(link, "addresses") instanceof List<?> addresses && !addresses.isEmpty()
        ? String.valueOf(addresses.getFirst()).replaceAll("/.*", "")
        : null;
  }

  private static Made made(
      CloudRequest request, Account.View account, String id, String moid, String address) {
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("uuid", id);
    outputs.put("moid", moid);
    outputs.put("defaultIpAddress", address);
    outputs.put("guestIpAddresses", List.of(address));
    outputs.put("powerState", "on");
    outputs.put("vmwareToolsStatus", "guestToolsRunning");
    outputs.put("vmxPath", request.text("name") + "/" + request.text("name") + ".vmx");
    outputs.put("rebootRequired", false);
    Site site = request.site();
    Fabric fabric =
        site == null || site.slot(request.name()) == null
            ? null
            : site.machine(id, request.name(), address, List.of());
    return new Made(id, outputs, tags(request, account), fabric);
  }

  private static Made rule(CloudRequest request, Account.View account) throws CloudFault {
    known("vsphere.computeClusterId", request.text("computeClusterId"), "ClusterComputeResource");
    List<?> machines = request.list("virtualMachineIds");
    if (machines.size() < 2) {
      throw new CloudFault(
          CloudFault.Kind.INVALID, "A specified parameter was not correct: spec.rulesSpec.info.vm");
    }
    for (Object machine : machines) {
      account.require(
          VsphereTarget.MACHINE,
          String.valueOf(machine),
          "virtual machine with UUID \"" + machine + "\" not found");
    }
    return new Made(request.text("computeClusterId") + ":" + account.next("rule"), Map.of());
  }

  @Override
  public Made update(CloudRequest request, CloudResource before, Account.View account)
      throws CloudFault {
    return switch (request.type()) {
      case VsphereTarget.MACHINE -> {
        String fixed = fixedAddress(request.inputs());
        yield made(
            request,
            account,
            before.id(),
            before.out("moid"),
            fixed == null ? before.out("defaultIpAddress") : fixed);
      }
      case VsphereTarget.FOLDER ->
          new Made(before.id(), before.outputs(), tags(request, account), null);
      case VsphereTarget.TAG -> {
        rename(before, request.text("name"), account);
        yield new Made(before.id(), before.outputs(), before.tags(), null);
      }
      default -> new Made(before.id(), before.outputs(), before.tags(), null);
    };
  }

  /// Whatever bears the tag is listed by its new name from now on.
  private static void rename(CloudResource tag, String name, Account.View account) {
    for (CloudResource bearer : account.all()) {
      if (bearer.inputs().get("tags") instanceof List<?> tags && tags.contains(tag.id())) {
        Map<String, String> listed = new LinkedHashMap<>(bearer.tags());
        String old = tag.text("name");
        listed.remove(old.substring(0, Math.max(0, old.indexOf('='))));
        put(listed, name);
        account.put(bearer.withTags(listed));
      }
    }
  }

  @Override
  public void delete(CloudRequest request, CloudResource resource, Account.View account)
      throws CloudFault {
    switch (resource.type()) {
      case VsphereTarget.FOLDER -> {
        for (CloudResource machine : account.ofType(VsphereTarget.MACHINE)) {
          if (machine.text("folder").equals(resource.text("path"))) {
            throw new CloudFault(
                CloudFault.Kind.DEPENDENCY,
                "folder is not empty, please remove all items before deleting");
          }
        }
      }
      case VsphereTarget.TAG_CATEGORY -> {
        // As in vCenter, a category takes its tags along.
        for (CloudResource tag : account.ofType(VsphereTarget.TAG)) {
          if (tag.text("categoryId").equals(resource.id())) {
            account.remove(tag.id());
          }
        }
      }
      case VsphereTarget.MACHINE ->
          VirtualAddress.leave(
              resource.cluster(),
              controlPlanes(resource.cluster(), resource.id(), account),
              account);
      default -> {
        // Tags and rules are used by nothing that keeps them.
      }
    }
  }

  private static List<String> controlPlanes(String cluster, String without, Account.View account) {
    List<String> addresses = new ArrayList<>();
    for (CloudResource machine : account.ofType(VsphereTarget.MACHINE)) {
      Fabric fabric = machine.fabric();
      if (machine.cluster().equals(cluster)
          && !machine.id().equals(without)
          && fabric != null
          && fabric.inputs().path("role").asText().equals("controlplane")) {
        addresses.add(machine.out("defaultIpAddress"));
      }
    }
    return addresses;
  }

  private static boolean controlPlane(CloudRequest request) {
    Site site = request.site();
    Target.Slot slot = site == null ? null : site.slot(request.name());
    return slot != null && slot.pool().isControlPlane();
  }

  private static boolean withoutBigIp(@Nullable Site site) {
    return site != null
        && site.spec().target().settings() instanceof ClusterSpec.ProviderSettings.Vsphere vsphere
        && vsphere.bigip() == null;
  }

  private static String cluster(CloudRequest request) {
    return request.site() == null ? "" : request.site().clusterId();
  }

  /// `KEY=VALUE` of the tags that are attached, and the key in the annotation.
  private static Map<String, String> tags(CloudRequest request, Account.View account) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (Object id : request.list("tags")) {
      account.find(String.valueOf(id)).ifPresent(tag -> put(tags, tag.text("name")));
    }
    put(tags, request.text("annotation"));
    return tags;
  }

  private static void put(Map<String, String> tags, String tag) {
    int at = tag.indexOf('=');
    if (at > 0) {
      tags.put(tag.substring(0, at), tag.substring(at + 1));
    }
  }

  private static @Nullable Object at(@Nullable Object value, String key) {
    return value instanceof Map<?, ?> map ? map.get(key) : null;
  }

  private static String text(@Nullable Object value, String key) {
    Object inner = at(value, key);
    return inner == null ? "" : String.valueOf(inner);
  }

  private static long number(@Nullable Object value) {
    return value instanceof Number number ? number.longValue() : 0;
  }

  private static String uuid(String kind, Account.View account) {
    return UUID.nameUUIDFromBytes((kind + account.next(kind)).getBytes(StandardCharsets.UTF_8))
        .toString();
  }
}
