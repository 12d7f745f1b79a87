package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.infra.TopologyJson;
import io.sskuba.run.RunEvent;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.state.ClusterRecord;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What records keep in `details`, by name, and what follows from a record.
public final class ClusterFacts {
  static final String ALLOTMENT = "allotment";
  static final String TOPOLOGY = "topology";
  static final String SEALED_TO = "sealedTo";
  static final String WARNINGS = "warnings";
  static final String LEFT_OUT = "leftOut";

  private ClusterFacts() {}

  public static Platform.Cluster of(ClusterRecord record, ClusterSpec spec) {
    ObjectNode allotment =
        record.details().get(ALLOTMENT) instanceof ObjectNode o ? o.deepCopy() : record.details().objectNode();
    return new Platform.Cluster(spec, record.key(), record.clusterId(), allotment, tags(record, spec));
  }

  /// The topology that the last run wrote down; empty before the infrastructure was made.
  public static Optional<Topology> topology(ClusterRecord record) {
    return record.details().get(TOPOLOGY) instanceof ObjectNode o
        ? Optional.of(TopologyJson.fromJson(o))
        : Optional.empty();
  }

  /// Tags on every resource: who, what, until when.
  private static Map<String, String> tags(ClusterRecord record, ClusterSpec spec) {
    Map<String, String> tags = new TreeMap<>(spec.metadata().labels());
    tags.put("sskuba.io/cluster", record.fqdn());
    tags.put("sskuba.io/cluster-id", record.clusterId());
    tags.put("sskuba.io/organisation", spec.metadata().organisation());
    if (record.rehearsal()) {
      tags.put("sskuba.io/rehearsal", "true");
    }
    if (record.owner() != null) {
      tags.put("sskuba.io/owner", record.owner());
    }
    tags.put(
        "sskuba.io/expires-at",
        record.expiresAt() == null ? "never" : RunEvent.rfc3339(record.expiresAt()));
    return tags;
  }
}
