package io.sskuba.infra;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The tags that every resource of a cluster bears, so that it can be found, adopted and swept
/// without the state.
///
/// Only [#KEY] and [#CLUSTER_ID] identify; everything else may change while the resource stays, so
/// tags are always updated in place.
///
/// @param cluster the FQDN
/// @param clusterId random id of this cluster, never used again by another of the same name
/// @param run the run that made the cluster; the same on every later apply, or every plan would
///   differ
/// @param expiresAt null when the cluster never ends
/// @param labels `metadata.labels`; they do not override ours
public record ResourceTags(
    String cluster,
    String clusterId,
    @Nullable String owner,
    @Nullable String run,
    @Nullable Instant expiresAt,
    boolean rehearsal,
    Map<String, String> labels) {
  public static final String CLUSTER = "sskuba.io/cluster";
  public static final String CLUSTER_ID = "sskuba.io/cluster-id";
  public static final String OWNER = "sskuba.io/owner";
  public static final String RUN = "sskuba.io/run";
  public static final String EXPIRES_AT = "sskuba.io/expires-at";
  public static final String REHEARSAL = "sskuba.io/rehearsal";
  public static final String KEY = "sskuba.io/key";

  public ResourceTags {
    labels = Map.copyOf(labels);
  }

  /// The tags of the resource with this key, sorted by name.
  public Map<String, Object> of(String key) {
    Map<String, Object> tags = new TreeMap<>(labels);
    tags.put(CLUSTER, cluster);
    tags.put(CLUSTER_ID, clusterId);
    tags.put(KEY, key);
    if (owner != null) {
      tags.put(OWNER, owner);
    }
    if (run != null) {
      tags.put(RUN, run);
    }
    if (expiresAt != null) {
      tags.put(EXPIRES_AT, expiresAt.toString());
    }
    if (rehearsal) {
      tags.put(REHEARSAL, "true");
    }
    return tags;
  }

  /// Idempotency key of a resource: `CLUSTERID/NAME`. A create with the key of something that
  /// exists adopts it.
  public String key(String name) {
    return clusterId + "/" + name;
  }
}
