package io.sskuba.apply;

import io.sskuba.dns.ZoneWriter;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.state.ClusterRecord;
import java.time.Duration;
import java.util.Optional;

/// Waits until every authoritative server of the zone answers with the cluster's names. Read only,
/// never skipped. They were written long before: mostly there is nothing to wait for.
/// - Limits: [#LIMIT]; servers of a zone tell each other in seconds, some only when they ask again.
/// - Errors: `DNS_NOT_SERVED` with the last observation.
public final class AwaitNames implements Phase<ControlPlaneUp, ControlPlaneUp> {
  static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private final Ports ports;
  private final Duration limit;

  AwaitNames(Ports ports) {
    this(ports, LIMIT);
  }

  AwaitNames(Ports ports, Duration limit) {
    this.ports = ports;
    this.limit = limit;
  }

  @Override
  public ControlPlaneUp run(ControlPlaneUp up, PhaseContext context) throws InterruptedException {
    OpenCluster opened = up.opened();
    ClusterRecord record = ports.store().find(opened.key()).orElseThrow();
    Optional<PublishedNames> published = PublishedNames.of(record);
    if (published.isEmpty()) {
      return up;
    }
    PublishedNames known = published.get();
    try {
      ZoneWriter writer = Naming.writer(ports, known.place(), opened.spec());
      int servers =
          context.await(
              "every server of " + known.place().zone() + " to answer for " + known.names().fqdn(),
              limit,
              INTERVAL,
              ProblemCode.DNS_NOT_SERVED,
              () -> writer.served(known.names()));
      context.log(servers + (servers == 1 ? " server answers" : " servers answer"));
    } catch (SskubaException e) {
      if (e.problem().code() == ProblemCode.INTERRUPTED) {
        throw e;
      }
      throw Naming.told(
          e,
          opened.loaded(),
          "cluster " + opened.loaded().name() + " with all its nodes; its names are written");
    }
    record.details().set(ClusterFacts.NAMES, known.asServed().toJson());
    ports.store().update(record);
    return up;
  }
}
