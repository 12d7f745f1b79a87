package io.sskuba.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.ProblemJson;
import io.sskuba.state.ClusterRecord;
import io.sskuba.status.ClusterStatus;
import io.sskuba.status.StatusJson;
import io.sskuba.status.StatusProbe;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "status",
    description = "How a cluster is, what of it is real and what is simulated.",
    footer = {"", "Examples:", "  sskuba-ctl status demo", "  sskuba-ctl status demo --watch"})
final class StatusCommand implements Callable<Integer> {
  private static final Duration WATCH = Duration.ofSeconds(2);
  private final Session session;
  @Mixin Common common;
  @Mixin OutputOption output;

  @Parameters(paramLabel = "NAME", description = "Name or FQDN of the cluster.")
  String name = "";

  @Option(names = "--watch", description = "Print again whenever something changed, until Ctrl-C.")
  boolean watch;

  StatusCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    String before = "";
    while (true) {
      Optional<ClusterRecord> record = NameArgument.find(session, name);
      String text = record.isPresent() ? text(record.get()) : deleted();
      if (!text.equals(before)) {
        session.out().print(text);
        session.out().flush();
        before = text;
      }
      if (!watch || record.isEmpty()) {
        return 0;
      }
      session.ports().time().sleep(WATCH);
    }
  }

  private String text(ClusterRecord record) {
    ClusterStatus status = new StatusProbe(session.ports()).probe(record);
    return session.json() ? json(StatusJson.toJson(status, true)) : human(status);
  }

  /// One line each while watching, so that a reader can tell where one ends.
  private String json(ObjectNode status) {
    return watch ? Json.compact(status) + "\n" : Json.pretty(status);
  }

  /// Errors: `CLUSTER_UNKNOWN` for one that never was.
  private String deleted() {
    List<String> receipts = NameArgument.receipts(session, name);
    if (receipts.isEmpty()) {
      throw NameArgument.unknown(session, name);
    }
    JsonNode receipt = Json.parse(receipts.getFirst());
    if (session.json()) {
      ObjectNode status = bare(receipt.path("cluster").asText(name), "deleted");
      status.put("fqdn", receipt.path("fqdn").asText());
      status.put("deletedAt", receipt.path("finishedAt").asText());
      return json(status);
    }
    return name
        + " is deleted since "
        + receipt.path("finishedAt").asText()
        + "\n  next      sskuba-ctl delete "
        + name
        + " -o json   (prints its receipt)\n";
  }

  /// The status of a cluster that is not there.
  static ObjectNode bare(String name, String state) {
    ObjectNode status = Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Status");
    status.put("name", name).putNull("fqdn").put("rehearsal", name.startsWith("rehearsal/"));
    status.putNull("target").put("state", state).putNull("phase").putNull("owner");
    status.putNull("createdAt").putNull("expiresAt").putNull("endpoint");
    status.putArray("nodes");
    status.putArray("components");
    status.putArray("warnings");
    return status;
  }

  private static String human(ClusterStatus s) {
    StringBuilder text = new StringBuilder();
    text.append(s.name()).append("  ").append(s.state()).append("  ").append(s.fqdn());
    text.append("  on ").append(s.target()).append('\n');
    line(text, "endpoint", s.endpoint() == null ? "-" : s.endpoint());
    line(text, "owner", s.owner() == null ? "-" : s.owner());
    line(text, "created", s.createdAt());
    line(text, "expires", s.expiresAt() == null ? "never" : s.expiresAt());
    if (s.phase() != null && !s.state().equals("ready")) {
      line(text, "phase", s.phase());
    }
    if (!s.nodes().isEmpty()) {
      Table table = new Table("NODE", "ROLE", "POOL", "ADDRESS", "READY", "VERSION");
      for (ClusterStatus.Node n : s.nodes()) {
        table.row(
            n.name(),
            n.role(),
            n.pool(),
            n.address(),
            n.ready() ? "yes" : "no",
            n.kubernetesVersion());
      }
      text.append('\n').append(table);
    }
    if (!s.components().isEmpty()) {
      Table table = new Table("COMPONENT", "READY", "REAL", "");
      for (ClusterStatus.Component c : s.components()) {
        table.row(c.name(), c.ready() ? "yes" : "no", c.real() ? "real" : "simulated", c.message());
      }
      text.append('\n').append(table);
    }
    s.warnings().forEach(w -> text.append("warning: ").append(w).append('\n'));
    if (s.problem() != null) {
      problem(text, s.problem());
    }
    return text.toString();
  }

  private static void problem(StringBuilder text, JsonNode problem) {
    text.append("problem: ").append(ProblemJson.summary(problem)).append('\n');
    for (JsonNode fact : problem.path("facts")) {
      line(text, fact.path("label").asText(), fact.path("value").asText());
    }
    problem.path("exists").forEach(e -> line(text, "exists", e.asText()));
    problem.path("next").forEach(n -> line(text, "next", n.asText()));
  }

  private static void line(StringBuilder text, String label, String value) {
    text.append("  ")
        .append(label)
        .repeat(" ", Math.max(1, 10 - label.length()))
        .append(value)
        .append('\n');
  }
}
