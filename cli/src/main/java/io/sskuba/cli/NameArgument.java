package io.sskuba.cli;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.Nearest;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A cluster by its name (`demo`, `rehearsal/demo`) or FQDN.
final class NameArgument {
  private NameArgument() {}

  /// The folder and stack name of a cluster's name.
  static String key(String name) {
    return name.startsWith("rehearsal/") ? "rehearsal." + name.substring("rehearsal/".length()) : name;
  }

  static Optional<ClusterRecord> find(Session session, String name) {
    StateStore store = session.ports().store();
    if (!name.contains(".")) {
      return store.find(key(name));
    }
    return store.list().stream().filter(r -> r.fqdn().equals(name) && !r.rehearsal()).findFirst();
  }

  /// Errors: `CLUSTER_UNKNOWN` with the nearest names.
  static ClusterRecord require(Session session, String name) {
    return find(session, name).orElseThrow(() -> unknown(session, name));
  }

  static SskubaException unknown(Session session, String name) {
    List<String> names = new ArrayList<>();
    for (ClusterRecord record : session.ports().store().list()) {
      names.add(record.name());
    }
    for (String key : session.ports().store().receiptKeys()) {
      names.add(key.replace("rehearsal.", "rehearsal/"));
    }
    Problem problem =
        Problem.of(ProblemCode.CLUSTER_UNKNOWN, "no cluster is called " + name + " under " + session.places().stateUrl());
    String nearest = Nearest.of(name, names);
    if (nearest != null) {
      problem = problem.fact("nearest", nearest);
    }
    return new SskubaException(problem.next("sskuba-ctl list"));
  }
}
