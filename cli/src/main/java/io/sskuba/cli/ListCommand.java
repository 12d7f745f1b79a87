package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore;
import io.sskuba.status.ClusterStatus;
import io.sskuba.status.StatusJson;
import io.sskuba.status.StatusProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "list",
    description = "The clusters, their state and when they end.",
    footer = {"", "Example:", "  sskuba-ctl list -o json"})
final class ListCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;
  @Mixin OutputOption output;

  ListCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    StatusProbe probe = new StatusProbe(session.ports());
    List<ClusterStatus> clusters = new ArrayList<>();
    StateStore.Survey survey = session.ports().store().survey();
    for (Problem problem : survey.problems()) {
      session.err().println("warning: " + problem.code().id() + ": " + problem.summary());
    }
    for (ClusterRecord record : survey.records()) {
      clusters.add(probe.brief(record));
    }
    if (session.json()) {
      ObjectNode json = Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", "List");
      ArrayNode items = json.putArray("items");
      clusters.forEach(c -> items.add(StatusJson.toJson(c, false)));
      ArrayNode warnings = json.putArray("warnings");
      survey.problems().forEach(p -> warnings.add(p.code().id() + ": " + p.summary()));
      session.out().print(Json.pretty(json));
      return 0;
    }
    if (clusters.isEmpty() && survey.problems().isEmpty()) {
      session.err().println("no cluster yet; next: sskuba-ctl apply -f cluster.yaml");
      return 0;
    }
    if (clusters.isEmpty()) {
      return 0;
    }
    Table table = new Table("NAME", "TARGET", "STATE", "OWNER", "EXPIRES", "ENDPOINT");
    for (ClusterStatus c : clusters) {
      table.row(
          c.name(),
          c.target(),
          c.state(),
          c.owner() == null ? "-" : c.owner(),
          c.expiresAt() == null ? "never" : c.expiresAt().substring(0, 19) + "Z",
          c.endpoint() == null ? "-" : c.endpoint());
    }
    session.out().print(table);
    return 0;
  }
}
