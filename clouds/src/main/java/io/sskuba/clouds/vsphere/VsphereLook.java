package io.sskuba.clouds.vsphere;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.clouds.vsphere.VimClient.Ref;
import io.sskuba.clouds.vsphere.VimClient.Seen;
import io.sskuba.clouds.vsphere.VimClient.Step;
import io.sskuba.infra.vsphere.VsphereFacts;
import io.sskuba.infra.vsphere.VsphereFacts.ComputeCluster;
import io.sskuba.infra.vsphere.VsphereFacts.Datastore;
import io.sskuba.infra.vsphere.VsphereFacts.Denied;
import io.sskuba.infra.vsphere.VsphereFacts.Host;
import io.sskuba.infra.vsphere.VsphereFacts.Item;
import io.sskuba.infra.vsphere.VsphereFacts.Machine;
import io.sskuba.infra.vsphere.VsphereFacts.Part;
import io.sskuba.infra.vsphere.VsphereRights;
import io.sskuba.infra.vsphere.VsphereRights.On;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings.Vsphere;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.w3c.dom.Element;

/// One look at a vCenter for one cluster file: every question at once, none of which changes
/// anything.
final class VsphereLook {
  /// NVIDIA's vendor id on the PCI bus.
  private static final int NVIDIA = 0x10de;

  private static final List<Step> TO_DATACENTERS =
      List.of(new Step("f", "Folder", "childEntity", List.of("f")));

  private final VsphereSession session;
  private final Asks asks;
  private final ClusterSpec spec;
  private final Vsphere file;
  private final CompletableFuture<Map<String, Seen>> datacenters;
  private final CompletableFuture<List<ComputeCluster>> clusters;
  private final CompletableFuture<Stores> stores;
  private final CompletableFuture<Folders> folders;
  private final CompletableFuture<Optional<String>> library;
  private final CompletableFuture<Map<String, Item>> items;
  private final CompletableFuture<List<Denied>> denied;
  private final CompletableFuture<VsphereInventory.Held> held;

  private record Stores(List<Datastore> datastores, Map<String, Ref> networks) {
    static final Stores NONE = new Stores(List.of(), Map.of());
  }

  /// @param paths path below the datacenter's own folder to the folder's id
  private record Folders(Map<String, String> paths, List<Machine> machines) {
    static final Folders NONE = new Folders(Map.of(), List.of());
  }

  private VsphereLook(VsphereSession session, Asks asks, ClusterSpec spec, Vsphere file) {
    this.session = session;
    this.asks = asks;
    this.spec = spec;
    this.file = file;
    datacenters = asks.ask(this::datacenters);
    held = asks.ask(() -> new VsphereInventory(session, asks).of(spec.fqdn(), Optional.empty()));
    library = asks.ask(this::library);
    items = asks.ask(this::items);
    clusters = asks.ask(() -> datacenter().map(this::clusters).orElse(List.of()));
    stores = asks.ask(() -> datacenter().map(this::stores).orElse(Stores.NONE));
    folders = asks.ask(() -> datacenter().map(this::folders).orElse(Folders.NONE));
    denied = asks.ask(this::denied);
  }

  static VsphereLook start(VsphereSession session, Asks asks, ClusterSpec spec) {
    if (spec.target().settings() instanceof Vsphere file) {
      return new VsphereLook(session, asks, spec, file);
    }
    throw new IllegalArgumentException("not a cluster of target vsphere");
  }

  /// What was told, without the Big-IP.
  ///
  /// Errors: `CLOUD_CREDENTIALS`.
  VsphereFacts facts() {
    Map<String, Seen> all = asks.answer(Part.PLACES, datacenters, Map.of());
    Stores told = asks.answer(Part.PLACES, stores, Stores.NONE);
    Folders where = asks.answer(Part.MACHINES, folders, Folders.NONE);
    VsphereInventory.Held there = asks.answer(Part.HELD, held, VsphereInventory.Held.NONE);
    Map<String, String> networks = new TreeMap<>();
    told.networks().forEach((name, ref) -> networks.put(name, ref.id()));
    String parent = file.folder() == null ? "" : clean(file.folder());
    return new VsphereFacts(
        Optional.ofNullable(all.get(file.datacenter())).map(d -> d.ref().id()),
        all.keySet(),
        asks.answer(Part.PLACES, clusters, List.of()),
        told.datastores(),
        networks,
        Optional.ofNullable(where.paths().get(parent)),
        Optional.ofNullable(where.paths().get(clean(VsphereFacts.ownFolder(spec)))),
        asks.answer(Part.LIBRARY, library, Optional.empty()),
        asks.answer(Part.LIBRARY, items, Map.of()),
        where.machines(),
        asks.answer(Part.PERMISSIONS, denied, List.of()),
        Optional.empty(),
        Optional.empty(),
        there.found(),
        there.clusterIds(),
        asks.unasked());
  }

