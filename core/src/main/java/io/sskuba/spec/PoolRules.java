package io.sskuba.spec;

import io.sskuba.spec.ClusterSpec.Pool;
import io.sskuba.spec.ClusterSpec.Provider;
import io.sskuba.spec.Section.Located;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How many machines there are and what they are called.
final class PoolRules {
  /// RFC 1123: a host name's label. Machines are called CLUSTER-POOL-ORDINAL.
  private static final int HOST_NAME_MAX = 63;

  private final Section target;
  private final @Nullable Provider provider;
  private final @Nullable String cluster;
  private final Issues issues;

  PoolRules(Section target, @Nullable Provider provider, @Nullable String cluster, Issues issues) {
    this.target = target;
    this.provider = provider;
    this.cluster = cluster;
    this.issues = issues;
  }

  void check() {
    Section controlPlane = target.section("controlPlane");
    if (controlPlane != null) {
      controlPlane(controlPlane);
    }
    Map<String, Position> names = new HashMap<>();
    for (Located<Section> worker : target.sections("workers")) {
      name(worker.value(), names);
      worker(worker.value());
      taints(worker.value());
    }
  }

  private void controlPlane(Section pool) {
    String path = "target.controlPlane";
    boolean count = pool.mentions("count");
    boolean machines = pool.mentions("machines");
    if (count && machines) {
      issues.add(pool.keyAt("machines"), path + " has count and machines", "count, or machines");
    } else if (!count && !machines) {
      issues.add(
          pool.at(),
          path + " says neither how many nor which",
          provider == Provider.METAL ? "machines" : "count or machines");
    }
    int given = pool.sections("machines").size();
    if (pool.has("machines") && given != 1 && given != 3 && given != 5) {
      issues.add(
          pool.keyAt("machines"), path + ".machines has " + given + " machines", "1, 3 or 5");
    }
    made(pool, path);
  }

  private void worker(Section pool) {
    String path = "target.workers[" + pool.text("name", "?") + "]";
    if (!pool.mentions("count") && !pool.mentions("machines")) {
      issues.add(pool.at(), path + " says neither how many nor which", "count, machines, or both");
    }
    made(pool, path);
  }

  /// Who makes the machines: on metal nobody does, on this machine nobody else can.
  private void made(Section pool, String path) {
    Integer count = pool.whole("count");
    if (provider == Provider.METAL && count != null && count > 0) {
      issues.add(pool.keyAt("count"), path + ".count: target metal makes no machines", "machines");
    }
    boolean here = provider == Provider.LOCAL || provider == Provider.DOCKER;
    if (here && provider != null && !pool.sections("machines").isEmpty()) {
      issues.add(
          pool.keyAt("machines"),
          path + ".machines: a cluster of target " + provider.word() + " cannot be reached by them",
          "count");
    }
  }

  private void name(Section pool, Map<String, Position> names) {
    String name = pool.text("name");
    if (name == null) {
      return;
    }
    Position first = names.putIfAbsent(name, pool.valueAt("name"));
    if (first != null) {
      issues.add(
          pool.valueAt("name"),
          "pool name " + Issues.quote(name) + " is taken by the pool in line " + first.line(),
          "a name of its own");
    }
    if (name.equals(Pool.CONTROL_PLANE)) {
      issues.add(
          pool.valueAt("name"), "pool name \"control-plane\" is the control plane's", "another");
    }
    int machines = Math.max(1, pool.sections("machines").size() + whole(pool, "count"));
    String longest = cluster + "-" + name + "-" + machines;
    if (cluster != null && longest.length() > HOST_NAME_MAX) {
      issues.add(
          pool.valueAt("name"),
          "machine name CLUSTER-POOL-NUMBER would have " + longest.length() + " characters",
          "at most " + HOST_NAME_MAX);
    }
  }

  private static int whole(Section pool, String key) {
    Integer value = pool.whole(key);
    return value == null ? 0 : value;
  }

  private void taints(Section pool) {
    List<Located<Section>> taints = pool.sections("taints");
    Map<String, Position> seen = new HashMap<>();
    for (Located<Section> taint : taints) {
      String key = taint.value().text("key");
      String effect = taint.value().text("effect");
      if (key == null || effect == null) {
        continue;
      }
      if (seen.putIfAbsent(key + " " + effect, taint.at()) != null) {
        issues.add(
            taint.at(),
            "taint " + Issues.quote(key) + " with effect " + effect + " stands here twice",
            "each key and effect once");
      }
    }
  }
}
