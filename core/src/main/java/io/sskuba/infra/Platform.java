package io.sskuba.infra;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.problem.Problem;
import io.sskuba.spec.ClusterSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What one target brings to the pipeline: where its machines come from. One implementation a
/// target.
public interface Platform {
  /// What a target has to know about a cluster; a value, so that every call is repeatable.
  ///
  /// @param key `NAME` or `rehearsal.NAME`
  /// @param allotment what [#allot] gave: kept in the cluster's record
  /// @param tags on every resource: cluster, owner, expiry, labels
  record Cluster(
      ClusterSpec spec, String key, String clusterId, ObjectNode allotment, ResourceTags tags) {}

  /// Stands for the id of a cluster whose state is lost: [#inventory] then finds what has its FQDN,
  /// of whatever id.
  String ANY_ID = "by-tag";

  /// Chooses what must be unique on this machine or in this account, and stable over the cluster's
  /// life: address range, ordinals of machines. Pure but for looking at what is taken.
  ///
  /// @param before the allotment of an existing cluster, else an empty object
  /// @param taken allotments of the other clusters under this state
  ObjectNode allot(
      ClusterSpec spec,
      String key,
      String clusterId,
      ObjectNode before,
      Collection<ObjectNode> taken);

  /// Names of the programs of the toolchain that this target needs.
  List<String> tools();

  /// The whole plan: network, endpoint and machines.
  InfraPlan plan(Cluster cluster);

  /// Names of the machines of the plan, control planes first.
  List<String> machineNames(Cluster cluster);

  /// @param outputs stack outputs after `up` of the plan
  Topology topology(Cluster cluster, Map<String, Object> outputs);

  /// What is seen before anything is made: of the account, of machines that exist. Changes nothing.
  /// - Errors: those of credentials and of a cloud that does not answer.
  ///
  /// @param existing the cluster, when an earlier run made its record
  default List<Finding> findings(ClusterSpec spec, Optional<Cluster> existing)
      throws InterruptedException {
    return List.of();
  }

  /// The credentials that this platform works with now. Empty where it needs none, or nobody says
  /// whose they are.
  /// - Errors: `CLOUD_CREDENTIALS` for some that ended.
  default Optional<Credentials> credentials(ClusterSpec spec) {
    return Optional.empty();
  }

  /// Opens nothing yet: [Infrastructure#open] does.
  /// - Errors: `SECRET_UNRESOLVED` where the target's credentials are references of the file.
  Infrastructure infrastructure(Cluster cluster, Path passphraseFile, Map<String, Path> tools)
      throws InterruptedException;

  /// Whether the plan of a cluster that is not there yet is asked of a provider, on [#scratch].
  default boolean plansByProvider() {
    return false;
  }

  /// The same on a stack that nobody keeps, below `folder`: so that a plan leaves no trace.
  default Infrastructure scratch(Cluster cluster, Path folder, Map<String, Path> tools)
      throws InterruptedException {
    return infrastructure(cluster, folder.resolve("passphrase"), tools);
  }

  /// Work that may start as soon as the lease is held, beside everything else. Idempotent.
  void warmUp(Cluster cluster, Map<String, Path> tools) throws InterruptedException;

  /// Tells the platform which configuration each machine may take, by SHA-256 in hexadecimal.
  void announce(Cluster cluster, Map<String, String> digests);

  /// What runs now: machines, processes, what is simulated. Empty when nothing does.
  Optional<ObjectNode> inspect(Cluster cluster);

  /// Whether machines live in a host process on this machine: where [#inspect] sees nothing, none
  /// of them runs.
  default boolean hosted() {
    return false;
  }

  /// Looks whether a resource that the engine destroyed is really gone from the world. Changes
  /// nothing.
  Remnant confirm(Cluster cluster, Infrastructure.StateResource resource);

  /// Ends and removes whatever the platform still finds of a cluster besides its stack: processes,
  /// sockets, folders. Returns what it found, each confirmed gone or not. Idempotent; needs no
  /// record but the key and id.
  List<Remnant> sweep(String key, String clusterId) throws InterruptedException;

  /// What the platform holds of a cluster by its tags, whether the engine knows of it or not.
  /// Changes nothing. Empty where ids are the plan's own keys, so that nothing can be made twice.
  default List<Found> inventory(Cluster cluster) {
    return List.of();
  }

  /// What carries the cluster's tags after its stack is gone, each looked at. Changes nothing.
  default List<Remnant> strays(Cluster cluster) {
    return List.of();
  }

  /// How long the engine run before would have taken in a real cloud: its longest chain, and the
  /// part of it that was really waited. Zero where nothing is modelled.
  default Modelled modelled(InfraPlan plan, String operation) {
    return Modelled.NONE;
  }

  /// How long a real load balancer's checks would take from the API server's first answer until it
  /// passes connections on, where the engine run before made one; and the part really waited.
  default Modelled healthChecks(InfraPlan plan) {
    return Modelled.NONE;
  }

  /// How long a real provider would take for the steps of a preview, by a latency model: the
  /// longest chain of calls, boot and health checks. Empty where nothing is modelled.
  default Optional<Duration> expected(InfraPlan plan, List<Infrastructure.Step> steps) {
    return Optional.empty();
  }

  /// Pulumi package to the version of its provider; empty where the providers are our own.
  default Map<String, String> providerVersions() {
    return Map.of();
  }

  /// How long a machine may take until it answers, and the control plane until it is ready: slow
  /// firmware of real servers takes minutes.
  default Duration patience() {
    return Duration.ofMinutes(10);
  }

  record Modelled(Duration full, Duration waited) {
    public static final Modelled NONE = new Modelled(Duration.ZERO, Duration.ZERO);
  }

  /// What was seen before anything is made.
  ///
  /// @param stops whether nothing may be made while it is so; else it is a warning
  record Finding(boolean stops, Problem problem) {}

  /// @param type Pulumi type token
  /// @param name logical name in the plan, from the tag `sskuba.io/key`
  /// @param id the provider's id
  record Found(String type, String name, String id) {}

  /// Whose the cluster's name is in the zone that is part of its stack, where it is another's.
  /// Looks; changes nothing. Empty where the name is free, or this cluster's, or in no such zone.
  default Optional<NameHolder> nameHolder(Cluster cluster) {
    return Optional.empty();
  }

  /// @param owner as its record of ownership says it, else what is known
  /// @param record the record that is in the way
  record NameHolder(String owner, String record) {}

  /// What is still found of a cluster whose record cannot be read, by its key alone. Changes
  /// nothing.
  Traces traces(String key);

  /// The allotment that the resources of a stack speak of: the way back from [#plan]. Empty where
  /// they say nothing.
  ObjectNode allotmentOf(List<Infrastructure.StateResource> resources);

  /// @param clusterIds ids under which something lies, without an order
  /// @param projects Pulumi projects that hold a stack of this key
  record Traces(List<String> clusterIds, List<String> projects) {
    public Traces {
      clusterIds = List.copyOf(clusterIds);
      projects = List.copyOf(projects);
    }
  }

  /// @param kind for example `process`, `socket`, `folder`, `address`
  /// @param observed what was seen when looking after the removal
  record Remnant(
      String kind, String id, String name, boolean gone, String method, String observed) {}
}
