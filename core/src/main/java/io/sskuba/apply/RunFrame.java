package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Credentials;
import io.sskuba.infra.Platform;
import io.sskuba.io.Json;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemJson;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Journal;
import io.sskuba.run.Permits;
import io.sskuba.run.Run;
import io.sskuba.state.ClusterRecord;
import io.sskuba.toolchain.Toolchain;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What frames the phases of `apply`: work that starts early, the journal, and the record's state
/// at the end.
public final class RunFrame {
  private final Ports ports;

  RunFrame(Ports ports) {
    this.ports = ports;
  }

  /// Work that began before the pipeline needs it.
  record Early(Run.Beside<SecretsBundle> bundle, Run.Beside<Map<String, Path>> tools) {}

  /// Starts what takes longest: the toolchain, and the RSA-4096 key of a new cluster.
  Early early(Run run, Checked checked) {
    LoadedSpec loaded = checked.change().loaded();
    Platform platform =
        ports.platforms().of(loaded.spec().target().provider(), loaded.rehearsal()).orElseThrow();
    Toolchain toolchain = ports.toolchain().through(RenderValues.egress(loaded.spec()));
    Run.Beside<Map<String, Path>> tools =
        run.beside("get-toolchain", progress -> toolchain.ensure(platform.tools(), progress));
    boolean known =
        ports.store().find(loaded.key()).isPresent()
            && ports.store().sealed(loaded.key(), IssueSecrets.BUNDLE).isPresent();
    Run.Beside<SecretsBundle> bundle =
        known
            ? Run.Beside.failed("the bundle is known")
            : run.beside(
                "generate-keys", _ -> SecretsBundleFactory.generate(ports.time(), ports.random()));
    return new Early(bundle, tools);
  }

  void journal(Run run, OpenCluster opened) {
    run.journalTo(Journal.open(ports.store(), opened.key()), Run.Liveness.of(opened.lease()));
    run.worksUnder(permits(ports, opened.platform(), opened.cluster()));
  }

  /// The credentials of a cluster's platform and of the store that its state is in.
  public static Permits permits(Ports ports, Platform platform, Platform.Cluster cluster) {
    return new Permits() {
      @Override
      public Optional<Credentials> platform() {
        return platform.credentials(cluster.spec());
      }

      @Override
      public Optional<Instant> stateUntil() {
        return ports.store().credentialsEnd(cluster.key());
      }
    };
  }

  /// Lets the platform start what it can as soon as the tools are there.
  void warmUp(Run run, OpenCluster opened, Early early) {
    Run.Beside<Boolean> _ =
        run.beside(
            "warm-up",
            _ -> {
              opened.platform().warmUp(opened.cluster(), early.tools().join());
              return true;
            });
  }

  ReadyCluster ready(ControlPlaneUp up, Checked checked) {
    ClusterRecord record =
        ports.store().find(up.opened().key()).orElseThrow().withState("ready", "ready", null);
    if (record.details().get(ClusterFacts.PLAN) instanceof ObjectNode plan) {
      plan.put("done", true);
    }
    ports.store().update(record);
    return new ReadyCluster(record, up.topology().machines().size(), checked.warnings());
  }

  /// Writes down how the run ended. A record that cannot be written changes nothing about the
  /// failure itself.
  void failed(Run run, OpenCluster opened, Exception failure) {
    @Nullable Problem problem = failure instanceof SskubaException e ? e.problem() : null;
    boolean parked =
        failure instanceof InterruptedException
            || (problem != null && problem.code().kind().exitCode() == 10);
    try {
      ports
          .store()
          .find(opened.key())
          .ifPresent(
              record ->
                  ports
                      .store()
                      .update(
                          record.withState(
                              parked ? "parked" : "failed",
                              run.currentPhase(),
                              problem == null
                                  ? Json.object()
                                      .put("summary", String.valueOf(failure.getMessage()))
                                  : ProblemJson.toJson(problem))));
    } catch (SskubaException e) {
      failure.addSuppressed(e);
    }
  }
}
