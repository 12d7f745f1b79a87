package io.sskuba.cloud;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.spec.ClusterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// An account of a real cloud as the user's own credentials show it: what the engine does not say.
/// It only reads; whatever is made or removed, the engine makes and removes.
///
/// Every call has a limit of its own.
/// - Errors: `CLOUD_CREDENTIALS`, `CLOUD_DENIED` (exit 5), `CLOUD_THROTTLED`, `CLOUD_UNASKED` (exit
///   7).
public interface CloudAccount {

  /// Whose credentials these are.
  ///
  /// @param subject the user, role or service as the cloud names it
  /// @param account the account, subscription or server
  /// @param expires when the credentials end; empty where they do not, or nobody says
  record Identity(String subject, String account, Optional<Instant> expires) {}

  Identity identity();

  /// What the engine's plugins need in their environment beside the user's own variables:
  /// short-lived credentials that a CI job's identity was exchanged for, renewed for each
  /// operation. Empty where plugins find the credentials themselves. Secret: in no log, argument or
  /// file.
  default Map<String, String> variables() {
    return Map.of();
  }

  /// What of the file cannot be made in this account, or may surprise: permissions, quotas,
  /// capacity, names that are taken. Asks as much as it can before it answers, so that all of it is
  /// said at once.
  ///
  /// @param expected how long a run may take: credentials that end before are a finding
  List<Platform.Finding> findings(ClusterSpec spec, Duration expected);

  /// Images, instance types and zones as they are offered now. What `before` holds stays as it is:
  /// later plans of a cluster say what its first one said.
  default Choices choices(ClusterSpec spec, Choices before) {
    return before;
  }

  /// Everything that carries the tags of a cluster, whatever made it, as types of our plans where
  /// they have one.
  ///
  /// @param clusterId one cluster; empty: every cluster that had this FQDN
  List<Platform.Found> inventory(String fqdn, Optional<String> clusterId);

  /// Ids of the clusters of this FQDN of which something is in the account. May be answered from
  /// the last look of [#findings].
  default Set<String> clusterIds(String fqdn) {
    return Set.of();
  }

  /// Whether the cloud itself says that there is no such thing (any more).
  ///
  /// @param type Pulumi type token
  /// @param id the provider's id
  boolean gone(String type, String id);
}
