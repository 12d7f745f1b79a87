package io.sskuba.rehearsal.machine;

import io.sskuba.rehearsal.machine.ResourceType.Item;
import io.sskuba.talos.api.machine.ServiceInfo;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// The resources of a machine that users of `talosctl get` expect, with Talos's names, columns and
/// fields.
/// - Source: `pkg/machinery/resources` of Talos v1.13.9.
final class MachineResources {
  /// Size of the one disk that every machine has.
  static final long DISK_BYTES = 21_474_836_480L;

  private MachineResources() {}

  static List<ResourceType> types() {
    List<ResourceType> all = new ArrayList<>();
    all.addAll(runtime());
    all.addAll(cluster());
    all.addAll(network());
    all.addAll(hardware());
    return all;
  }

  private static ResourceType type(
      String name,
      String display,
      String namespace,
      List<String> aliases,
      Map<String, String> columns,
      String owner,
      Function<SimMachine, List<Item>> source) {
    return new ResourceType(name, display, namespace, aliases, columns, false, owner, source);
  }

  private static List<ResourceType> runtime() {
    return List.of(
        type(
            "MachineStatuses.runtime.talos.dev",
            "MachineStatus",
            "runtime",
            List.of(),
            ResourceType.columns("Stage", "{.stage}", "Ready", "{.status.ready}"),
            "runtime.MachineStatusController",
            MachineResources::machineStatus),
        type(
            "Services.v1alpha1.talos.dev",
            "Service",
            "runtime",
            List.of("svc"),
            ResourceType.columns(
                "Running", "{.running}", "Healthy", "{.healthy}", "Health Unknown", "{.unknown}"),
            "v1alpha1.ServiceController",
            MachineResources::services),
        type(
            "Versions.runtime.talos.dev",
            "Version",
            "runtime",
            List.of(),
            ResourceType.columns("Name", "{.name}", "Version", "{.version}"),
            "runtime.VersionController",
            machine ->
                one("version", "name", "Talos", "version", machine.identity().talosVersion())),
        type(
            "PlatformMetadatas.talos.dev",
            "PlatformMetadata",
            "runtime",
            List.of(),
            ResourceType.columns(
                "Platform",
                "{.platform}",
                "Type",
                "{.instanceType}",
                "Region",
                "{.region}",
                "Zone",
                "{.zone}"),
            "network.PlatformConfigController",
            machine ->
                one(
                    "platformmetadata",
                    "platform",
                    machine.identity().platform(),
                    "hostname",
                    machine.identity().name(),
                    "instanceId",
                    machine.identity().uuid())),
        type(
            "TimeStatuses.v1alpha1.talos.dev",
            "TimeStatus",
            "runtime",
            List.of(),
            ResourceType.columns("Synced", "{.synced}"),
            "time.SyncController",
            machine -> one("node", "synced", true, "epoch", 1, "syncDisabled", false)),
        type(
            "Diagnostics.runtime.talos.dev",
            "Diagnostic",
            "runtime",
            List.of(),
            ResourceType.columns("Message", "{.message}"),
            "runtime.DiagnosticsController",
            machine -> List.of()),
        type(
            "MachineTypes.config.talos.dev",
            "MachineType",
            "config",
            List.of(),
            ResourceType.columns("Type", "{@}"),
            "config.MachineTypeController",
            machine ->
                machine
                    .config()
                    .map(
                        config ->
                            List.of(
                                new Item(
                                    "machine-type",
                                    config.controlPlane() ? "controlplane\n" : "worker\n",
                                    null)))
                    .orElse(List.of())),
        new ResourceType(
            "MachineConfigs.config.talos.dev",
            "MachineConfig",
            "config",
            List.of(),
            Map.of(),
            true,
            "config.AcquireController",
            MachineResources::machineConfig));
  }

