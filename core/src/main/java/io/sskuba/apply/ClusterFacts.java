package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Credentials;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Topology;
import io.sskuba.infra.TopologyJson;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.state.ClusterRecord;
import java.util.Optional;

/// What records keep in `details`, by name, and what follows from a record.
public final class ClusterFacts {
  static final String ALLOTMENT = "allotment";
  static final String TOPOLOGY = "topology";
  static final String SEALED_TO = "sealedTo";
  static final String FIRST_RUN = "firstRun";
  static final String WARNINGS = "warnings";
  static final String NAMES = "names";
  static final String LEFT_OUT = "leftOut";

  /// The cloud's account that the cluster is in.
  static final String ACCOUNT = "account";

  /// The signed plan that was carried out last: `{digest, done}`.
  static final String PLAN = "plan";

  private ClusterFacts() {}

  public static Platform.Cluster of(ClusterRecord record, ClusterSpec spec) {
    ObjectNode allotment =
        record.details().get(ALLOTMENT) instanceof ObjectNode o
            ? o.deepCopy()
            : record.details().objectNode();
    return new Platform.Cluster(
        spec, record.key(), record.clusterId(), allotment, tags(record, spec));
  }

  /// The topology that the last run wrote down; empty before the infrastructure was made.
  public static Optional<Topology> topology(ClusterRecord record) {
    return record.details().get(TOPOLOGY) instanceof ObjectNode o
        ? Optional.of(TopologyJson.fromJson(o))
        : Optional.empty();
  }

  /// Refuses credentials of another account than the one that a cluster is in.
  /// - Errors: `CLOUD_OTHER_ACCOUNT`.
  public static void requireItsAccount(ClusterRecord record, Optional<Credentials> held) {
    held.flatMap(c -> c.elsewhere(record.details().path(ACCOUNT).asText(""), record.shown()))
        .ifPresent(
            problem -> {
              throw new SskubaException(problem.next("sskuba-ctl status " + record.shown()));
            });
  }

  /// Whether what a platform sees of a cluster is all there and works; false if it sees nothing.
  public static boolean whole(Optional<ObjectNode> seen) {
    if (seen.isEmpty()) {
      return false;
    }
    for (JsonNode component : seen.get().path("components")) {
      if (!component.path("ready").asBoolean()) {
        return false;
      }
    }
    return true;
  }

  /// Tags on every resource: who, what, until when.
  private static ResourceTags tags(ClusterRecord record, ClusterSpec spec) {
    return new ResourceTags(
        record.fqdn(),
        record.clusterId(),
        record.owner(),
        record.details().path(FIRST_RUN).asText(null),
        record.expiresAt(),
        record.rehearsal(),
        spec.metadata().labels());
  }
}
