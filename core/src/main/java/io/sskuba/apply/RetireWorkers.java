package io.sskuba.apply;

import io.sskuba.infra.Topology;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeDrain;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Drains the workers that the file no longer has, and removes their Node objects, before their
/// machines go.
/// - Idempotent: a node that is gone is skipped; draining a drained node does nothing.
/// - Limits: [#DRAIN_LIMIT] a node.
/// - Errors: `DRAIN_TIMED_OUT` naming the pods that stay.
public final class RetireWorkers implements Phase<IssuedSecrets, IssuedSecrets> {
  /// As `--drain-deadline`'s default (contract, section 2).
  static final Duration DRAIN_LIMIT = Duration.ofMinutes(5);

  private static final Duration CALL = Duration.ofSeconds(10);
  private final Ports ports;

  RetireWorkers(Ports ports) {
    this.ports = ports;
  }

  @Override
  public IssuedSecrets run(IssuedSecrets secrets, PhaseContext context)
      throws InterruptedException {
    OpenCluster opened = secrets.opened();
    Optional<Topology> before = ClusterFacts.topology(opened.record());
    if (before.isEmpty()) {
      return secrets;
    }
    Set<String> wanted = new HashSet<>(opened.platform().machineNames(opened.cluster()));
    List<Topology.Machine> gone =
        before.get().machines().stream().filter(m -> !wanted.contains(m.name())).toList();
    Optional<byte[]> sealed = ports.store().sealed(opened.key(), AwaitControlPlane.KUBECONFIG);
    // A cluster that never had a kubeconfig never took a workload.
    if (gone.isEmpty() || sealed.isEmpty()) {
      return secrets;
    }
    String kubeconfig = new String(secrets.sealer().open(sealed.get()), StandardCharsets.UTF_8);
    try (KubeApi kube = ports.kube().apply(kubeconfig, before.get().addresses())) {
      for (Topology.Machine machine : gone) {
        context.log("draining " + machine.name());
        new KubeDrain(kube, context.time(), context::log)
            .drain(machine.name(), DRAIN_LIMIT)
            .orThrow();
        kube.delete("/api/v1/nodes/" + machine.name(), null, CALL);
      }
    }
    return secrets;
  }
}
