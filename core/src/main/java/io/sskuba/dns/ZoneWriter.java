package io.sskuba.dns;

import io.sskuba.wait.Observation;

/// Writes a cluster's names into a zone: its FQDN and the wildcard under it, and an ownership
/// record beside them, `_sskuba.FQDN TXT`, that says whose they are.
///
/// Every change is on condition that the names are nobody's or this cluster's, and is made by the
/// server in one step: of two that want a name, one gets it.
/// - Errors: `DNS_REFUSED`, `DNS_KEY`, `DNS_ZONE_MISSING`, `DNS_UNREACHABLE`.
public interface ZoneWriter {
  /// Whether [#put] would be let, asked by the same conditions and no change. Errors:
  /// `DNS_NAME_TAKEN`, naming the owner where one says so.
  void check(ClusterNames names);

  /// Idempotent: names that are this cluster's already get what is wanted now. Errors:
  /// `DNS_NAME_TAKEN`, naming the owner where one says so.
  void put(ClusterNames names);

  /// Takes the names if they are this cluster's. Idempotent. Returns false where there was nothing
  /// of this cluster's, and then changes nothing.
  boolean remove(ClusterNames names);

  /// Whether the ownership record is there and this cluster's: proof that a removal removed. A
  /// server that does not say so either way is an error.
  boolean owns(ClusterNames names);

  /// Looks whether each authoritative server of the zone answers with what was put; met with their
  /// number. A server that does not answer is an observation, not an error.
  Observation<Integer> served(ClusterNames names);
}
