package io.sskuba.infra.vsphere;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.vsphere.VsphereFacts.ComputeCluster;
import io.sskuba.infra.vsphere.VsphereFacts.Datastore;
import io.sskuba.infra.vsphere.VsphereFacts.Host;
import io.sskuba.infra.vsphere.VsphereFacts.Item;
import io.sskuba.infra.vsphere.VsphereFacts.Machine;
import io.sskuba.infra.vsphere.VsphereFacts.Part;
import io.sskuba.problem.ProblemCode;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What a vCenter's facts mean for a file: the judging that needs no vCenter.
class VsphereCheckTest {
  private static final long GIB = 1024;

  private final List<Host> hosts =
      new ArrayList<>(
          List.of(
              host("host-1", true, 256, 0, List.of()), host("host-2", true, 256, 0, List.of())));
  private Datastore datastore = new Datastore("datastore-1", "vsan1", true, false, 4096);
  private Set<String> clusterNetworks = Set.of("network-1");
  private Optional<String> ownFolder = Optional.empty();
  private List<Machine> machines = List.of();
  private List<Found> held = List.of();
  private Set<String> heldIds = Set.of();
  private Map<Part, String> unasked = Map.of();
  private String item = "talos-v1.13.9";

  private static Host host(
      String id, boolean usable, long memoryGib, long usedGib, List<String> devices) {
    return new Host(id, id, usable, 64, memoryGib * GIB, usedGib * GIB, devices, Set.of());
  }

  private static ClusterSpec spec(String workers) {
    return SpecReader.read(
        """
        apiVersion: sskuba.io/v1alpha1
        kind: Cluster
        metadata: {name: lab, domain: example.org}
        gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
        target:
          provider: vsphere
          server: vcenter.example.org
          credentials: {username: {env: U}, password: {env: P}}
          datacenter: dc1
          cluster: compute1
          datastore: vsan1
          network: {name: segment, cidr: 10.40.0.0/24, gateway: 10.40.0.1}
          endpoint: {virtualAddress: 10.40.0.10}
          template: {library: talos, item: talos-v1.13.9}
          controlPlane: {count: 1, cpus: 4, memoryGiB: 8, disk: {sizeGiB: 60}}
          workers: [%s]
        """
            .formatted(workers)
            .getBytes(StandardCharsets.UTF_8),
        "cluster.yaml",
        Path.of("/tmp"),
        false);
  }

  private VsphereFacts facts() {
    return new VsphereFacts(
        Optional.of("datacenter-1"),
        Set.of("dc1"),
        List.of(
            new ComputeCluster(
                "domain-c1",
                "compute1",
                "resgroup-1",
                Set.of("datastore-1"),
                clusterNetworks,
                hosts)),
        List.of(datastore),
        Map.of("segment", "network-1"),
        Optional.of("group-v1"),
        ownFolder,
        Optional.of("library-1"),
        Map.of(
            "amd64", new Item("item-1", item, "ovf", item),
            "amd64-nvidia", new Item("item-2", item + "-nvidia", "ovf", item)),
        machines,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        held,
        heldIds,
        unasked);
  }

