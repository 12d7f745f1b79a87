package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore;
import io.sskuba.status.ClusterStatus;
import io.sskuba.status.StatusJson;
import io.sskuba.status.StatusProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "list",
    description = "The clusters, their state and when they end.",
    footer = {
      "",
      "Clusters of this machine are shown also while the store of the state URL is away, with one"
          + " warning. It fails (5, 7) only where nothing can be shown.",
      "",
      "Example:",
      "  sskuba-ctl list -o json"
    })
final class ListCommand implements Callable<Integer> {
  /// A store that could not be looked into.
  private static final Set<ProblemCode> UNSEEN =
      Set.of(
          ProblemCode.STATE_UNREACHABLE,
          ProblemCode.STATE_DENIED,
          ProblemCode.STATE_URL_UNSUPPORTED);

  private final Session session;
  @Mixin Common common;
  @Mixin OutputOption output;

  ListCommand(Session session) {
    this.session = session;
  }

  /// What is here is shown with a warning; "no cluster" is not said by who could not look.
  private static void refuseBlind(StateStore.Survey survey) {
    if (survey.records().isEmpty()) {
      survey.problems().stream()
          .filter(p -> UNSEEN.contains(p.code()))
          .findFirst()
          .ifPresent(
              problem -> {
                throw new SskubaException(problem);
              });
    }
  }

  @Override
  public Integer call() {
    StatusProbe probe = new StatusProbe(session.ports());
    List<ClusterStatus> clusters = new ArrayList<>();
    StateStore.Survey survey = session.ports().store().survey();
    refuseBlind(survey);
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
      json.put("complete", survey.problems().isEmpty());
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
