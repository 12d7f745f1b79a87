package io.sskuba.infra.vsphere;

import io.sskuba.infra.Platform;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.Target;
import io.sskuba.infra.vsphere.VsphereFacts.ComputeCluster;
import io.sskuba.infra.vsphere.VsphereFacts.Datastore;
import io.sskuba.infra.vsphere.VsphereFacts.Host;
import io.sskuba.infra.vsphere.VsphereFacts.Item;
import io.sskuba.infra.vsphere.VsphereFacts.Machine;
import io.sskuba.infra.vsphere.VsphereFacts.Part;
import io.sskuba.net.Cidr;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings.Vsphere;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Judges a vCenter and a Big-IP before anything is made there: every finding at once. Pure.
public final class VsphereCheck {
  private static final String CAUSE = "cause";
  private static final String DO = "do";
  private static final Set<String> ROLES_THAT_MAKE =
      Set.of("admin", "resource-admin", "manager", "certificate-manager");

  /// What a machine's disk takes at once, however thin.
  private static final int FIRST_GIB = 4;

  private static final int NAMED_MAX = 5;

  private final ClusterSpec spec;
  private final Vsphere file;
  private final VsphereFacts facts;
  private final Set<String> held;
  private final List<Finding> findings = new ArrayList<>();

  private VsphereCheck(ClusterSpec spec, VsphereFacts facts) {
    this.spec = spec;
    this.file = VsphereFacts.file(spec);
    this.facts = facts;
    this.held = facts.held().stream().map(Platform.Found::name).collect(Collectors.toSet());
  }

  /// Refusals and warnings, in the order of what a user would look at first.
  public static List<Finding> findings(ClusterSpec spec, VsphereFacts facts) {
    VsphereCheck check = new VsphereCheck(spec, facts);
    check.permissions();
    check.places();
    check.templates();
    check.capacity();
    check.gpus();
    check.storage();
    check.names();
    check.addresses();
    check.bigip();
    check.unasked();
    return List.copyOf(check.findings);
  }

  private void stops(ProblemCode code, String what, String cause, String help) {
    findings.add(new Finding(true, Problem.of(code, what).fact(CAUSE, cause).fact(DO, help)));
  }

  private void warns(ProblemCode code, String what, String cause, String help) {
    findings.add(new Finding(false, Problem.of(code, what).fact(CAUSE, cause).fact(DO, help)));
  }

  private boolean knows(Part part) {
    return !facts.unasked().containsKey(part);
  }

  private static String list(Collection<String> names) {
    List<String> shown = names.stream().limit(NAMED_MAX * 4L).toList();
    return names.isEmpty()
        ? "none"
        : String.join(", ", shown) + (names.size() > shown.size() ? ", …" : "");
  }

  /// Machines that the plan makes and that are not there yet.
  private List<Target.Slot> needed() {
    return Target.machines(spec).stream()
        .filter(m -> m.made() && !held.contains(m.name()))
        .toList();
  }

  private void permissions() {
    if (facts.denied().isEmpty()) {
      return;
    }
    stops(
        ProblemCode.CLOUD_DENIED,
        "the user may not do " + facts.denied().size() + " of the things that the plan needs",
        facts.denied().stream()
            .map(d -> d.privilege() + " on " + d.where() + " (" + d.why() + ")")
            .collect(Collectors.joining("; ")),
        "let an administrator give the user a role with these privileges, or use another user");
  }

  private void missing(String key, String name, String kind, Collection<String> there) {
    stops(
        ProblemCode.SPEC_INVALID,
        "target." + key + ": there is no " + kind + " " + name + " that this user sees",
        "there are: " + list(there),
        "name one of these, or let an administrator give the user the right to see it");
  }

