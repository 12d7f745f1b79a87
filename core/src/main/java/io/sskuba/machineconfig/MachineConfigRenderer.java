package io.sskuba.machineconfig;

import io.sskuba.infra.Topology;
import io.sskuba.io.Yaml;
import io.sskuba.net.AddressMap;
import io.sskuba.pki.LeafCertificates;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.Patch;
import io.sskuba.spec.ClusterSpec.Pool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Renders the machine configs and the talosconfig of a cluster.
///
/// Base documents (what `talosctl gen config` writes), then named patches in this order: target,
/// hardening, the user's for all machines, the user's for the pool. Pure: the same input is the
/// same bytes, but for the talosconfig's new key.
/// - Errors: [IllegalArgumentException] that names the patch's source when a user's patch does not
///   fit.
public final class MachineConfigRenderer {
  private static final int TALOS_PORT = 50000;
  private final RenderInput input;
  private final TargetPatches target;
  private final Map<String, List<NamedPatch>> poolPatches = new HashMap<>();
  private final Map<String, List<Map<String, Object>>> parsed = new HashMap<>();

  /// Machines of a pool mostly differ in one small document: writing YAML is the cost, so a
  /// document is written once.
  private final Map<Map<String, Object>, String> written = new HashMap<>();

  private MachineConfigRenderer(RenderInput input) {
    this.input = input;
    this.target = new TargetPatches(input);
  }

  public static MachineConfigs render(RenderInput input) {
    return new MachineConfigRenderer(input).renderAll();
  }

  /// The patches of one machine, in the order in which they are applied: for `render` and for
  /// reviews.
  public static List<NamedPatch> patches(RenderInput input, Topology.Machine machine) {
    return new MachineConfigRenderer(input).patchesOf(machine);
  }

  /// The options that the base documents are made from.
  public static BaseConfig.Options baseOptions(RenderInput input) {
    ClusterSpec spec = input.spec();
    Map<String, List<String>> mirrors = new TreeMap<>();
    if (spec.registry() != null) {
      spec.registry().mirrors().forEach((host, url) -> mirrors.put(host, List.of(url)));
    }
    return new BaseConfig.Options(
        spec.metadata().name(),
        input.topology().endpointUrl(),
        spec.versions().talos(),
        spec.versions().kubernetes(),
        input.topology().certSans(),
        BaseConfig.Options.DNS_DOMAIN,
        BaseConfig.Options.INSTALL_DISK,
        null,
        true,
        spec.target().kubespan(),
        mirrors);
  }

  /// The mode of `talosctl validate` for a target: `metal`, `cloud` or `container`.
  public static String validationMode(ClusterSpec.Provider provider) {
    return switch (provider) {
      case METAL -> "metal";
      case DOCKER -> "container";
      case LOCAL, AWS, AZURE, VSPHERE -> "cloud";
    };
  }

  private MachineConfigs renderAll() {
    BaseConfig base = new BaseConfig(baseOptions(input), input.secrets());
    List<Map<String, Object>> controlPlane = base.controlPlane();
    List<Map<String, Object>> worker = base.worker();
    Map<String, String> configs = new LinkedHashMap<>();
    for (Topology.Machine machine : input.topology().machines()) {
      List<Map<String, Object>> documents = machine.controlPlane() ? controlPlane : worker;
      for (NamedPatch patch : patchesOf(machine)) {
        documents = apply(documents, patch);
      }
      configs.put(
          machine.name(),
          documents.stream()
              .map(document -> written.computeIfAbsent(document, Yaml::dump))
              .collect(Collectors.joining("---\n")));
    }
    // A talosconfig is for whoever dials from this machine: it names what can be dialled.
    List<String> addresses =
        input.topology().controlPlanes().stream()
            .map(machine -> talosEndpoint(input.topology().addresses(), machine.address()))
            .toList();
    String talosconfig =
        Talosconfig.admin(
            input.spec().metadata().name(),
            addresses,
            input.secrets(),
            LeafCertificates.clientLifetime(input.spec().lifetime().ttl()),
            input.now(),
            input.random());
    return new MachineConfigs(configs, talosconfig);
  }

  /// `HOST`, or `HOST:PORT` where the port is not Talos's own.
  private static String talosEndpoint(AddressMap addresses, String address) {
    AddressMap.Dial dial = addresses.talos(address, TALOS_PORT);
    return dial.port() == TALOS_PORT ? dial.host() : dial.host() + ":" + dial.port();
  }

  private List<Map<String, Object>> apply(List<Map<String, Object>> documents, NamedPatch patch) {
    List<Map<String, Object>> changes = parsed.get(patch.yaml());
    if (changes == null) {
      changes = Docs.parse(patch.yaml(), patch.title());
      parsed.put(patch.yaml(), changes);
    }
    try {
      return StrategicMerge.apply(documents, changes);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(patch.title() + ": " + e.getMessage(), e);
    }
  }

  private List<NamedPatch> patchesOf(Topology.Machine machine) {
    Pool pool = pool(machine);
    List<NamedPatch> patches = new ArrayList<>(target.machine(machine, pool));
    patches.addAll(poolPatches.computeIfAbsent(pool.name(), name -> ofPool(pool)));
    return patches;
  }

  private List<NamedPatch> ofPool(Pool pool) {
    List<NamedPatch> patches = new ArrayList<>(target.pool(pool));
    patches.addAll(Hardening.patches(pool.isControlPlane(), input.spec().lifetime().ttl()));
    patches.addAll(user("user/cluster", input.spec().machineConfigPatches()));
    patches.addAll(user("user/pool", pool.patches()));
    return patches;
  }

  private static List<NamedPatch> user(String id, List<Patch> patches) {
    return patches.stream()
        .map(p -> new NamedPatch(id, p.source(), "The cluster file asks for it.", p.yaml()))
        .toList();
  }

  private Pool pool(Topology.Machine machine) {
    if (machine.controlPlane()) {
      return input.spec().target().controlPlane();
    }
    return input.spec().target().workers().stream()
        .filter(p -> p.name().equals(machine.pool()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "machine " + machine.name() + " is of no pool of the cluster file"));
  }
}
