package io.sskuba.cli;

import io.sskuba.state.ClusterRecord;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;

/// Offers `delete --expired` where clusters ended by themselves and left something.
final class ExpiredHint {
  private final Session session;

  ExpiredHint(Session session) {
    this.session = session;
  }

  static List<ClusterRecord> expired(Session session) {
    Instant now = session.ports().time().now();
    return session.ports().store().survey().records().stream()
        .filter(r -> r.expiresAt() != null && now.isAfter(r.expiresAt()))
        .toList();
  }

  void print(PrintStream out) {
    int n = expired(session).size();
    if (n > 0) {
      out.println(
          "  note      "
              + n
              + " expired "
              + (n == 1 ? "cluster" : "clusters")
              + ": sskuba-ctl delete --expired");
    }
  }
}