  private static String clean(String path) {
    return path.replaceAll("^/+|/+$", "");
  }

  private Map<String, Seen> datacenters() {
    Map<String, Seen> found = new TreeMap<>();
    for (Seen seen :
        session
            .vim()
            .look(
                session.vim().service().root(),
                Map.of("Datacenter", List.of("name", "vmFolder", "hostFolder")),
                TO_DATACENTERS)) {
      found.putIfAbsent(seen.text("name"), seen);
    }
    return found;
  }

  private Optional<Seen> datacenter() {
    return Optional.ofNullable(datacenters.join().get(file.datacenter()));
  }

  private List<ComputeCluster> clusters(Seen datacenter) {
    Map<String, List<String>> wanted = new LinkedHashMap<>();
    wanted.put(
        "ClusterComputeResource", List.of("name", "resourcePool", "datastore", "network", "host"));
    List<String> host =
        new ArrayList<>(
            List.of(
                "name",
                "summary.hardware",
                "summary.quickStats.overallMemoryUsage",
                "runtime.connectionState",
                "runtime.inMaintenanceMode"));
    boolean gpu = VsphereFacts.wantsGpu(spec);
    if (gpu) {
      host.addAll(
          List.of(
              "vm",
              "hardware.pciDevice",
              "config.pciPassthruInfo",
              "config.sharedPassthruGpuTypes"));
    }
    wanted.put("HostSystem", host);
    List<Seen> seen =
        session
            .vim()
            .look(
                datacenter.ref("hostFolder").orElse(datacenter.ref()),
                wanted,
                List.of(
                    new Step("f", "Folder", "childEntity", List.of("f", "h")),
                    new Step("h", "ClusterComputeResource", "host", List.of())));
    Map<String, Seen> hosts = new HashMap<>();
    seen.stream()
        .filter(s -> s.ref().type().equals("HostSystem"))
        .forEach(s -> hosts.put(s.ref().id(), s));
    Set<String> taken = gpu ? taken(hosts.values()) : Set.of();
    List<ComputeCluster> clusters = new ArrayList<>();
    for (Seen cluster : seen) {
      if (cluster.ref().type().equals("ClusterComputeResource")) {
        List<Host> its = new ArrayList<>();
        for (String id : cluster.ids("host")) {
          Seen one = hosts.get(id);
          if (one != null) {
            its.add(host(one, taken));
          }
        }
        clusters.add(
            new ComputeCluster(
                cluster.ref().id(),
                cluster.text("name"),
                cluster.text("resourcePool"),
                new HashSet<>(cluster.ids("datastore")),
                new HashSet<>(cluster.ids("network")),
                its));
      }
    }
    return clusters;
  }

  /// Devices that machines have, as `HOST DEVICE`.
  private Set<String> taken(Iterable<Seen> hosts) {
    Set<String> taken = new HashSet<>();
    for (Seen host : hosts) {
      if (devices(host).isEmpty() || host.ids("vm").isEmpty()) {
        continue;
      }
      for (Seen machine :
          session
              .vim()
              .read(
                  host.list("vm").stream().map(Ref::of).toList(),
                  Map.of("VirtualMachine", List.of("config.hardware.device")))) {
        for (Element device : machine.list("config.hardware.device")) {
          if (Xml.type(device).equals("VirtualPCIPassthrough")) {
            taken.add(host.ref().id() + " " + Xml.text(device, "backing", "id"));
          }
        }
      }
    }
    return taken;
  }