  private static List<ResourceType> cluster() {
    return List.of(
        type(
            "Members.cluster.talos.dev",
            "Member",
            "cluster",
            List.of(),
            ResourceType.columns(
                "Hostname",
                "{.hostname}",
                "Machine Type",
                "{.machineType}",
                "OS",
                "{.operatingSystem}",
                "Addresses",
                "{.addresses}"),
            "cluster.MergeController",
            MachineResources::members),
        type(
            "Identities.cluster.talos.dev",
            "Identity",
            "cluster",
            List.of(),
            ResourceType.columns("ID", "{.nodeId}"),
            "cluster.NodeIdentityController",
            machine -> one("local", "nodeId", nodeId(machine))),
        type(
            "Infos.cluster.talos.dev",
            "Info",
            "cluster",
            List.of(),
            ResourceType.columns("Cluster ID", "{.clusterId}", "Cluster Name", "{.clusterName}"),
            "cluster.InfoController",
            machine ->
                machine
                    .config()
                    .map(
                        config ->
                            one(
                                "current",
                                "clusterId",
                                text(config.string("cluster", "id")),
                                "clusterName",
                                text(config.string("cluster", "clusterName"))))
                    .orElse(List.of())),
        type(
            "Nodenames.kubernetes.talos.dev",
            "Nodename",
            "k8s",
            List.of(),
            ResourceType.columns("Nodename", "{.nodename}"),
            "k8s.NodenameController",
            machine ->
                machine.configured()
                    ? one(
                        "nodename",
                        "nodename",
                        machine.hostname(),
                        "hostnameVersion",
                        "1",
                        "skipNodeRegistration",
                        false)
                    : List.of()),
        type(
            "NodeIPs.kubernetes.talos.dev",
            "NodeIP",
            "k8s",
            List.of(),
            Map.of(),
            "k8s.NodeIPController",
            machine ->
                machine.configured()
                    ? one("kubelet", "addresses", List.of(machine.identity().address()))
                    : List.of()),
        type(
            "EtcdMembers.etcd.talos.dev",
            "EtcdMember",
            "etcd",
            List.of(),
            ResourceType.columns("Member ID", "{.memberID}"),
            "etcd.MemberController",
            MachineResources::etcdMember));
  }

  private static List<ResourceType> network() {
    return List.of(
        type(
            "NodeAddresses.net.talos.dev",
            "NodeAddress",
            "network",
            List.of(),
            ResourceType.columns("Addresses", "{.addresses}", "SortAlgorithm", "{.sortAlgorithm}"),
            "network.NodeAddressController",
            MachineResources::nodeAddresses),
        type(
            "AddressStatuses.net.talos.dev",
            "AddressStatus",
            "network",
            List.of("address", "addresses"),
            ResourceType.columns("Address", "{.address}", "Link", "{.linkName}"),
            "network.AddressStatusController",
            MachineResources::addresses),
        type(
            "LinkStatuses.net.talos.dev",
            "LinkStatus",
            "network",
            List.of("link", "links"),
            ResourceType.columns(
                "Alias",
                "{.alias}",
                "Type",
                "{.type}",
                "Kind",
                "{.kind}",
                "Hw Addr",
                "{.hardwareAddr}",
                "Oper State",
                "{.operationalState}",
                "Link State",
                "{.linkState}"),
            "network.LinkStatusController",
            MachineResources::links),
        type(
            "HostnameStatuses.net.talos.dev",
            "HostnameStatus",
            "network",
            List.of("hostname"),
            ResourceType.columns("Hostname", "{.hostname}", "Domainname", "{.domainname}"),
            "network.HostnameSpecController",
            machine -> one("hostname", "hostname", machine.hostname(), "domainname", "")),
        type(
            "NetworkStatuses.net.talos.dev",
            "NetworkStatus",
            "network",
            List.of("netstatus", "netstatuses"),
            ResourceType.columns(
                "Address",
                "{.addressReady}",
                "Connectivity",
                "{.connectivityReady}",
                "Hostname",
                "{.hostnameReady}",
                "Etc",
                "{.etcFilesReady}"),
            "network.StatusController",
            machine ->
                one(
                    "status",
                    "addressReady",
                    true,
                    "connectivityReady",
                    true,
                    "hostnameReady",
                    true,
                    "etcFilesReady",
                    true)));
  }

