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
    all.addAll(status());
    all.addAll(configuration());
    all.addAll(cluster());
    all.addAll(network());
    all.addAll(hardware());
    return all;
  }

  /// @param title canonical name, display name, namespace, owner, further aliases; blanks between
  /// @param columns `Name={.path}` with `; ` between
  private static ResourceType type(
      String title, String columns, Function<SimMachine, List<Item>> source) {
    String[] words = title.split(" ");
    Map<String, String> printed = new LinkedHashMap<>();
    for (String column : columns.isEmpty() ? new String[0] : columns.split("; ")) {
      int equals = column.indexOf('=');
      printed.put(column.substring(0, equals), column.substring(equals + 1));
    }
    return new ResourceType(
        words[0],
        words[1],
        words[2],
        List.of(words).subList(4, words.length),
        printed,
        words[0].startsWith("MachineConfigs."),
        words[3],
        source);
  }

  private static List<ResourceType> status() {
    return List.of(
        type(
            "MachineStatuses.runtime.talos.dev MachineStatus runtime runtime.MachineStatusController",
            "Stage={.stage}; Ready={.status.ready}",
            MachineResources::machineStatus),
        type(
            "Services.v1alpha1.talos.dev Service runtime v1alpha1.ServiceController svc",
            "Running={.running}; Healthy={.healthy}; Health Unknown={.unknown}",
            MachineResources::services),
        type(
            "Versions.runtime.talos.dev Version runtime runtime.VersionController",
            "Name={.name}; Version={.version}",
            machine ->
                one("version", "name: Talos\nversion: " + machine.identity().talosVersion())),
        type(
            "TimeStatuses.v1alpha1.talos.dev TimeStatus runtime time.SyncController",
            "Synced={.synced}",
            machine -> one("node", "synced: true\nepoch: 1\nsyncDisabled: false")),
        type(
            "Diagnostics.runtime.talos.dev Diagnostic runtime runtime.DiagnosticsController",
            "Message={.message}",
            machine -> List.of()));
  }

  private static List<ResourceType> configuration() {
    return List.of(
        type(
            "PlatformMetadatas.talos.dev PlatformMetadata runtime network.PlatformConfigController",
            "Platform={.platform}; Type={.instanceType}; Region={.region}; Zone={.zone}",
            MachineResources::platform),
        type(
            "MachineTypes.config.talos.dev MachineType config config.MachineTypeController",
            "Type={@}",
            machine ->
                machine
                    .config()
                    .map(c -> one("machine-type", c.controlPlane() ? "controlplane" : "worker"))
                    .orElse(List.of())),
        type(
            "MachineConfigs.config.talos.dev MachineConfig config config.AcquireController",
            "",
            MachineResources::machineConfig));
  }

  private static List<ResourceType> cluster() {
    return List.of(
        type(
            "Members.cluster.talos.dev Member cluster cluster.MergeController",
            "Hostname={.hostname}; Machine Type={.machineType}; OS={.operatingSystem};"
                + " Addresses={.addresses}",
            MachineResources::members),
        type(
            "Identities.cluster.talos.dev Identity cluster cluster.NodeIdentityController",
            "ID={.nodeId}",
            machine -> one("local", "nodeId: " + nodeId(machine))),
        type(
            "Infos.cluster.talos.dev Info cluster cluster.InfoController",
            "Cluster ID={.clusterId}; Cluster Name={.clusterName}",
            MachineResources::clusterInfo),
        type(
            "Nodenames.kubernetes.talos.dev Nodename k8s k8s.NodenameController",
            "Nodename={.nodename}",
            machine ->
                configured(
                    machine,
                    "nodename",
                    "nodename: "
                        + machine.hostname()
                        + "\nhostnameVersion: \"1\"\nskipNodeRegistration: false")),
        type(
            "NodeIPs.kubernetes.talos.dev NodeIP k8s k8s.NodeIPController",
            "",
            machine ->
                configured(machine, "kubelet", "addresses:\n- " + machine.identity().address())),
        type(
            "EtcdMembers.etcd.talos.dev EtcdMember etcd etcd.MemberController",
            "Member ID={.memberID}",
            MachineResources::etcdMember));
  }

  private static List<ResourceType> network() {
    return List.of(
        type(
            "NodeAddresses.net.talos.dev NodeAddress network network.NodeAddressController",
            "Addresses={.addresses}; SortAlgorithm={.sortAlgorithm}",
            MachineResources::nodeAddresses),
        type(
            "AddressStatuses.net.talos.dev AddressStatus network network.AddressStatusController"
                + " address addresses",
            "Address={.address}; Link={.linkName}",
            MachineResources::addresses),
        type(
            "LinkStatuses.net.talos.dev LinkStatus network network.LinkStatusController link links",
            "Alias={.alias}; Type={.type}; Kind={.kind}; Hw Addr={.hardwareAddr};"
                + " Oper State={.operationalState}; Link State={.linkState}",
            MachineResources::links),
        type(
            "HostnameStatuses.net.talos.dev HostnameStatus network"
                + " network.HostnameSpecController hostname",
            "Hostname={.hostname}; Domainname={.domainname}",
            machine -> one("hostname", "hostname: " + machine.hostname() + "\ndomainname: \"\"")),
        type(
            "NetworkStatuses.net.talos.dev NetworkStatus network network.StatusController"
                + " netstatus netstatuses",
            "Address={.addressReady}; Connectivity={.connectivityReady};"
                + " Hostname={.hostnameReady}; Etc={.etcFilesReady}",
            machine ->
                one(
                    "status",
                    "addressReady: true\nconnectivityReady: true\nhostnameReady: true\n"
                        + "etcFilesReady: true")));
  }

  private static List<ResourceType> hardware() {
    return List.of(
        type(
            "Disks.block.talos.dev Disk runtime block.DisksController",
            "Size={.pretty_size}; Read Only={.readonly}; Transport={.transport};"
                + " Rotational={.rotational}; WWID={.wwid}; Model={.model}; Serial={.serial}",
            machine ->
                one(
                    "vda",
                    "dev_path: /dev/vda\nsize: "
                        + DISK_BYTES
                        + "\npretty_size: 21 GB\nio_size: 512\nsector_size: 512\nreadonly: false\n"
                        + "cdrom: false\nbus_path: /simulated\ntransport: virtio")),
        type(
            "SystemDisks.block.talos.dev SystemDisk runtime block.SystemDiskController",
            "Disk={.diskID}",
            machine ->
                machine.store().installed()
                    ? one("system-disk", "diskID: vda\ndevPath: /dev/vda")
                    : List.of()),
        type(
            "SystemInformations.hardware.talos.dev SystemInformation hardware"
                + " hardware.SystemInfoController systeminformation",
            "Manufacturer={.manufacturer}; ProductName={.productName}; Version={.version};"
                + " SerialNumber={.serialnumber}; UUID={.uuid}; WakeUpType={.wakeUpType};"
                + " SKUNumber={.skuNumber}",
            machine ->
                one(
                    "systeminformation",
                    "manufacturer: sskuba\nproductName: Simulated Machine\nuuid: "
                        + machine.identity().uuid())));
  }

  private static List<Item> machineStatus(SimMachine machine) {
    Stage.Status status = machine.status();
    List<Object> unmet = new ArrayList<>();
    status
        .unmet()
        .forEach(
            condition ->
                unmet.add(map("name", condition.getName(), "reason", condition.getReason())));
    return List.of(
        new Item(
            "machine",
            map(
                "stage",
                status.stage().word(),
                "status",
                map("ready", status.ready(), "unmetConditions", unmet)),
            null));
  }

  private static List<Item> services(SimMachine machine) {
    List<Item> items = new ArrayList<>();
    for (ServiceInfo info : machine.serviceList()) {
      Map<String, Object> spec =
          map(
              "running",
              info.getState().equals("Running"),
              "healthy",
              info.getHealth().getHealthy());
      spec.put("unknown", info.getHealth().getUnknown());
      items.add(new Item(info.getId(), spec, null));
    }
    return items;
  }

  private static List<Item> platform(SimMachine machine) {
    MachineIdentity identity = machine.identity();
    return one(
        "platformmetadata",
        "platform: "
            + identity.platform()
            + "\nhostname: "
            + identity.name()
            + "\ninstanceId: "
            + identity.uuid());
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
          map("nodeId", nodeId(peer), "addresses", List.of(peer.identity().address()));
      spec.put("hostname", peer.hostname());
      spec.put("machineType", peer.controlPlane() ? "controlplane" : "worker");
      spec.put("operatingSystem", "Talos (" + peer.identity().talosVersion() + ")");
      if (peer.controlPlane()) {
        spec.put("controlPlane", Map.of("port", 6443));
      }
      items.add(new Item(peer.hostname(), spec, null));
    }
    return items;
  }

  private static List<Item> clusterInfo(SimMachine machine) {
    return machine
        .config()
        .map(
            config ->
                List.of(
                    new Item(
                        "current",
                        map(
                            "clusterId",
                            String.valueOf(config.string("cluster", "id")),
                            "clusterName",
                            String.valueOf(config.string("cluster", "clusterName"))),
                        null)))
        .orElse(List.of());
  }

  private static List<Item> etcdMember(SimMachine machine) {
    if (!machine.controlPlane() || !machine.sequencer().nodeServicesStarted()) {
      return List.of();
    }
    try {
      return machine.services().etcdMembers().stream()
          .filter(member -> member.hostname().equals(machine.hostname()))
          .flatMap(
              member ->
                  one("local", "memberID: \"" + Long.toHexString(member.id()) + "\"").stream())
          .toList();
    } catch (NodeServices.Refused e) {
      return List.of();
    }
  }

  private static List<Item> nodeAddresses(SimMachine machine) {
    List<Item> items = new ArrayList<>();
    for (String id : List.of("accumulative", "current", "default", "routed")) {
      boolean alone = id.equals("accumulative") || id.equals("current");
      String value = alone ? machine.identity().address() + "/32" : prefixed(machine);
      items.addAll(one(id, "addresses:\n- " + value + "\nsortAlgorithm: v1"));
    }
    return items;
  }

  private static List<Item> addresses(SimMachine machine) {
    List<Item> items = new ArrayList<>();
    items.addAll(address("eth0", 2, prefixed(machine), "inet4", "global"));
    items.addAll(address("lo", 1, "127.0.0.1/8", "inet4", "host"));
    items.addAll(address("lo", 1, "::1/128", "inet6", "host"));
    return items;
  }

  private static List<Item> address(
      String link, int index, String address, String family, String scope) {
    String yaml =
        """
        address: %s
        linkIndex: %d
        linkName: %s
        family: %s
        scope: %s
        flags: permanent
        priority: 0
        """;
    return one(link + "/" + address, yaml.formatted(address, index, link, family, scope));
  }

  private static List<Item> links(SimMachine machine) {
    String uuid = machine.identity().uuid().replace("-", "");
    String tail = uuid.substring(Math.max(0, uuid.length() - 6));
    String mac = "52:54:00" + tail.replaceAll("(..)", ":$1");
    String ethernet =
        """
        index: 2
        type: ether
        linkIndex: 0
        flags: UP,BROADCAST,RUNNING,MULTICAST,LOWER_UP
        hardwareAddr: %s
        permanentAddr: %s
        broadcastAddr: ff:ff:ff:ff:ff:ff
        mtu: 1500
        queueDisc: pfifo_fast
        operationalState: up
        kind: ""
        slaveKind: ""
        driver: virtio_net
        linkState: true
        port: Other
        duplex: Unknown
        """;
    String loopback =
        """
        index: 1
        type: loopback
        linkIndex: 0
        flags: UP,LOOPBACK,RUNNING,LOWER_UP
        hardwareAddr: 00:00:00:00:00:00
        permanentAddr: ""
        broadcastAddr: 00:00:00:00:00:00
        mtu: 65536
        queueDisc: noqueue
        operationalState: unknown
        kind: ""
        slaveKind: ""
        linkState: true
        port: Other
        duplex: Unknown
        """;
    List<Item> items = new ArrayList<>(one("eth0", ethernet.formatted(mac, mac)));
    items.addAll(one("lo", loopback));
    return items;
  }

  /// The networks of this machine's clusters are /20; elsewhere /24 is likely.
  private static String prefixed(SimMachine machine) {
    String address = machine.identity().address();
    return address + (address.startsWith("10.") ? "/20" : "/24");
  }

  private static String nodeId(SimMachine machine) {
    byte[] seed = ("node " + machine.identity().uuid()).getBytes(StandardCharsets.UTF_8);
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(seed);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Item> configured(SimMachine machine, String id, String yaml) {
    return machine.configured() ? one(id, yaml) : List.of();
  }

  private static List<Item> one(String id, String yaml) {
    return List.of(new Item(id, yaml.endsWith("\n") ? yaml : yaml + "\n", null));
  }

  private static Map<String, Object> map(String k1, Object v1, String k2, Object v2) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(k1, v1);
    map.put(k2, v2);
    return map;
  }
}