  private static Host host(Seen host, Set<String> taken) {
    long bytes = summary(host, "memorySize");
    Set<String> profiles = new TreeSet<>(host.ids("config.sharedPassthruGpuTypes"));
    return new Host(
        host.ref().id(),
        host.text("name"),
        host.text("runtime.connectionState").equals("connected")
            && !host.is("runtime.inMaintenanceMode"),
        (int) summary(host, "numCpuThreads"),
        bytes >> 20,
        host.number("summary.quickStats.overallMemoryUsage"),
        devices(host).stream().filter(d -> !taken.contains(host.ref().id() + " " + d)).toList(),
        profiles);
  }

  private static long summary(Seen host, String field) {
    Element hardware = host.properties().get("summary.hardware");
    return hardware == null ? 0 : Xml.number(hardware, field);
  }

  /// NVIDIA's devices that are passed through.
  private static List<String> devices(Seen host) {
    Set<String> active = new LinkedHashSet<>();
    for (Element info : host.list("config.pciPassthruInfo")) {
      if (Xml.text(info, "passthruActive").equals("true")) {
        active.add(Xml.text(info, "id"));
      }
    }
    List<String> devices = new ArrayList<>();
    for (Element device : host.list("hardware.pciDevice")) {
      String id = Xml.text(device, "id");
      if (((int) Xml.number(device, "vendorId") & 0xffff) == NVIDIA && active.contains(id)) {
        devices.add(id);
      }
    }
    return devices;
  }

  private Stores stores(Seen datacenter) {
    Map<String, List<String>> wanted = new LinkedHashMap<>();
    wanted.put("Datastore", List.of("name", "summary"));
    wanted.put("Network", List.of("name"));
    List<Datastore> datastores = new ArrayList<>();
    Map<String, Ref> networks = new TreeMap<>();
    for (Seen seen :
        session
            .vim()
            .look(
                datacenter.ref(),
                wanted,
                List.of(
                    new Step("s", "Datacenter", "datastore", List.of()),
                    new Step("n", "Datacenter", "network", List.of())))) {
      if (seen.ref().type().equals("Datastore")) {
        datastores.add(datastore(seen));
      } else {
        networks.putIfAbsent(seen.text("name"), seen.ref());
      }
    }
    return new Stores(datastores, networks);
  }

  private static Datastore datastore(Seen seen) {
    Element summary = seen.properties().get("summary");
    String maintenance = summary == null ? "" : Xml.text(summary, "maintenanceMode");
    return new Datastore(
        seen.ref().id(),
        seen.text("name"),
        summary != null && Xml.text(summary, "accessible").equals("true"),
        !maintenance.isEmpty() && !maintenance.equals("normal"),
        summary == null ? 0 : Xml.number(summary, "freeSpace") >> 30);
  }

  private Folders folders(Seen datacenter) {
    Map<String, List<String>> wanted = new LinkedHashMap<>();
    wanted.put("Folder", List.of("name", "parent"));
    wanted.put(
        "VirtualMachine",
        List.of(
            "name", "parent", "config.uuid", "config.annotation", "guest.ipAddress", "guest.net"));
    Ref root = datacenter.ref("vmFolder").orElse(datacenter.ref());
    Map<String, Seen> folders = new HashMap<>();
    List<Machine> machines = new ArrayList<>();
    for (Seen seen : session.vim().look(root, wanted, TO_DATACENTERS)) {
      if (seen.ref().type().equals("Folder")) {
        folders.put(seen.ref().id(), seen);
      } else {
        machines.add(
            new Machine(
                seen.text("config.uuid"),
                seen.ref().id(),
                seen.text("name"),
                seen.text("parent"),
                addresses(seen),
                VsphereInventory.key(seen)));
      }
    }
    Map<String, String> paths = new TreeMap<>();
    folders.forEach((id, _) -> paths.put(path(id, root.id(), folders), id));
    return new Folders(paths, machines);
  }

  private static String path(String id, String root, Map<String, Seen> folders) {
    StringBuilder path = new StringBuilder();
    Seen at = folders.get(id);
    int depth = 0;
    while (at != null && !at.ref().id().equals(root) && depth < folders.size()) {
      path.insert(0, at.text("name") + (path.isEmpty() ? "" : "/"));
      at = folders.get(at.text("parent"));
      depth++;
    }
    return path.toString();
  }

