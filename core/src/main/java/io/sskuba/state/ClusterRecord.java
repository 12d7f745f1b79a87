package io.sskuba.state;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The record of one cluster: what it is and how far it got. Holds no secret.
///
/// @param format version of the record's format; a higher one than ours is refused (`STATE_NEWER`)
/// @param key `NAME`, or `rehearsal.NAME` for a rehearsal: the folder and the Pulumi stack
/// @param clusterId random id, stamped on every resource
/// @param state one of the contract's `status.state` words
/// @param spec the cluster file as resolved JSON, defaults included: a newer release changes no
///   running cluster
/// @param details what targets and phases keep: topology, allotted slot, digests
public record ClusterRecord(
    int format,
    String key,
    String clusterId,
    String name,
    String fqdn,
    boolean rehearsal,
    String target,
    String state,
    @Nullable String phase,
    @Nullable String owner,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable String endpoint,
    ObjectNode spec,
    ObjectNode details,
    @Nullable ObjectNode problem) {
  public static final int FORMAT = 1;

  /// Its name in commands and in JSON: `NAME`, or `rehearsal/NAME`.
  public String shown() {
    return rehearsal ? "rehearsal/" + name : name;
  }

  public ClusterRecord withState(
      String newState, @Nullable String newPhase, @Nullable ObjectNode newProblem) {
    return new ClusterRecord(
        format,
        key,
        clusterId,
        name,
        fqdn,
        rehearsal,
        target,
        newState,
        newPhase,
        owner,
        createdAt,
        expiresAt,
        endpoint,
        spec,
        details,
        newProblem);
  }

  public ClusterRecord withEndpoint(@Nullable String newEndpoint) {
    return new ClusterRecord(
        format,
        key,
        clusterId,
        name,
        fqdn,
        rehearsal,
        target,
        state,
        phase,
        owner,
        createdAt,
        expiresAt,
        newEndpoint,
        spec,
        details,
        problem);
  }

  public ClusterRecord withSpec(
      ObjectNode newSpec, @Nullable String newOwner, @Nullable Instant newExpiresAt) {
    return new ClusterRecord(
        format,
        key,
        clusterId,
        name,
        fqdn,
        rehearsal,
        target,
        state,
        phase,
        newOwner,
        createdAt,
        newExpiresAt,
        endpoint,
        newSpec,
        details,
        problem);
  }
}