  private void places() {
    if (!knows(Part.PLACES)) {
      return;
    }
    if (facts.datacenter().isEmpty()) {
      missing("datacenter", file.datacenter(), "datacenter", facts.datacenters());
      return; // nothing else is looked for outside of it
    }
    Optional<ComputeCluster> cluster = facts.cluster(spec);
    if (cluster.isEmpty()) {
      missing(
          "cluster",
          file.cluster(),
          "compute cluster",
          facts.clusters().stream().map(ComputeCluster::name).toList());
    }
    Optional<Datastore> datastore = facts.datastore(spec);
    if (datastore.isEmpty()) {
      missing(
          "datastore",
          file.datastore(),
          "datastore",
          facts.datastores().stream().map(Datastore::name).toList());
    }
    String network = VsphereFacts.network(spec);
    String networkId = facts.networks().get(network);
    if (networkId == null) {
      missing("network.name", network, "network", facts.networks().keySet());
    }
    if (file.folder() != null && facts.folder().isEmpty()) {
      stops(
          ProblemCode.SPEC_INVALID,
          "target.folder: there is no folder " + file.folder() + " that this user sees",
          "it is looked for below the machines of datacenter " + file.datacenter(),
          "make the folder; only the cluster's own in it is ours to make");
    }
    if (cluster.isPresent() && networkId != null && !cluster.get().networks().contains(networkId)) {
      reach("network.name", network, cluster.get());
    }
    if (cluster.isPresent()
        && datastore.isPresent()
        && !cluster.get().datastores().contains(datastore.get().id())) {
      reach("datastore", file.datastore(), cluster.get());
    }
  }

  private void reach(String key, String name, ComputeCluster cluster) {
    stops(
        ProblemCode.SPEC_INVALID,
        "target." + key + ": the hosts of " + cluster.name() + " do not have " + name,
        "it belongs to other hosts of the datacenter",
        "name one that these hosts have");
  }

  private void templates() {
    if (!knows(Part.LIBRARY)) {
      return;
    }
    if (facts.library().isEmpty()) {
      stops(
          ProblemCode.CLOUD_IMAGE_MISSING,
          "target.template.library: there is no content library " + file.templateLibrary(),
          "the vCenter lists none of this name that this user sees",
          "make the library, or name another");
      return;
    }
    for (Map.Entry<String, String> wanted : VsphereFacts.itemsOf(spec).entrySet()) {
      Item item = facts.items().get(wanted.getKey());
      if (item == null) {
        stops(
            ProblemCode.CLOUD_IMAGE_MISSING,
            "no item " + wanted.getValue() + " in content library " + file.templateLibrary(),
            "machines of " + wanted.getKey() + " are made from it",
            "sskuba-ctl image ensure puts it there");
        continue;
      }
      if (!Set.of("ovf", "vm-template").contains(item.type())) {
        stops(
            ProblemCode.CLOUD_IMAGE_MISSING,
            "item " + item.name() + " of the content library is no template",
            "its type is " + (item.type().isEmpty() ? "not set" : item.type()),
            "name an item of type ovf or vm-template");
      }
      String talos = spec.versions().talos();
      item.talos()
          .filter(version -> !version.equals(talos))
          .ifPresent(
              version ->
                  stops(
                      ProblemCode.CLOUD_IMAGE_MISSING,
                      "item " + item.name() + " holds Talos " + version + ", not " + talos,
                      "its name or description says so; the machines' configs are for " + talos,
                      "name an item of " + talos + ", or set versions.talos"));
    }
  }

  private static int cpus(Target.Slot machine) {
    Integer cpus = machine.pool().cpus();
    return cpus == null ? VsphereTarget.CPUS : cpus;
  }

  private static int memoryGib(Target.Slot machine) {
    Integer memory = machine.pool().memoryGiB();
    return memory == null ? VsphereTarget.MEMORY_GIB : memory;
  }

