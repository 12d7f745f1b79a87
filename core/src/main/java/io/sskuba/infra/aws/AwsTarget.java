package io.sskuba.infra.aws;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.io.Json;
import io.sskuba.net.AddressMap;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.Provider;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The `aws` target.
///
/// Facts of [Choices] that it reads, all of them optional in a plan that is only printed:
/// - `zones`: the region's zones with commas, where the file names none.
/// - `zoneId`: the hosted zone, with DNS provider `route53`.
/// - `zone:SUBNET`: zone of a given subnet; `egressAddresses`: the given network's addresses to the
///   internet, with commas.
/// - `door:MACHINE`: number of a worker's door; [#doors] gives those to keep.
/// - `userData:MACHINE`: the machine's configuration, with delivery `userData`.
public final class AwsTarget implements Target {
  /// The provider that the types of `types/aws.json` are of.
  public static final String VERSION = "6.83.0";

  private static final int API_PORT = AwsSecurity.KUBERNETES;

  @Override
  public Provider provider() {
    return Provider.AWS;
  }

  @Override
  public Map<String, String> providerVersions() {
    return Map.of("aws", VERSION);
  }

  @Override
  public Map<String, String> stackConfig(ClusterSpec spec) {
    if (spec.target().settings() instanceof ProviderSettings.Aws aws) {
      return Map.of("aws:region", aws.region());
    }
    throw new IllegalArgumentException("not a cluster of target aws");
  }

  /// The facts `door:MACHINE` that a cluster keeps from now on, so that workers that come and go
  /// leave the doors of the others where they are. Empty where workers have no doors.
  ///
  /// @param known the choices so far, with the doors of workers that are leaving
  public static Map<String, String> doors(ClusterSpec spec, Choices known) {
    List<Slot> workers =
        Target.machines(spec).stream().filter(m -> m.made() && !m.pool().isControlPlane()).toList();
    return AwsBalancer.facts(AwsBalancer.doors(spec, workers, known.facts()));
  }

  /// The doors of workers are kept.
  @Override
  public ObjectNode allotment(ClusterSpec spec, ObjectNode before, Choices choices) {
    Map<String, String> facts = new TreeMap<>(choices.facts());
    facts.keySet().removeIf(key -> key.startsWith("door:"));
    facts.putAll(doors(spec, choices));
    ObjectNode allotment = Json.object();
    allotment.set(
        Choices.KEY,
        new Choices(choices.images(), choices.types(), choices.zones(), facts).toJson());
    return allotment;
  }

  /// - Errors: `SPEC_INVALID` where AWS would refuse what the file says (network, tags).
  @Override
  public InfraPlan plan(Platform.Cluster cluster) {
    AwsContext aws = new AwsContext(cluster);
    AwsNetwork network = new AwsNetwork(aws);
    AwsBalancer balancer = new AwsBalancer(aws, network);
    AwsSecurity security = new AwsSecurity(aws, network, balancer);
    AwsMachines machines = new AwsMachines(aws, network, balancer);
    network.add();
    security.addGroups();
    new AwsIdentities(aws).add();
    balancer.addBalancers();
    balancer.addListeners();
    machines.add();
    security.addRules();
    balancer.attach();
    new AwsDns(aws).add();
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("endpoint", new Ref(AwsBalancer.MAIN, "dnsName"));
    outputs.put("machines", machines.outputs());
    return new InfraPlan(aws.resources(), outputs);
  }

  @Override
  public Topology topology(Platform.Cluster cluster, Map<String, Object> outputs) {
    ClusterSpec spec = cluster.spec();
    List<Topology.Machine> machines = new ArrayList<>();
    Map<String, String> doors = new LinkedHashMap<>();
    List<String> sans = new ArrayList<>();
    sans.add(spec.fqdn());
    String given = spec.target().endpoint().host();
    if (given != null) {
      sans.add(given);
    }
    String balancer = text(outputs.get("endpoint"));
    if (!balancer.isEmpty()) {
      sans.add(balancer);
    }
    for (Slot slot : Target.machines(spec)) {
      Map<?, ?> made = map(map(outputs.get("machines")).get(slot.name()));
      ClusterSpec.MachineAddress there = slot.given();
      String address = there == null ? text(made.get("address")) : there.address();
      machines.add(
          new Topology.Machine(
              slot.name(),
              slot.pool().isControlPlane(),
              slot.pool().name(),
              address,
              slot.arch(),
              there == null ? null : there.fingerprint()));
      if (!text(made.get("door")).isEmpty() && !address.isEmpty()) {
        doors.put(address, text(made.get("door")));
      }
      if (slot.pool().isControlPlane() && !text(made.get("publicAddress")).isEmpty()) {
        sans.add(text(made.get("publicAddress")));
      }
    }
    return new Topology(
        endpointHost(spec, balancer),
        API_PORT,
        sans.stream().distinct().toList(),
        machines,
        new AddressMap(Map.of(), List.of(), doors));
  }

  private static String endpointHost(ClusterSpec spec, String balancer) {
    ClusterSpec.Dns dns = spec.dns();
    if (dns != null && !dns.provider().equals("none")) {
      return spec.fqdn();
    }
    String host = spec.target().endpoint().host();
    return host == null ? balancer : host;
  }

  private static String text(@Nullable Object value) {
    return value instanceof String text ? text : "";
  }

  private static Map<?, ?> map(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }
}
