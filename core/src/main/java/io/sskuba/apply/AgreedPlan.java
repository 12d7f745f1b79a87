package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ClusterRecord;
import java.time.Instant;
import java.util.Optional;

/// A signed plan whose signature, time and cluster file were found to be right.
///
/// @param json the plan, signature included
/// @param begun a run of this very plan began earlier: what it has made is no change of the world
/// @param done such a run ended with a ready cluster
/// @param seen the cluster's record when the plan was checked
/// @param version of this sskuba
public record AgreedPlan(
    ObjectNode json,
    String fileName,
    boolean begun,
    boolean done,
    Optional<ClusterRecord> seen,
    String version) {

  static AgreedPlan of(ObjectNode json, PlanDemand demand, Optional<ClusterRecord> seen) {
    JsonNode known =
        seen.<JsonNode>map(r -> r.details().path(ClusterFacts.PLAN)).orElse(Json.object());
    boolean begun = known.path("digest").asText("").equals(json.path("digest").asText());
    return new AgreedPlan(
        json,
        demand.fileName(),
        begun,
        begun && known.path("done").asBoolean(),
        seen,
        demand.version());
  }

  String digest() {
    return json.path("digest").asText();
  }

  ObjectNode begunJson() {
    return Json.object().put("digest", digest()).put("done", false);
  }

  void requireValid(Instant now) {
    Instant until = Instant.parse(json.path("validUntil").asText());
    if (now.isAfter(until)) {
      throw new SskubaException(
          Problem.of(ProblemCode.PLAN_EXPIRED, "the plan " + fileName + " is too old")
              .fact("made", json.path("createdAt").asText())
              .fact("valid", "until " + until)
              .fact("observed", "now it is " + now));
    }
  }

  /// A new cluster gets what the plan was made with, or nothing.
  void requireAllotment(ObjectNode allotment) {
    if (!begun && !PlanDifferences.plain(allotment).equals(json.path("allotment"))) {
      throw changed(
          Problem.of(
                  ProblemCode.PLAN_WORLD_CHANGED,
                  "another cluster took what the plan " + fileName + " was made with")
              .fact("world", "allotment: was " + json.path("allotment") + ", now " + allotment));
    }
  }

  /// Between the check and the lease no other run may have worked on the cluster.
  void requireUntouched(ClusterRecord record) {
    if (seen.isEmpty() || !seen.get().equals(record)) {
      throw changed(
          Problem.of(
                  ProblemCode.PLAN_WORLD_CHANGED,
                  "another run worked on "
                      + record.shown()
                      + " while the plan "
                      + fileName
                      + " was checked")
              .fact("world", "record: state " + record.state() + ", phase " + record.phase()));
    }
  }

  private static SskubaException changed(Problem problem) {
    return new SskubaException(problem);
  }
}