  private void capacity() {
    Optional<ComputeCluster> cluster = facts.cluster(spec);
    if (cluster.isEmpty()) {
      return;
    }
    List<Host> hosts = cluster.get().usable();
    if (hosts.isEmpty()) {
      stops(
          ProblemCode.CLOUD_CAPACITY,
          "no host of compute cluster " + file.cluster() + " takes machines",
          cluster.get().hosts().size() + " hosts, none connected and out of maintenance",
          "bring a host back; the same command goes on");
      return;
    }
    int threads = hosts.stream().mapToInt(Host::threads).max().orElse(0);
    long memory = hosts.stream().mapToLong(Host::memoryMib).max().orElse(0) / 1024;
    long sum = 0;
    Set<String> said = new LinkedHashSet<>();
    for (Target.Slot machine : needed()) {
      sum += memoryGib(machine);
      if (said.contains(machine.pool().name())) {
        continue;
      }
      if (cpus(machine) > threads || memoryGib(machine) > memory) {
        said.add(machine.pool().name());
        stops(
            ProblemCode.CLOUD_CAPACITY,
            "pool " + machine.pool().name() + ": no host is as large as its machines",
            "%d cpus and %d GiB a machine; the largest host has %d and %d GiB"
                .formatted(cpus(machine), memoryGib(machine), threads, memory),
            "ask for smaller machines");
      }
    }
    long free = hosts.stream().mapToLong(h -> h.memoryMib() - h.memoryUsedMib()).sum() / 1024;
    boolean locked = VsphereFacts.wantsGpu(spec);
    if (sum > free) {
      String what = "the hosts of " + file.cluster() + " have less free memory than the cluster";
      String cause = sum + " GiB needed, " + free + " GiB free on " + hosts.size() + " hosts";
      if (locked) {
        stops(
            ProblemCode.CLOUD_CAPACITY,
            what,
            cause + "; machines with a GPU lock theirs",
            "free some memory, or ask for less");
      } else {
        warns(ProblemCode.CLOUD_CAPACITY, what, cause, "nothing, if the hosts may swap");
      }
    }
  }

  private void gpus() {
    long wanted = needed().stream().filter(m -> m.pool().gpu() != null).count();
    Optional<ComputeCluster> cluster = facts.cluster(spec);
    if (wanted == 0 || cluster.isEmpty()) {
      return;
    }
    long devices = cluster.get().usable().stream().mapToLong(h -> h.devices().size()).sum();
    Set<String> profiles = new TreeSet<>();
    cluster.get().usable().forEach(h -> profiles.addAll(h.profiles()));
    if (devices < wanted && profiles.isEmpty()) {
      stops(
          ProblemCode.CLOUD_CAPACITY,
          "the hosts of " + file.cluster() + " have too few free GPUs",
          wanted
              + " wanted; "
              + devices
              + " NVIDIA devices are passed through and free, and no vGPU profile is offered",
          "pass devices through on a host, install NVIDIA's vGPU manager, or ask for less");
    }
  }

  private void storage() {
    Optional<Datastore> datastore = facts.datastore(spec);
    if (datastore.isEmpty()) {
      return;
    }
    Datastore store = datastore.get();
    if (!store.accessible() || store.maintenance()) {
      stops(
          ProblemCode.CLOUD_CAPACITY,
          "datastore " + store.name() + " takes no disks now",
          store.maintenance() ? "it is in maintenance" : "no host can reach it",
          "bring it back, or name another; the same command goes on");
      return;
    }
    List<Target.Slot> machines = needed();
    long full = 0;
    for (Target.Slot machine : machines) {
      Integer size = machine.pool().diskSizeGiB();
      full += size == null ? VsphereTarget.DISK_GIB : size;
    }
    String cause =
        "%d GiB free; %d machines with disks of %d GiB"
            .formatted(store.freeGib(), machines.size(), full);
    if (store.freeGib() < (long) machines.size() * FIRST_GIB) {
      stops(
          ProblemCode.CLOUD_CAPACITY,
          "datastore " + store.name() + " is full",
          cause,
          "free some space, or name another");
    } else if (store.freeGib() < full) {
      warns(
          ProblemCode.CLOUD_CAPACITY,
          "datastore " + store.name() + " cannot hold all disks when they are full",
          cause + ", which are thin",
          "watch it, or ask for smaller disks");
    }
  }

  private void names() {
    if (facts.ownFolder().isPresent() && !held.contains(VsphereTarget.FOLDER_NAME)) {
      stops(
          ProblemCode.CLOUD_NAME_TAKEN,
          "folder " + VsphereFacts.ownFolder(spec) + " is there, and not this cluster's",
          "it bears no tag of " + spec.fqdn(),
          "choose another metadata.name, or take the folder away");
    }
    Set<String> ours =
        Target.machines(spec).stream()
            .filter(Target.Slot::made)
            .map(Target.Slot::name)
            .collect(Collectors.toSet());
    List<String> others =
        facts.machines().stream()
            .filter(m -> ours.contains(m.name()) && !mine(m))
            .map(Machine::name)
            .sorted()
            .toList();
    if (!others.isEmpty()) {
      warns(
          ProblemCode.CLOUD_NAME_TAKEN,
          "machines of the datacenter have names of this cluster's",
          list(others) + " in other folders",
          "nothing, if nobody looks machines up by name; else another metadata.name");
    }
  }