  private static List<String> addresses(Seen machine) {
    Set<String> addresses = new LinkedHashSet<>();
    addresses.add(machine.text("guest.ipAddress"));
    for (Element card : machine.list("guest.net")) {
      Xml.children(card, "ipAddress").forEach(a -> addresses.add(a.getTextContent().strip()));
    }
    addresses.remove("");
    return List.copyOf(addresses);
  }

  private Optional<String> library() {
    ObjectNode body = Json.object();
    body.putObject("spec").put("name", file.templateLibrary());
    for (JsonNode id : session.vapi().post("content/library?~action=find", body)) {
      return Optional.of(id.asText());
    }
    return Optional.empty();
  }

  private Map<String, Item> items() {
    Map<String, Item> found = new TreeMap<>();
    Optional<String> id = library.join();
    if (id.isEmpty()) {
      return found;
    }
    Map<String, CompletableFuture<Optional<Item>>> asked = new LinkedHashMap<>();
    VsphereFacts.itemsOf(spec)
        .forEach((key, name) -> asked.put(key, asks.ask(() -> item(id.get(), name))));
    asked.forEach((key, item) -> item.join().ifPresent(i -> found.put(key, i)));
    return found;
  }

  private Optional<Item> item(String libraryId, String name) {
    ObjectNode body = Json.object();
    body.putObject("spec").put("library_id", libraryId).put("name", name);
    for (JsonNode id : session.vapi().post("content/library/item?~action=find", body)) {
      JsonNode item = session.vapi().get("content/library/item/id:" + id.asText());
      return Optional.of(
          new Item(
              id.asText(),
              item.path("name").asText(),
              item.path("type").asText(""),
              item.path("name").asText() + " " + item.path("description").asText("")));
    }
    return Optional.empty();
  }

  /// The privileges that the plan needs and the user lacks, asked for what is there.
  private List<Denied> denied() {
    Map<On, Ref> places = new EnumMap<>(On.class);
    places.put(On.ROOT, session.vim().service().root());
    Stores told = stores.join();
    told.datastores().stream()
        .filter(d -> d.name().equals(file.datastore()))
        .findFirst()
        .ifPresent(d -> places.put(On.DATASTORE, new Ref("Datastore", d.id())));
    Ref network = told.networks().get(VsphereFacts.network(spec));
    if (network != null) {
      places.put(On.NETWORK, network);
    }
    clusters.join().stream()
        .filter(c -> c.name().equals(file.cluster()))
        .findFirst()
        .ifPresent(
            c -> {
              places.put(On.CLUSTER, new Ref("ClusterComputeResource", c.id()));
              places.put(On.POOL, new Ref("ResourcePool", c.resourcePool()));
            });
    Map<String, String> paths = folders.join().paths();
    String folder = paths.get(file.folder() == null ? "" : clean(file.folder()));
    if (folder != null) {
      places.put(On.FOLDER, new Ref("Folder", folder));
    }
    return denied(places);
  }

  private List<Denied> denied(Map<On, Ref> places) {
    List<VsphereRights.Right> rights = VsphereRights.of(spec);
    Set<String> names = new LinkedHashSet<>();
    rights.forEach(r -> names.add(r.privilege()));
    StringBuilder arguments = new StringBuilder();
    new LinkedHashSet<>(places.values()).forEach(p -> arguments.append(p.as("entity")));
    arguments
        .append("<sessionId>")
        .append(Xml.escaped(session.vim().sessionKey()))
        .append("</sessionId>");
    names.forEach(n -> arguments.append("<privId>").append(n).append("</privId>"));
    Element response =
        session
            .vim()
            .call("HasPrivilegeOnEntities", session.vim().service().rights(), arguments.toString());
    Set<String> refused = new HashSet<>();
    for (Element entity : Xml.children(response, "returnval")) {
      String id = Xml.text(entity, "entity");
      for (Element each : Xml.children(entity, "privAvailability")) {
        if (!Xml.text(each, "isGranted").equals("true")) {
          refused.add(id + " " + Xml.text(each, "privId"));
        }
      }
    }
    List<Denied> denied = new ArrayList<>();
    for (VsphereRights.Right right : rights) {
      Ref place = places.get(right.on());
      if (place != null && refused.contains(place.id() + " " + right.privilege())) {
        denied.add(new Denied(right.privilege(), right.on().words(), right.why()));
      }
    }
    return denied;
  }
}