  private String said(String workers) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : VsphereCheck.findings(spec(workers), facts())) {
      text.append(finding.stops() ? "stops " : "warns ")
          .append(finding.problem().code())
          .append(' ')
          .append(finding.problem().summary())
          .append("; ")
          .append(finding.problem().facts())
          .append('\n');
    }
    return text.toString();
  }

  private static final String PLAIN = "{name: general, count: 2, cpus: 8, memoryGiB: 32}";
  private static final String GPU =
      "{name: gpu, count: 2, cpus: 8, memoryGiB: 64, gpu: {vendor: nvidia}}";

  @Test
  void whatFitsIsNoFinding() {
    assertThat(said(PLAIN)).isEmpty();
  }

  @Test
  void aFullDatastoreStopsAndAThinOneWarns() {
    datastore = new Datastore("datastore-1", "vsan1", true, false, 100);
    assertThat(said(PLAIN)).startsWith("warns CLOUD_CAPACITY").contains("disks of 140 GiB");
    datastore = new Datastore("datastore-1", "vsan1", true, false, 11);
    assertThat(said(PLAIN)).startsWith("stops CLOUD_CAPACITY").contains("is full");
    datastore = new Datastore("datastore-1", "vsan1", false, false, 4096);
    assertThat(said(PLAIN)).startsWith("stops CLOUD_CAPACITY").contains("no host can reach it");
    datastore = new Datastore("datastore-1", "vsan1", true, true, 4096);
    assertThat(said(PLAIN)).contains("it is in maintenance");
  }

  @Test
  void hostsWithoutRoomAreSaid() {
    hosts.set(0, host("host-1", true, 256, 250, List.of()));
    hosts.set(1, host("host-2", true, 256, 240, List.of()));
    assertThat(said(PLAIN)).startsWith("warns CLOUD_CAPACITY").contains("72 GiB needed, 22 GiB");
    hosts.set(0, host("host-1", false, 256, 0, List.of()));
    hosts.set(1, host("host-2", false, 256, 0, List.of()));
    assertThat(said(PLAIN)).startsWith("stops CLOUD_CAPACITY").contains("2 hosts, none connected");
  }

  @Test
  void whatIsHeldAlreadyNeedsNoRoom() {
    datastore = new Datastore("datastore-1", "vsan1", true, false, 11);
    held =
        List.of(
            new Found(VsphereTarget.MACHINE, "lab-control-plane-1", "1"),
            new Found(VsphereTarget.MACHINE, "lab-general-1", "2"));
    assertThat(said(PLAIN)).startsWith("warns");
  }

  @Test
  void gpusAreCountedAndLockTheirMemory() {
    assertThat(said(GPU))
        .contains("stops CLOUD_CAPACITY the hosts of compute1 have too few free GPUs")
        .contains("2 wanted; 0 NVIDIA devices");
    hosts.set(0, host("host-1", true, 256, 200, List.of("0000:01:00.0", "0000:02:00.0")));
    assertThat(said(GPU)).isEmpty();
    hosts.set(1, host("host-2", true, 256, 250, List.of()));
    assertThat(said(GPU)).contains("stops CLOUD_CAPACITY").contains("lock theirs");
    Choices choices = facts().choices(spec(GPU), Choices.NONE);
    assertThat(choices.facts())
        .containsEntry("vsphere.pciDevice.lab-gpu-1", "0000:01:00.0")
        .containsEntry("vsphere.pciDevice.lab-gpu-2", "0000:02:00.0");
    // The second machine keeps its device when the first one's place is asked for anew.
    Choices kept =
        facts()
            .choices(
                spec(GPU),
                new Choices(
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    Map.of(
                        "vsphere.host.lab-gpu-2", "host-1",
                        "vsphere.pciDevice.lab-gpu-2", "0000:01:00.0")));
    assertThat(kept.facts()).containsEntry("vsphere.pciDevice.lab-gpu-1", "0000:02:00.0");
  }

  @Test
  void aNetworkThatTheHostsLackIsRefused() {
    clusterNetworks = Set.of("network-9");
    assertThat(said(PLAIN))
        .startsWith("stops SPEC_INVALID target.network.name: the hosts of compute1 do not have");
  }

  @Test
  void aFolderOfSomebodyElseIsATakenName() {
    ownFolder = Optional.of("group-v9");
    assertThat(said(PLAIN)).startsWith("stops CLOUD_NAME_TAKEN folder lab is there");
    held = List.of(new Found(VsphereTarget.FOLDER, "folder", "group-v9"));
    assertThat(said(PLAIN)).isEmpty();
  }

  @Test
  void ownMachinesAreNobodyElses() {
    Machine machine =
        new Machine("u", "vm-1", "lab-general-1", "group-v9", List.of("10.40.0.10"), "c1/x");
    machines = List.of(machine);
    assertThat(said(PLAIN))
        .contains("stops CLOUD_ADDRESS_TAKEN")
        .contains("warns CLOUD_NAME_TAKEN machines of the datacenter have names");
    heldIds = Set.of("c1");
    assertThat(said(PLAIN)).isEmpty();
  }

  @Test
  void anItemOfAnotherTalosIsRefused() {
    item = "talos-v1.12.1";
    assertThat(said(PLAIN))
        .startsWith("stops CLOUD_IMAGE_MISSING")
        .contains("holds Talos v1.12.1, not v1.13.9");
    item = "golden-image";
    assertThat(said(PLAIN)).as("nobody says which").isEmpty();
  }

  @Test
  void whatWasNotAskedIsSaidAndJudgedByNobody() {
    unasked = Map.of(Part.LIBRARY, "status 403");
    item = "talos-v1.12.1";
    assertThat(said(PLAIN))
        .isEqualTo(
            "warns "
                + ProblemCode.CLOUD_UNASKED
                + " not looked at: the content library; [Fact[label=cause, value=status 403],"
                + " Fact[label=do, value=give the user the right to read the content library to"
                + " have it checked]]\n");
  }

  @Test
  void everyPrivilegeIsInTheDocument() throws Exception {
    String document = Files.readString(Path.of("../docs/vsphere.md"));
    assertThat(VsphereRights.of(spec(GPU))).hasSizeGreaterThan(25);
    for (VsphereRights.Right right : VsphereRights.of(spec(GPU))) {
      assertThat(document).contains("`" + right.privilege() + "`", "| " + right.on().words());
    }
  }
}
