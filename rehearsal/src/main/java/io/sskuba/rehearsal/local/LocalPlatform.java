package io.sskuba.rehearsal.local;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.infra.pulumi.ProviderService;
import io.sskuba.infra.pulumi.PulumiInfrastructure;
import io.sskuba.io.Json;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.rehearsal.host.HostProcess;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.toolchain.Toolchain;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The `local` target: machines are simulated in a host process, the control plane is real programs
/// on loopback addresses.
///
/// The allotment is `{"slot": N, "indexes": {MACHINE: INDEX}}`.
public final class LocalPlatform implements Platform {
  private final Hosting hosting;
  private final TimeSource time;
  private final RandomSource random;

  public LocalPlatform(Places places, TimeSource time, RandomSource random) {
    this.hosting = new Hosting(places);
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
    int slot =
        before.has(Hosting.SLOT)
            ? before.get(Hosting.SLOT).asInt()
            : Hosting.freeSlot(taken, s -> Slots.fits(spec, s));
    LocalNetwork network = LocalNetwork.of(slot, spec.target().network().cidr());
    ObjectNode allotment = Json.object().put(Hosting.SLOT, slot);
    ObjectNode indexes = allotment.putObject(Hosting.INDEXES);
    LocalPlan.indexes(spec, network, Hosting.indexes(before)).forEach(indexes::put);
    return allotment;
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
        cluster.allotment().path(Hosting.SLOT).asInt(), cluster.spec().target().network().cidr());
  }

  private static Map<String, Integer> indexes(Cluster cluster) {
    return Hosting.indexes(cluster.allotment());
  }

  @Override
  public Infrastructure infrastructure(
      Cluster cluster, Path passphraseFile, Map<String, Path> tools) {
    HostProcess host = host(cluster.key(), cluster.clusterId(), tools);
    return new PulumiInfrastructure(
        hosting.stack(cluster.spec(), cluster.key(), cluster.clusterId(), passphraseFile, tools),
        List.of(
            new ProviderService(
                LocalProvider.PACKAGE,
                new LocalProvider(host, hosting.client(cluster.key(), cluster.clusterId())))),
        time,
        random);
  }

  private HostProcess host(String key, String clusterId, Map<String, Path> tools) {
    return hosting.host(key, clusterId, tools, List.of());
  }

  @Override
  public void warmUp(Cluster cluster, Map<String, Path> tools) throws InterruptedException {
    host(cluster.key(), cluster.clusterId(), tools).start();
  }

  @Override
  public void announce(Cluster cluster, Map<String, String> digests) {
    hosting.announce(cluster.key(), cluster.clusterId(), digests);
  }

  @Override
  public Optional<ObjectNode> inspect(Cluster cluster) {
    return hosting.inspect(cluster.key(), cluster.clusterId());
  }

  @Override
  public boolean hosted() {
    return true;
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
  public Traces traces(String key) {
    return hosting.traces(key);
  }

  @Override
  public ObjectNode allotmentOf(List<Infrastructure.StateResource> resources) {
    return Hosting.allotmentOf(resources);
  }

  @Override
  public List<Remnant> sweep(String key, String clusterId) throws InterruptedException {
    return Remnants.sweep(
        hosting.runtime(key, clusterId), hosting.disks(key), host(key, clusterId, Map.of()));
  }
}
