package io.sskuba.infra.vsphere;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.problem.Problem;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a look at a vCenter, and a Big-IP, told about one cluster file: everything that
/// [VsphereCheck] judges by. A part that could not be asked is in `unasked`, and its own field is
/// empty.
///
/// @param datacenter id of the file's datacenter
/// @param datacenters names of those that the user sees
/// @param clusters compute clusters of the datacenter
/// @param datastores those of the datacenter
/// @param networks networks, port groups and segments of the datacenter, name to id
/// @param folder id of the folder that the file names, or of the datacenter's own
/// @param ownFolder id of the folder that the plan makes, where there is one of its name
/// @param library id of the content library
/// @param items image key ([Choices#imageKey]) to the library item of its name
/// @param machines every virtual machine of the datacenter that the user sees
/// @param denied what the user may not do, in the order of [VsphereRights]
/// @param bigip what the Big-IP told; empty where the file names none, or it was not asked
/// @param bigipRefused why the Big-IP told nothing
/// @param held what bears the tags of this FQDN
/// @param heldIds cluster ids on those tags
/// @param unasked part to why it could not be asked
public record VsphereFacts(
    Optional<String> datacenter,
    Set<String> datacenters,
    List<ComputeCluster> clusters,
    List<Datastore> datastores,
    Map<String, String> networks,
    Optional<String> folder,
    Optional<String> ownFolder,
    Optional<String> library,
    Map<String, Item> items,
    List<Machine> machines,
    List<Denied> denied,
    Optional<BigIp> bigip,
    Optional<Problem> bigipRefused,
    List<Platform.Found> held,
    Set<String> heldIds,
    Map<Part, String> unasked) {
  private static final Pattern TALOS = Pattern.compile("v[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
  private static final Pattern PROFILE = Pattern.compile(".*-([0-9]{1,4})([a-z])");

  /// What is asked apart, in words.
  public enum Part {
    PLACES("datacenters and what is in them", "System.View and System.Read on the datacenter"),
    MACHINES("virtual machines", "System.Read on the datacenter's virtual machines"),
    LIBRARY("the content library", "the right to read the content library"),
    PERMISSIONS("permissions", "System.View"),
    HELD("what bears the cluster's tags", "the right to read tags");

    private final String words;
    private final String needed;

    Part(String words, String needed) {
      this.words = words;
      this.needed = needed;
    }

    public String words() {
      return words;
    }

    /// What the user needs for it.
    public String needed() {
      return needed;
    }
  }

  /// @param resourcePool id of the cluster's own
  /// @param datastores ids of those that its hosts have
  /// @param networks ids of those that its hosts have
  public record ComputeCluster(
      String id,
      String name,
      String resourcePool,
      Set<String> datastores,
      Set<String> networks,
      List<Host> hosts) {
    public ComputeCluster {
      datastores = Set.copyOf(datastores);
      networks = Set.copyOf(networks);
      hosts = List.copyOf(hosts);
    }

    /// Hosts that take machines.
    public List<Host> usable() {
      return hosts.stream().filter(Host::usable).toList();
    }
  }

  /// @param usable whether it is connected and not in maintenance
  /// @param devices PCI ids of NVIDIA devices that are passed through and that no machine has
  /// @param profiles names of the vGPU profiles that it offers
  public record Host(
      String id,
      String name,
      boolean usable,
      int threads,
      long memoryMib,
      long memoryUsedMib,
      List<String> devices,
      Set<String> profiles) {
    public Host {
      devices = List.copyOf(devices);
      profiles = new TreeSet<>(profiles);
    }
  }

  public record Datastore(
      String id, String name, boolean accessible, boolean maintenance, long freeGib) {}

  /// @param type `ovf`, `vm-template`, `iso`, …
  /// @param text name and description
  public record Item(String id, String name, String type, String text) {
    /// The Talos version that name or description tell.
    public Optional<String> talos() {
      Matcher matcher = TALOS.matcher(text);
      return matcher.find() ? Optional.of(matcher.group()) : Optional.empty();
    }
  }

  /// @param id UUID
  /// @param moid id of the managed object
  /// @param addresses what the guest agent reports
  /// @param key value of our annotation; empty where it has none
  public record Machine(
      String id, String moid, String name, String folder, List<String> addresses, String key) {
    public Machine {
      addresses = List.copyOf(addresses);
    }

    public String clusterId() {
      int slash = key.indexOf('/');
      return slash < 0 ? "" : key.substring(0, slash);
    }
  }

  /// @param where the object in words
  /// @param why what the plan needs it for
  public record Denied(String privilege, String where, String why) {}

  /// @param partition whether the file's partition is there
  /// @param role the user's role in it; empty where nobody says
  /// @param virtuals virtual servers of every partition that the user sees
  public record BigIp(
      String version, boolean partition, Optional<String> role, List<Virtual> virtuals) {
    public BigIp {
      virtuals = List.copyOf(virtuals);
    }
  }

  /// @param destination `ADDRESS:PORT`, without partition and route domain
  public record Virtual(String path, String destination, String description) {}

  public VsphereFacts {
    datacenters = new TreeSet<>(datacenters);
    clusters = List.copyOf(clusters);
    datastores = List.copyOf(datastores);
    networks = new TreeMap<>(networks);
    items = new TreeMap<>(items);
    machines = List.copyOf(machines);
    denied = List.copyOf(denied);
    held = List.copyOf(held);
    heldIds = new TreeSet<>(heldIds);
    unasked = new TreeMap<>(unasked);
  }

  static ClusterSpec.ProviderSettings.Vsphere file(ClusterSpec spec) {
    if (spec.target().settings() instanceof ClusterSpec.ProviderSettings.Vsphere vsphere) {
      return vsphere;
    }
    throw new IllegalArgumentException("not a file of target vsphere");
  }

  /// The port group or segment of the file.
  public static String network(ClusterSpec spec) {
    String name = spec.target().network().name();
    return name == null ? "VM Network" : name;
  }

  /// Path of the folder that the plan makes, below the datacenter's own.
  public static String ownFolder(ClusterSpec spec) {
    String parent = file(spec).folder();
    String name = spec.metadata().name();
    return parent == null ? name : parent + "/" + name;
  }

  /// Image key to the name of its library item, for every image that the file's machines need.
  public static Map<String, String> itemsOf(ClusterSpec spec) {
    Map<String, String> names = new LinkedHashMap<>();
    String name = file(spec).templateItem();
    for (Target.Slot machine : Target.machines(spec)) {
      if (machine.made()) {
        boolean gpu = machine.pool().gpu() != null;
        names.put(Choices.imageKey(machine.arch(), gpu), gpu ? name + "-nvidia" : name);
      }
    }
    return names;
  }

  public static boolean wantsGpu(ClusterSpec spec) {
    return Target.machines(spec).stream().anyMatch(m -> m.made() && m.pool().gpu() != null);
  }

  Optional<ComputeCluster> cluster(ClusterSpec spec) {
    return clusters.stream().filter(c -> c.name().equals(file(spec).cluster())).findFirst();
  }

  Optional<Datastore> datastore(ClusterSpec spec) {
    return datastores.stream().filter(d -> d.name().equals(file(spec).datastore())).findFirst();
  }

  /// The choices of a cluster by what was seen. What `before` says stays.
  public Choices choices(ClusterSpec spec, Choices before) {
    Map<String, String> facts = new TreeMap<>();
    datacenter.ifPresent(id -> facts.put(VsphereLookups.DATACENTER, id));
    cluster(spec)
        .ifPresent(
            c -> {
              facts.put(VsphereLookups.COMPUTE_CLUSTER, c.id());
              facts.put(VsphereLookups.RESOURCE_POOL, c.resourcePool());
            });
    datastore(spec).ifPresent(d -> facts.put(VsphereLookups.DATASTORE, d.id()));
    String network = networks.get(network(spec));
    if (network != null) {
      facts.put(VsphereLookups.NETWORK, network);
    }
    gpus(spec, before, facts);
    facts.putAll(before.facts());
    Map<String, String> images = new TreeMap<>();
    items.forEach((key, item) -> images.put(key, item.id()));
    images.putAll(before.images());
    return new Choices(images, before.types(), before.zones(), facts);
  }

  /// A free device each, then a share of one; what a machine has it keeps.
  private void gpus(ClusterSpec spec, Choices before, Map<String, String> facts) {
    List<Host> hosts = cluster(spec).map(ComputeCluster::usable).orElse(List.of());
    Set<String> taken = new HashSet<>();
    for (Target.Slot machine : Target.machines(spec)) {
      String device = before.facts().get(VsphereLookups.PCI_DEVICE + machine.name());
      if (device != null) {
        taken.add(before.facts().get(VsphereLookups.HOST + machine.name()) + " " + device);
      }
    }
    List<String[]> free = new ArrayList<>();
    for (Host host : hosts) {
      host.devices().stream()
          .filter(d -> !taken.contains(host.id() + " " + d))
          .forEach(d -> free.add(new String[] {host.id(), d}));
    }
    Optional<String> profile =
        hosts.stream()
            .flatMap(h -> h.profiles().stream())
            .max(Comparator.comparing(VsphereFacts::size));
    for (Target.Slot machine : Target.machines(spec)) {
      boolean known =
          before.facts().containsKey(VsphereLookups.PCI_DEVICE + machine.name())
              || before.facts().containsKey(VsphereLookups.VGPU + machine.name());
      if (!machine.made() || machine.pool().gpu() == null || known) {
        continue;
      }
      if (!free.isEmpty()) {
        String[] device = free.removeFirst();
        facts.put(VsphereLookups.HOST + machine.name(), device[0]);
        facts.put(VsphereLookups.PCI_DEVICE + machine.name(), device[1]);
      } else {
        profile.ifPresent(p -> facts.put(VsphereLookups.VGPU + machine.name(), p));
      }
    }
  }

  /// How much of a GPU a profile is: `grid_l40-48c` is 48 GiB for computing, which goes before as
  /// much for a desktop (`q`).
  private static int size(String profile) {
    Matcher matcher = PROFILE.matcher(profile);
    return matcher.matches()
        ? Integer.parseInt(matcher.group(1)) * 2 + (matcher.group(2).equals("c") ? 1 : 0)
        : 0;
  }
}