  private static List<ResourceType> hardware() {
    return List.of(
        type(
            "Disks.block.talos.dev",
            "Disk",
            "runtime",
            List.of(),
            ResourceType.columns(
                "Size",
                "{.pretty_size}",
                "Read Only",
                "{.readonly}",
                "Transport",
                "{.transport}",
                "Rotational",
                "{.rotational}",
                "WWID",
                "{.wwid}",
                "Model",
                "{.model}",
                "Serial",
                "{.serial}"),
            "block.DisksController",
            machine ->
                one(
                    "vda",
                    "dev_path",
                    "/dev/vda",
                    "size",
                    DISK_BYTES,
                    "pretty_size",
                    "21 GB",
                    "io_size",
                    512,
                    "sector_size",
                    512,
                    "readonly",
                    false,
                    "cdrom",
                    false,
                    "transport",
                    "virtio",
                    "bus_path",
                    "/simulated")),
        type(
            "SystemDisks.block.talos.dev",
            "SystemDisk",
            "runtime",
            List.of(),
            ResourceType.columns("Disk", "{.diskID}"),
            "block.SystemDiskController",
            machine ->
                machine.store().installed()
                    ? one("system-disk", "diskID", "vda", "devPath", "/dev/vda")
                    : List.of()),
        type(
            "SystemInformations.hardware.talos.dev",
            "SystemInformation",
            "hardware",
            List.of("systeminformation"),
            ResourceType.columns(
                "Manufacturer",
                "{.manufacturer}",
                "ProductName",
                "{.productName}",
                "Version",
                "{.version}",
                "SerialNumber",
                "{.serialnumber}",
                "UUID",
                "{.uuid}",
                "WakeUpType",
                "{.wakeUpType}",
                "SKUNumber",
                "{.skuNumber}"),
            "hardware.SystemInfoController",
            machine ->
                one(
                    "systeminformation",
                    "manufacturer",
                    "sskuba",
                    "productName",
                    "Simulated Machine",
                    "uuid",
                    machine.identity().uuid())));
  }

  private static List<Item> machineStatus(SimMachine machine) {
    Stage.Status status = machine.status();
    List<Object> unmet = new ArrayList<>();
    status
        .unmet()
        .forEach(
            condition ->
                unmet.add(map("name", condition.getName(), "reason", condition.getReason())));
    return one(
        "machine",
        "stage",
        status.stage().word(),
        "status",
        map("ready", status.ready(), "unmetConditions", unmet));
  }

  private static List<Item> services(SimMachine machine) {
    List<Item> items = new ArrayList<>();
    for (ServiceInfo info : machine.serviceList()) {
      items.addAll(
          one(
              info.getId(),
              "running",
              info.getState().equals("Running"),
              "healthy",
              info.getHealth().getHealthy(),
              "unknown",
              info.getHealth().getUnknown()));
    }
    return items;
  }

  /// The config as text in a YAML string, as Talos shows it; there are two: the running one and the
  /// one on disk.
  private static List<Item> machineConfig(SimMachine machine) {
    return machine
        .config()
        .map(
            config -> {
              StringBuilder yaml = new StringBuilder("|\n");
              config
                  .text()
                  .lines()
                  .forEach(
                      line -> yaml.append(line.isEmpty() ? "" : "    ").append(line).append('\n'));
              return List.of(
                  new Item("persistent", yaml.toString(), null),
                  new Item("v1alpha1", yaml.toString(), null));
            })
        .orElse(List.of());
  }

  private static List<Item> members(SimMachine machine) {
    List<Item> items = new ArrayList<>();
    for (SimMachine peer : machine.members()) {
      Map<String, Object> spec =
          map(
              "nodeId",
              nodeId(peer),
              "addresses",
              List.of(peer.identity().address()),
              "hostname",
              peer.hostname(),
              "machineType",
              peer.controlPlane() ? "controlplane" : "worker",
              "operatingSystem",
              "Talos (" + peer.identity().talosVersion() + ")");
      if (peer.controlPlane()) {
        spec.put("controlPlane", map("port", 6443));
      }
      items.add(new Item(peer.hostname(), spec, null));
    }
    return items;
  }

