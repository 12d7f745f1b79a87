package io.sskuba.spec;

import io.sskuba.spec.ClusterSpec.Pool;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What a key means that the file does not have: what the cluster's record says, else the default
/// of this release. So a newer release changes no running cluster.
final class Recorded {
  static final Recorded NONE = new Recorded(null);

  private final @Nullable ClusterSpec spec;

  Recorded(@Nullable ClusterSpec spec) {
    this.spec = spec;
  }

  private String from(Function<ClusterSpec, @Nullable String> value, String fallback) {
    String recorded = spec == null ? null : value.apply(spec);
    return recorded == null ? fallback : recorded;
  }

  String organisation() {
    return from(s -> s.metadata().organisation(), Defaults.ORGANISATION);
  }

  String project() {
    return from(s -> s.metadata().project(), Defaults.PROJECT);
  }

  String talos() {
    return from(s -> s.versions().talos(), Defaults.TALOS);
  }

  String kubernetes() {
    return from(s -> s.versions().kubernetes(), Defaults.KUBERNETES);
  }

  /// `none`, or a duration.
  String ttl(String fallback) {
    if (spec == null) {
      return fallback;
    }
    Duration ttl = spec.lifetime().ttl();
    return ttl == null ? "none" : Durations.format(ttl);
  }

  String cloudCidr() {
    return from(s -> s.target().network().cidr(), Defaults.CLOUD_CIDR);
  }

  String podCidr() {
    return from(s -> s.target().network().podCidr(), Defaults.POD_CIDR);
  }

  String serviceCidr() {
    return from(s -> s.target().network().serviceCidr(), Defaults.SERVICE_CIDR);
  }

  String scheme(String fallback) {
    return from(s -> s.target().endpoint().scheme(), fallback);
  }

  String arch(String pool) {
    Pool recorded = pool(pool);
    return recorded == null ? Defaults.ARCH : recorded.arch();
  }

  List<String> types(String pool, List<String> fallback) {
    Pool recorded = pool(pool);
    return recorded == null || recorded.types().isEmpty() ? fallback : recorded.types();
  }

  int cpus(String pool) {
    Pool recorded = pool(pool);
    return recorded == null || recorded.cpus() == null ? Defaults.CPUS : recorded.cpus();
  }

  int memoryGiB(String pool) {
    Pool recorded = pool(pool);
    return recorded == null || recorded.memoryGiB() == null
        ? Defaults.MEMORY_GIB
        : recorded.memoryGiB();
  }

  private @Nullable Pool pool(String name) {
    if (spec == null) {
      return null;
    }
    if (name.equals(Pool.CONTROL_PLANE)) {
      return spec.target().controlPlane();
    }
    for (Pool pool : spec.target().workers()) {
      if (pool.name().equals(name)) {
        return pool;
      }
    }
    return null;
  }

  String branch() {
    return from(s -> s.gitops() == null ? null : s.gitops().branch(), Defaults.BRANCH);
  }

  String interval() {
    return from(
        s -> s.gitops() == null ? null : Durations.format(s.gitops().interval()),
        Defaults.INTERVAL);
  }
}
