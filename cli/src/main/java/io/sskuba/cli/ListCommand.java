package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.state.ClusterRecord;
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
    description = "The clusters under the state URL.",
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
    for (ClusterRecord record : session.ports().store().list()) {
      clusters.add(probe.brief(record));
    }
    if (session.json()) {
      ObjectNode json = Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", "List");
      ArrayNode items = json.putArray("items");
      clusters.forEach(c -> items.add(StatusJson.toJson(c, false)));
      session.out().print(Json.pretty(json));
      return 0;
    }
    if (clusters.isEmpty()) {
      session.err().println("no cluster yet; next: sskuba-ctl apply -f cluster.yaml");
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
