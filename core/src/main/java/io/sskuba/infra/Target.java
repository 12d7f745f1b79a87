package io.sskuba.infra;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One target as data: the resources of a cluster there, and how they look once they are made.
///
/// Pure: no clock, no network, no credentials. The same file, allotment and tags give the same
/// plan, so it can be printed, checked against the provider's published types, rehearsed and made
/// real. What has to be looked up first (images, instance types that are offered) stands in
/// [Choices], kept in the cluster's allotment.
///
/// Every plan has these outputs, read by [#topology]:
/// - `endpoint`: name or address of the load balancer, or of what stands for it.
/// - `machines`: machine name to `{id, address, door?}`; `door` is `HOST:PORT` where the Talos API
///   is dialled from outside when that is not the machine's own address.
public interface Target {
  ClusterSpec.Provider provider();

  /// Pulumi package to the version that the plan was checked against.
  Map<String, String> providerVersions();

  /// Plain stack configuration of the providers, such as `aws:region`; never a secret.
  Map<String, String> stackConfig(ClusterSpec spec);

  /// What a cluster keeps besides what was looked up: ordinals that stay when machines come and go.
  ///
  /// @param before the allotment so far, or an empty object
  /// @param choices what was looked up or decided
  default ObjectNode allotment(ClusterSpec spec, ObjectNode before, Choices choices) {
    ObjectNode allotment = Json.object();
    allotment.set(Choices.KEY, choices.toJson());
    return allotment;
  }

  /// The whole plan.
  InfraPlan plan(Platform.Cluster cluster);

  /// What the phases after the infrastructure see.
  ///
  /// @param outputs the plan's outputs after `up`; empty before: addresses that are not in the file
  ///   are then empty strings
  Topology topology(Platform.Cluster cluster, Map<String, Object> outputs);

  /// Every machine of the file, control planes first, each pool in file order.
  static List<Slot> machines(ClusterSpec spec) {
    List<ClusterSpec.Pool> pools = new ArrayList<>();
    pools.add(spec.target().controlPlane());
    pools.addAll(spec.target().workers());
    List<Slot> machines = new ArrayList<>();
    for (ClusterSpec.Pool pool : pools) {
      for (int i = 0; i < pool.size(); i++) {
        machines.add(new Slot(spec.metadata().name() + "-" + pool.name() + "-" + (i + 1), pool, i));
      }
    }
    return machines;
  }

  /// One machine of the file.
  ///
  /// @param name `CLUSTER-POOL-ORDINAL`, ordinals from 1
  /// @param index its place in the pool, from 0: `machines[]` first, then those that are made
  record Slot(String name, ClusterSpec.Pool pool, int index) {
    /// The entry of `machines[]`, or null for a machine that the target makes.
    public ClusterSpec.@org.jspecify.annotations.Nullable MachineAddress given() {
      return index < pool.machines().size() ? pool.machines().get(index) : null;
    }

    /// Whether the target makes this machine.
    public boolean made() {
      return index >= pool.machines().size();
    }

    /// Place among the machines that the target makes, from 0.
    public int madeIndex() {
      return index - pool.machines().size();
    }

    public String arch() {
      ClusterSpec.MachineAddress given = given();
      return given != null && given.arch() != null ? given.arch() : pool.arch();
    }
  }
}
