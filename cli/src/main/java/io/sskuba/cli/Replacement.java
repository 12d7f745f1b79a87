package io.sskuba.cli;

import io.sskuba.apply.ApplyRequest;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecDiff;
import io.sskuba.spec.SpecJson;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import java.time.Duration;
import java.util.Optional;

/// `apply --replace`: asks, deletes the cluster that is there, and lets `apply` make it anew.
final class Replacement {
  private final Session session;

  Replacement(Session session) {
    this.session = session;
  }

  void deleteIfDifferent(RunConsole console, ApplyRequest request, String fileName, boolean yes)
      throws Exception {
    ClusterSpec spec =
        SpecReader.read(request.file(), request.fileName(), request.folder(), request.rehearse());
    String key = (request.rehearse() ? "rehearsal." : "") + spec.metadata().name();
    Optional<ClusterRecord> existing = session.ports().store().find(key);
    if (existing.isEmpty()) {
      return;
    }
    boolean needed =
        SpecDiff.between(SpecJson.fromJson(existing.get().spec()), spec).stream()
            .anyMatch(d -> d.kind() == SpecDiff.Kind.REPLACE);
    if (!needed) {
      return;
    }
    session.confirm(
        "Cluster " + existing.get().shown() + " and everything on it is deleted, and made anew.",
        yes,
        "sskuba-ctl apply --file " + fileName + " --replace");
    Deletion.of(session).delete(console, key, Duration.ofMinutes(30));
  }
}
