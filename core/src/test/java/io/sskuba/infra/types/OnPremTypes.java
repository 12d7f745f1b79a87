package io.sskuba.infra.types;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.types.PythonSdk.TypeFacts;
import java.util.List;
import java.util.Map;

/// The types of the vsphere, f5bigip and docker packages that our plans use, and what their
/// documentation says of replacements and allowed texts.
/// - Source: `ForceNew` and `Optional values` of the documentation of the Terraform providers that
///   these packages bridge: hashicorp/vsphere, F5Networks/bigip, kreuzwerker/docker.
final class OnPremTypes {
  static final Map<String, String> VERSIONS =
      Map.of("vsphere", "4.18.2", "f5bigip", "3.25.1", "docker", "5.2.0");

  private static final List<String> CONTAINER_REPLACE =
      List.of(
          "capabilities",
          "cgroupParent",
          "cgroupnsMode",
          "command",
          "cpus",
          "devices",
          "deviceRequests",
          "dns",
          "dnsOpts",
          "dnsSearches",
          "domainname",
          "entrypoints",
          "envs",
          "gpus",
          "groupAdds",
          "hostname",
          "hosts",
          "image",
          "ipcMode",
          "labels",
          "logDriver",
          "logOpts",
          "mounts",
          "name",
          "networkMode",
          "networksAdvanced",
          "pidMode",
          "platform",
          "ports",
          "privileged",
          "publishAllPorts",
          "readOnly",
          "runtime",
          "securityOpts",
          "shmSize",
          "stdinOpen",
          "stopSignal",
          "stopTimeout",
          "storageOpts",
          "sysctls",
          "tty",
          "ulimits",
          "uploads",
          "user",
          "usernsMode",
          "volumes",
          "workingDir");

  private static final Map<String, Map<String, TypeFacts>> FACTS =
      Map.of(
          "vsphere",
          Map.of(
              "vsphere:index/folder:Folder",
              new TypeFacts(
                  List.of("type", "datacenterId"),
                  true,
                  Map.of("type", List.of("datacenter", "host", "vm", "datastore", "network"))),
              "vsphere:index/tagCategory:TagCategory",
              new TypeFacts(
                  List.of("cardinality"),
                  true,
                  Map.of("cardinality", List.of("SINGLE", "MULTIPLE"))),
              "vsphere:index/tag:Tag",
              new TypeFacts(List.of("categoryId"), true, Map.of()),
              "vsphere:index/virtualMachine:VirtualMachine",
              new TypeFacts(
                  List.of("clone", "ovfDeploy", "replaceTrigger"),
                  true,
                  Map.of(
                      "firmware", List.of("bios", "efi"),
                      "scsiType", List.of("lsilogic", "lsilogic-sas", "pvscsi"),
                      "vsphere:index/VirtualMachineNetworkInterface.adapterType",
                          List.of("e1000", "e1000e", "sriov", "vmxnet3", "vmxnet3vrdma"))),
              "vsphere:index/computeClusterVmAntiAffinityRule:ComputeClusterVmAntiAffinityRule",
              new TypeFacts(List.of("computeClusterId"), true, Map.of())),
          "f5bigip",
          Map.of(
              "f5bigip:ltm/node:Node",
              new TypeFacts(List.of("name", "address"), true, Map.of()),
              "f5bigip:ltm/monitor:Monitor",
              new TypeFacts(
                  List.of("name", "parent"),
                  true,
                  Map.of(
                      "parent",
                      List.of(
                          "/Common/http",
                          "/Common/https",
                          "/Common/icmp",
                          "/Common/gateway_icmp",
                          "/Common/tcp",
                          "/Common/tcp_half_open",
                          "/Common/ftp",
                          "/Common/udp",
                          "/Common/postgresql",
                          "/Common/mysql",
                          "/Common/mssql",
                          "/Common/ldap",
                          "/Common/smtp"))),
              "f5bigip:ltm/pool:Pool",
              new TypeFacts(
                  List.of("name"),
                  true,
                  Map.of("serviceDownAction", List.of("none", "reset", "reselect", "drop"))),
              "f5bigip:ltm/poolAttachment:PoolAttachment",
              new TypeFacts(List.of("pool", "node", "fqdnAutopopulate"), true, Map.of()),
              "f5bigip:ltm/virtualServer:VirtualServer",
              new TypeFacts(
                  List.of("name"),
                  true,
                  Map.of(
                      "sourceAddressTranslation", List.of("none", "automap", "snat"),
                      "ipProtocol", List.of("tcp", "udp", "any"),
                      "translateAddress", List.of("enabled", "disabled"),
                      "translatePort", List.of("enabled", "disabled")))),
          "docker",
          Map.of(
              "docker:index/network:Network",
              new TypeFacts(
                  List.of(
                      "name",
                      "labels",
                      "driver",
                      "options",
                      "internal",
                      "attachable",
                      "ingress",
                      "ipv6",
                      "ipamDriver",
                      "ipamOptions",
                      "ipamConfigs"),
                  true,
                  Map.of("driver", List.of("bridge", "host", "overlay", "macvlan"))),
              "docker:index/remoteImage:RemoteImage",
              new TypeFacts(
                  List.of("name", "platform", "pullTriggers", "triggers"), false, Map.of()),
              "docker:index/volume:Volume",
              new TypeFacts(List.of("name", "labels", "driver", "driverOpts"), true, Map.of()),
              "docker:index/container:Container",
              new TypeFacts(
                  CONTAINER_REPLACE,
                  true,
                  Map.of(
                      "restart", List.of("no", "on-failure", "always", "unless-stopped"),
                      "docker:index/ContainerMount.type", List.of("bind", "volume", "tmpfs"),
                      "docker:index/ContainerPort.protocol", List.of("tcp", "udp")))));

  private static final Map<String, Map<String, List<String>>> LOOKUPS =
      Map.of(
          "vsphere",
          Map.of(
              "vsphere:index/getDatacenter:getDatacenter", List.of(),
              "vsphere:index/getComputeCluster:getComputeCluster", List.of("name"),
              "vsphere:index/getDatastore:getDatastore", List.of("name"),
              "vsphere:index/getNetwork:getNetwork", List.of("name"),
              "vsphere:index/getContentLibrary:getContentLibrary", List.of("name"),
              "vsphere:index/getContentLibraryItem:getContentLibraryItem",
                  List.of("libraryId", "name", "type"),
              "vsphere:index/getHost:getHost", List.of("datacenterId"),
              "vsphere:index/getHostPciDevice:getHostPciDevice", List.of("hostId")));

  private OnPremTypes() {}

  /// What the published SDK says.
  static ObjectNode of(String pkg) {
    return PythonSdk.of(pkg, VERSIONS.get(pkg))
        .document(FACTS.get(pkg), LOOKUPS.getOrDefault(pkg, Map.of()));
  }
}
