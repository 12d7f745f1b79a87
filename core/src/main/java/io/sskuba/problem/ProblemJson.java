package io.sskuba.problem;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;

/// A problem as JSON (contract, section 4).
public final class ProblemJson {
  private ProblemJson() {}

  public static ObjectNode toJson(Problem problem) {
    ObjectNode json = Json.object();
    json.put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Problem");
    json.put("code", problem.code().id()).put("summary", problem.summary());
    ArrayNode facts = json.putArray("facts");
    for (Problem.Fact fact : problem.facts()) {
      facts.addObject().put("label", fact.label()).put("value", fact.value());
    }
    problem.exists().forEach(json.putArray("exists")::add);
    problem.next().forEach(json.putArray("next")::add);
    json.set("run", problem.run() == null ? json.nullNode() : json.textNode(problem.run()));
    return json;
  }

  /// The summary of a problem kept in a record.
  public static String summary(JsonNode json) {
    return json.path("code").asText() + ": " + json.path("summary").asText();
  }
}
