package io.sskuba.dns;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/// What a cluster's names stand for.
///
/// @param owner the cluster's id
/// @param ttl how long resolvers may keep it
public record ClusterNames(String fqdn, String owner, Target target, Duration ttl) {
  public static final Duration TTL = Duration.ofSeconds(60);

  /// Where the names lead.
  public sealed interface Target {
    /// A name of the load balancer.
    record Alias(String host) implements Target {}

    /// At least one address, IPv4 or IPv6.
    record Addresses(List<InetAddress> addresses) implements Target {
      public Addresses {
        addresses = List.copyOf(addresses);
        if (addresses.isEmpty()) {
          throw new IllegalArgumentException("no address");
        }
      }
    }
  }
}
