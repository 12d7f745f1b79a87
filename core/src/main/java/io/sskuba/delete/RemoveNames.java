package io.sskuba.delete;

import io.sskuba.apply.Ports;
import io.sskuba.apply.PublishedNames;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.infra.Platform.Remnant;
import io.sskuba.problem.Problem;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import java.util.Optional;

/// Takes the cluster's names out of their zone, if they are this cluster's, before what they lead
/// to goes.
/// - Idempotent: names that are not there, or somebody else's, are left as they are.
/// - Errors: none; a server that is away or refuses is asked again by [SweepRemnants], and what
///   stayed stands in the receipt.
public final class RemoveNames implements Phase<Doomed, Doomed> {
  private final Ports ports;

  RemoveNames(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Doomed run(Doomed doomed, PhaseContext context) throws InterruptedException {
    Optional<Remnant> looked = look(doomed);
    looked.ifPresent(r -> context.log(r.name() + ": " + r.observed()));
    return doomed;
  }

  /// Removes the names and asks for them. Empty for a cluster that never got any.
  Optional<Remnant> look(Doomed doomed) throws InterruptedException {
    Optional<PublishedNames> published = PublishedNames.of(doomed.record());
    if (published.isEmpty()) {
      return Optional.empty();
    }
    PublishedNames known = published.get();
    try {
      ClusterSpec.Dns dns = doomed.cluster().spec().dns();
      ZoneWriter writer = ports.zones().open(known.place(), dns == null ? null : dns.tsig());
      writer.remove(known.names());
      boolean gone = !writer.owns(known.names());
      return Optional.of(
          remnant(known, gone, gone ? "no ownership record of this cluster" : "still there"));
    } catch (SskubaException e) {
      return Optional.of(remnant(known, false, words(e.problem())));
    }
  }

  private static Remnant remnant(PublishedNames known, boolean gone, String observed) {
    String fqdn = known.names().fqdn();
    return new Remnant(
        "dns",
        fqdn,
        fqdn + " and *." + fqdn,
        gone,
        known.place().simulated()
            ? "look it up in the simulated zone"
            : "ask " + known.place().server() + " for _sskuba." + fqdn + " TXT",
        observed);
  }

  private static String words(Problem problem) {
    String cause =
        problem.facts().stream()
            .filter(f -> f.label().equals("cause"))
            .map(f -> ": " + f.value())
            .findFirst()
            .orElse("");
    return problem.code().id() + " " + problem.summary() + cause;
  }
}
