package io.sskuba.cli;

import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.Nearest;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// A cluster by its name (`demo`, `rehearsal/demo`) or FQDN.
final class NameArgument {
  /// What can be a key at all; the store refuses anything else as a defect of its caller.
  private static final Pattern KEY =
      Pattern.compile("(rehearsal\\.)?[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");

  private NameArgument() {}

  /// The folder and stack name of a cluster's name.
  static String key(String name) {
    return name.startsWith("rehearsal/")
        ? "rehearsal." + name.substring("rehearsal/".length())
        : name;
  }

  /// Errors: `STATE_CORRUPT`, `STATE_NEWER` where the record of this name cannot be read; others
  /// that cannot do not matter.
  static Optional<ClusterRecord> find(Session session, String name) {
    StateStore store = session.ports().store();
    if (!name.contains(".")) {
      return KEY.matcher(key(name)).matches() ? store.find(key(name)) : Optional.empty();
    }
    return store.survey().records().stream()
        .filter(r -> r.fqdn().equals(name) && !r.rehearsal())
        .findFirst();
  }

  /// The key of a cluster of which something lies in the state, but no record. Never by FQDN: only
  /// the record says whose that is.
  static Optional<String> keyWithoutRecord(Session session, String name) {
    String key = key(name);
    return !name.contains(".") && KEY.matcher(key).matches() && session.ports().store().holds(key)
        ? Optional.of(key)
        : Optional.empty();
  }

  /// Receipts of a deleted cluster by name or FQDN, newest first. A key has at most a few: one for
  /// each time that the cluster was made.
  static List<String> receipts(Session session, String name) {
    StateStore store = session.ports().store();
    if (!name.contains(".")) {
      return KEY.matcher(key(name)).matches() ? store.receipts(key(name)) : List.of();
    }
    String label = name.substring(0, name.indexOf('.'));
    return KEY.matcher(label).matches()
        ? store.receipts(label).stream()
            .filter(r -> Json.parse(r).path("fqdn").asText().equals(name))
            .toList()
        : List.of();
  }

  /// Errors: `CLUSTER_UNKNOWN` with the nearest names, or that it is deleted.
  static ClusterRecord require(Session session, String name) {
    return find(session, name).orElseThrow(() -> gone(session, name));
  }

  private static SskubaException gone(Session session, String name) {
    if (receipts(session, name).isEmpty()) {
      return unknown(session, name);
    }
    return new SskubaException(
        Problem.of(ProblemCode.CLUSTER_UNKNOWN, name + " is deleted")
            .next("sskuba-ctl status " + name)
            .next("sskuba-ctl list"));
  }

  static SskubaException unknown(Session session, String name) {
    StateStore store = session.ports().store();
    Set<String> names = new LinkedHashSet<>();
    for (ClusterRecord record : store.survey().records()) {
      names.add(record.shown());
    }
    for (String key : store.receiptKeys()) {
      names.add(key.replace("rehearsal.", "rehearsal/"));
    }
    Problem problem =
        Problem.of(
            ProblemCode.CLUSTER_UNKNOWN,
            "no cluster is called " + name + " under " + session.places().stateUrl());
    String label = name.contains(".") ? name.substring(0, name.indexOf('.')) : name;
    String nearest = names.contains(label) ? label : Nearest.of(label, List.copyOf(names));
    if (nearest != null) {
      problem = problem.fact("nearest", nearest);
    }
    return new SskubaException(problem.next("sskuba-ctl list"));
  }
}
