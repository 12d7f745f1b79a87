package io.sskuba.rehearsal.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.infra.pulumi.ProviderService;
import io.sskuba.infra.pulumi.PulumiInfrastructure;
import io.sskuba.infra.pulumi.PulumiSettings;
import io.sskuba.io.Json;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.host.HostClient;
import io.sskuba.rehearsal.host.HostProcess;
import io.sskuba.rehearsal.host.HostSettings;
import io.sskuba.secret.RuntimeFolder;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.toolchain.Toolchain;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The `local` target: machines are simulated in a host process, the control plane is real programs
/// on loopback addresses.
///
/// The allotment is `{"slot": N, "indexes": {MACHINE: INDEX}}`.
public final class LocalPlatform implements Platform {
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final String SLOT = "slot";
  private static final String INDEXES = "indexes";

  private final Places places;
  private final TimeSource time;
  private final RandomSource random;

  public LocalPlatform(Places places, TimeSource time, RandomSource random) {
    this.places = places;
    this.time = time;
    this.random = random;
  }

  @Override
  public ObjectNode allot(
      ClusterSpec spec,
      String key,
      String clusterId,
      ObjectNode before,
      Collection<ObjectNode> taken) {
    int slot = before.has(SLOT) ? before.get(SLOT).asInt() : freeSlot(spec, taken);
    LocalNetwork network = LocalNetwork.of(slot, spec.target().network().cidr());
    Map<String, Integer> known = new LinkedHashMap<>();
    before.path(INDEXES).properties().forEach(e -> known.put(e.getKey(), e.getValue().asInt()));
    ObjectNode allotment = Json.object().put(SLOT, slot);
    ObjectNode indexes = allotment.putObject(INDEXES);
    LocalPlan.indexes(spec, network, known).forEach(indexes::put);
    return allotment;
  }

  /// The lowest slot that no other cluster here has, whose addresses nobody binds, and which
  /// overlaps neither pods nor services.
  private static int freeSlot(ClusterSpec spec, Collection<ObjectNode> taken) {
    Set<Integer> used = new HashSet<>();
    taken.forEach(t -> used.add(t.path(SLOT).asInt(-1)));
    for (int slot = 0; slot <= LocalNetwork.SLOT_MAX; slot++) {
      if (!used.contains(slot) && Slots.fits(spec, slot) && Slots.isFree(slot)) {
        return slot;
      }
    }
    throw new SskubaException(
        Problem.of(ProblemCode.ADDRESS_IN_USE, "no free address range is left on this machine")
            .fact("tried", (LocalNetwork.SLOT_MAX + 1) + " ranges in 127.64.0.0/11")
            .next("sskuba-ctl list"));
  }

  @Override
  public List<String> tools() {
    return Toolchain.LOCAL;
  }

  @Override
  public InfraPlan plan(Cluster cluster) {
    return LocalPlan.of(cluster.spec(), cluster.tags(), network(cluster), indexes(cluster));
  }

  @Override
  public List<String> machineNames(Cluster cluster) {
    return List.copyOf(indexes(cluster).keySet());
  }

  @Override
  public Topology topology(Cluster cluster, Map<String, Object> outputs) {
    return LocalPlan.topology(cluster.spec(), network(cluster), indexes(cluster));
  }

  private static LocalNetwork network(Cluster cluster) {
    return LocalNetwork.of(
        cluster.allotment().path(SLOT).asInt(), cluster.spec().target().network().cidr());
  }

  private static Map<String, Integer> indexes(Cluster cluster) {
    Map<String, Integer> indexes = new LinkedHashMap<>();
    cluster
        .allotment()
        .path(INDEXES)
        .properties()
        .forEach(e -> indexes.put(e.getKey(), e.getValue().asInt()));
    return indexes;
  }

  @Override
  public Infrastructure infrastructure(
      Cluster cluster, Path passphraseFile, Map<String, Path> tools) {
    HostProcess host = host(cluster.key(), cluster.clusterId(), tools);
    Path runtime = runtime(cluster.key(), cluster.clusterId());
    return new PulumiInfrastructure(
        PulumiSettings.simulated(
            pulumi(tools),
            places.localState().toUri(),
            cluster.spec().metadata().organisation(),
            cluster.spec().metadata().project(),
            cluster.key(),
            passphraseFile,
            runtime.resolve("stack"),
            runtime.resolve("home")),
        List.of(
            new ProviderService(LocalProvider.PACKAGE, new LocalProvider(host, client(runtime)))),
        time,
        random);
  }

  private static Path pulumi(Map<String, Path> tools) {
    Path pulumi = tools.get("pulumi");
    if (pulumi == null) {
      throw SskubaException.of(ProblemCode.TOOL_MISSING, "pulumi is not in the toolchain");
    }
    return pulumi;
  }

  private HostProcess host(String key, String clusterId, Map<String, Path> tools) {
    Path folder = places.localState().resolve("clusters").resolve(key);
    return new HostProcess(
        new HostSettings(
            key,
            clusterId,
            runtime(key, clusterId),
            folder.resolve("disks"),
            folder.resolve("record.json"),
            tools,
            List.of()),
        HostProcess.thisJvm());
  }

  private Path runtime(String key, String clusterId) {
    return RuntimeFolder.path(places.runtime(), key, clusterId);
  }

  private static HostClient client(Path runtime) {
    return new HostClient(runtime.resolve(HostSettings.SOCKET));
  }

  @Override
  public void warmUp(Cluster cluster, Map<String, Path> tools) throws InterruptedException {
    host(cluster.key(), cluster.clusterId(), tools).start();
  }

  @Override
  public void announce(Cluster cluster, Map<String, String> digests) {
    HostClient client = client(runtime(cluster.key(), cluster.clusterId()));
    for (Map.Entry<String, String> digest : digests.entrySet()) {
      try {
        client.call(
            Json.object()
                .put("op", "announce")
                .put("machine", digest.getKey())
                .put("sha256", digest.getValue()),
            CALL);
      } catch (IOException e) {
        throw new SskubaException(
            Problem.of(
                    ProblemCode.HOST_DEAD,
                    "the host process of " + cluster.key() + " does not answer")
                .fact("cause", String.valueOf(e.getMessage())),
            e);
      }
    }
  }

  @Override
  public Optional<ObjectNode> inspect(Cluster cluster) {
    try {
      JsonNode reply =
          client(runtime(cluster.key(), cluster.clusterId()))
              .call(Json.object().put("op", "inspect"), LOOK);
      return reply.path("host") instanceof ObjectNode host ? Optional.of(host) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public Remnant confirm(Cluster cluster, Infrastructure.StateResource resource) {
    return Remnants.of(
        network(cluster),
        indexes(cluster),
        resource,
        host(cluster.key(), cluster.clusterId(), Map.of()));
  }

  @Override
  public List<Remnant> sweep(String key, String clusterId) throws InterruptedException {
    return Remnants.sweep(
        runtime(key, clusterId),
        places.localState().resolve("clusters").resolve(key).resolve("disks"),
        host(key, clusterId, Map.of()));
  }
}
