package io.sskuba.state;

import io.sskuba.io.Json;
import java.time.Instant;

/// Records for tests.
final class Records {
  private Records() {}

  static ClusterRecord record(String name) {
    return record(name, name + ".example.org", false);
  }

  static ClusterRecord record(String name, String fqdn, boolean rehearsal) {
    return new ClusterRecord(
        ClusterRecord.FORMAT,
        (rehearsal ? "rehearsal." : "") + name,
        "id" + name.replace("-", ""),
        name,
        fqdn,
        rehearsal,
        "local",
        "creating",
        "open-lease",
        null,
        Instant.parse("2026-01-01T00:00:00Z"),
        null,
        null,
        Json.object().put("apiVersion", "sskuba.io/v1alpha1"),
        Json.object(),
        null);
  }
}