  private boolean mine(Machine machine) {
    return facts.heldIds().contains(machine.clusterId());
  }

  private void addresses() {
    Set<String> ours = new TreeSet<>();
    for (Target.Slot machine : Target.machines(spec)) {
      if (machine.made()) {
        ours.addAll(machine.pool().addresses());
      }
    }
    if (file.bigip() != null) {
      ours.add(file.bigip().virtualAddress());
    }
    if (spec.target().endpoint().virtualAddress() != null) {
      ours.add(spec.target().endpoint().virtualAddress());
    }
    List<String> taken = new ArrayList<>();
    List<String> inside = new ArrayList<>();
    for (Machine machine : facts.machines()) {
      if (mine(machine)) {
        continue;
      }
      for (String address : machine.addresses()) {
        if (ours.contains(address)) {
          taken.add(address + " is " + machine.name());
        } else if (within(spec.target().network().podCidr(), address)
            || within(spec.target().network().serviceCidr(), address)) {
          inside.add(machine.name() + " " + address);
        }
      }
    }
    if (!taken.isEmpty()) {
      stops(
          ProblemCode.CLOUD_ADDRESS_TAKEN,
          "addresses of the file are other machines' already",
          list(taken),
          "give the cluster addresses that are free");
    }
    if (!inside.isEmpty()) {
      warns(
          ProblemCode.CLOUD_OVERLAP,
          "target.network: machines of the datacenter have addresses of podCidr or serviceCidr",
          list(inside),
          "nothing, unless pods shall reach them; else other ranges");
    }
  }

  private static boolean within(String cidr, String address) {
    return Cidr.isAddress(address)
        && Cidr.parse(cidr).map(network -> network.contains(address)).orElse(false);
  }

  private void bigip() {
    facts.bigipRefused().ifPresent(problem -> findings.add(new Finding(true, problem)));
    ClusterSpec.ProviderSettings.BigIp wanted = file.bigip();
    if (wanted == null || facts.bigip().isEmpty()) {
      return;
    }
    VsphereFacts.BigIp told = facts.bigip().get();
    if (!told.partition()) {
      stops(
          ProblemCode.SPEC_INVALID,
          "target.loadBalancer.bigip.partition: there is no partition " + wanted.partition(),
          wanted.address() + " lists none of this name that this user sees",
          "make the partition, or name another");
    }
    told.role()
        .filter(role -> !ROLES_THAT_MAKE.contains(role))
        .ifPresent(
            role ->
                stops(
                    ProblemCode.CLOUD_DENIED,
                    "the Big-IP's user may not make anything in partition " + wanted.partition(),
                    "its role there is " + role,
                    "give the user the role manager in this partition"));
    List<String> listening =
        told.virtuals().stream()
            .filter(v -> address(v.destination()).equals(wanted.virtualAddress()))
            .filter(v -> facts.heldIds().stream().noneMatch(id -> of(v, id)))
            .map(v -> v.path() + " at " + v.destination())
            .toList();
    if (!listening.isEmpty()) {
      stops(
          ProblemCode.CLOUD_ADDRESS_TAKEN,
          "target.loadBalancer.bigip.virtualAddress " + wanted.virtualAddress() + " is in use",
          list(listening),
          "name an address that nobody listens at");
    }
  }

  private static String address(String destination) {
    int end = destination.lastIndexOf(destination.contains(".") ? ':' : '.');
    return end < 0 ? destination : destination.substring(0, end);
  }

  private static boolean of(VsphereFacts.Virtual virtual, String clusterId) {
    return List.of(virtual.description().split(" ", -1))
        .contains("sskuba.io/cluster-id=" + clusterId);
  }

  private void unasked() {
    facts
        .unasked()
        .forEach(
            (part, cause) ->
                warns(
                    ProblemCode.CLOUD_UNASKED,
                    "not looked at: " + part.words(),
                    cause,
                    "give the user " + part.needed() + " to have it checked"));
  }
}
