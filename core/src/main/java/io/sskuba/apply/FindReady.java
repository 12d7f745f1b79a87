package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeReadiness;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.state.ClusterRecord;
import io.sskuba.wait.Observation;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Finds out whether there is nothing to do: the file is unchanged, and every machine is a Ready
/// node with all its programs now. Read only.
/// - Limits: those of [KubeReadiness]; whatever does not answer means that there is something to
///   do.
public final class FindReady implements Phase<Change, Optional<ReadyCluster>> {
  private final Ports ports;

  FindReady(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Optional<ReadyCluster> run(Change change, PhaseContext context) {
    AgreedPlan plan = change.loaded().plan();
    if (plan != null && !plan.done()) {
      // What it says is still to be done, or at least to be compared with the world.
      return Optional.empty();
    }
    Optional<ClusterRecord> record = change.existing().filter(FindReady::settled);
    if (record.isEmpty() || !change.differences().isEmpty() || change.loaded().ttl() != null) {
      return Optional.empty();
    }
    Platform platform =
        ports
            .platforms()
            .of(change.loaded().spec().target().provider(), change.loaded().rehearsal())
            .orElseThrow();
    Optional<Topology> topology = ClusterFacts.topology(record.get());
    Optional<String> kubeconfig = Kubeconfigs.tryOpen(ports, record.get().key());
    if (topology.isEmpty()
        || kubeconfig.isEmpty()
        || !ClusterFacts.whole(
            platform.inspect(ClusterFacts.of(record.get(), change.loaded().spec())))) {
      return Optional.empty();
    }
    try (KubeApi kube = ports.kube().apply(kubeconfig.get(), topology.get().addresses())) {
      List<String> names = topology.get().machines().stream().map(Topology.Machine::name).toList();
      if (KubeReadiness.nodesReady(kube, names) instanceof Observation.Met) {
        context.log("nothing to do: " + names.size() + " nodes Ready, the file is unchanged");
        return Optional.of(new ReadyCluster(record.get(), names.size(), warnings(record.get())));
      }
    } catch (UncheckedIOException | KubeStatusException e) {
      context.log("the API does not answer as it should: going on");
    }
    return Optional.empty();
  }

  /// A run that changes a ready cluster leaves the state as it is, but the phase only when it is
  /// done: one that goes on, or was killed, has not settled yet.
  private static boolean settled(ClusterRecord record) {
    return record.state().equals("ready") && "ready".equals(record.phase());
  }

  private static List<String> warnings(ClusterRecord record) {
    List<String> warnings = new ArrayList<>();
    for (JsonNode warning : record.details().path(ClusterFacts.WARNINGS)) {
      warnings.add(warning.asText());
    }
    return warnings;
  }
}