  private static List<Item> etcdMember(SimMachine machine) {
    if (!machine.controlPlane() || !machine.sequencer().nodeServicesStarted()) {
      return List.of();
    }
    try {
      return machine.services().etcdMembers().stream()
          .filter(member -> member.hostname().equals(machine.hostname()))
          .map(member -> new Item("local", map("memberID", Long.toHexString(member.id())), null))
          .toList();
    } catch (NodeServices.Refused e) {
      return List.of();
    }
  }

  private static List<Item> nodeAddresses(SimMachine machine) {
    String prefixed = prefixed(machine);
    String alone = machine.identity().address() + "/32";
    List<Item> items = new ArrayList<>();
    for (String id : List.of("accumulative", "current", "default", "routed")) {
      Object value = id.equals("accumulative") || id.equals("current") ? alone : prefixed;
      items.addAll(one(id, "addresses", List.of(value), "sortAlgorithm", "v1"));
    }
    return items;
  }

  private static List<Item> addresses(SimMachine machine) {
    List<Item> items = new ArrayList<>();
    items.addAll(
        one(
            "eth0/" + prefixed(machine),
            "address",
            prefixed(machine),
            "linkIndex",
            2,
            "linkName",
            "eth0",
            "family",
            "inet4",
            "scope",
            "global",
            "flags",
            "permanent",
            "priority",
            0));
    items.addAll(
        one(
            "lo/127.0.0.1/8",
            "address",
            "127.0.0.1/8",
            "linkIndex",
            1,
            "linkName",
            "lo",
            "family",
            "inet4",
            "scope",
            "host",
            "flags",
            "permanent",
            "priority",
            0));
    items.addAll(
        one(
            "lo/::1/128",
            "address",
            "::1/128",
            "linkIndex",
            1,
            "linkName",
            "lo",
            "family",
            "inet6",
            "scope",
            "host",
            "flags",
            "permanent",
            "priority",
            0));
    return items;
  }

  private static List<Item> links(SimMachine machine) {
    String uuid = machine.identity().uuid().replace("-", "");
    String tail = uuid.substring(Math.max(0, uuid.length() - 6));
    String mac = "52:54:00" + tail.replaceAll("(..)", ":$1");
    List<Item> items = new ArrayList<>();
    items.addAll(
        one(
            "eth0",
            "index",
            2,
            "type",
            "ether",
            "linkIndex",
            0,
            "flags",
            "UP,BROADCAST,RUNNING,MULTICAST,LOWER_UP",
            "hardwareAddr",
            mac,
            "permanentAddr",
            mac,
            "broadcastAddr",
            "ff:ff:ff:ff:ff:ff",
            "mtu",
            1500,
            "queueDisc",
            "pfifo_fast",
            "operationalState",
            "up",
            "kind",
            "",
            "slaveKind",
            "",
            "driver",
            "virtio_net",
            "linkState",
            true,
            "port",
            "Other",
            "duplex",
            "Unknown"));
    items.addAll(
        one(
            "lo",
            "index",
            1,
            "type",
            "loopback",
            "linkIndex",
            0,
            "flags",
            "UP,LOOPBACK,RUNNING,LOWER_UP",
            "hardwareAddr",
            "00:00:00:00:00:00",
            "permanentAddr",
            "",
            "broadcastAddr",
            "00:00:00:00:00:00",
            "mtu",
            65536,
            "queueDisc",
            "noqueue",
            "operationalState",
            "unknown",
            "kind",
            "",
            "slaveKind",
            "",
            "linkState",
            true,
            "port",
            "Other",
            "duplex",
            "Unknown"));
    return items;
  }

  /// The networks of this machine's clusters are /20; elsewhere /24 is likely.
  private static String prefixed(SimMachine machine) {
    String address = machine.identity().address();
    return address + (address.startsWith("10.") ? "/20" : "/24");
  }

  private static String nodeId(SimMachine machine) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  ("node-identity " + machine.identity().uuid()).getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text(@org.jspecify.annotations.Nullable String value) {
    return value == null ? "" : value;
  }

  private static List<Item> one(String id, Object... keysAndValues) {
    return List.of(new Item(id, map(keysAndValues), null));
  }

  private static Map<String, Object> map(Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }
}
