package io.sskuba.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.apply.ClusterFacts;
import io.sskuba.apply.Kubeconfigs;
import io.sskuba.apply.Ports;
import io.sskuba.apply.PublishedNames;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.ProblemJson;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.RunEvent;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import io.sskuba.state.ClusterRecord;
import io.sskuba.status.ClusterStatus.Component;
import io.sskuba.status.ClusterStatus.Node;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Looks at a cluster and says how it is: the record first, then what really runs. Changes nothing.
/// - Limits: [#CALL] for the Kubernetes API; a cluster that does not answer is told as such, never
///   waited for.
public final class StatusProbe {
  private static final Duration CALL = Duration.ofSeconds(3);
  private final Ports ports;

  public StatusProbe(Ports ports) {
    this.ports = ports;
  }

  /// The record alone, for lists: nothing is dialled.
  public ClusterStatus brief(ClusterRecord record) {
    List<String> warnings = warnings(record);
    boolean worked = atWork(record, warnings);
    boolean over = !worked && stopped(record);
    return status(
        record,
        state(record, worked),
        List.of(),
        components(record, Optional.empty()),
        warnings,
        over ? runDied(record) : record.problem());
  }

  public ClusterStatus probe(ClusterRecord record) {
    ClusterSpec spec = SpecJson.fromJson(record.spec());
    Optional<Platform> platform =
        ports.platforms().of(spec.target().provider(), record.rehearsal());
    Optional<ObjectNode> seen = platform.flatMap(p -> p.inspect(ClusterFacts.of(record, spec)));
    List<String> warnings = warnings(record);
    boolean worked = atWork(record, warnings);
    String state = state(record, worked);
    ObjectNode problem = !worked && stopped(record) ? runDied(record) : record.problem();
    List<Node> nodes = List.of();
    boolean made = state.equals("ready") || state.equals("degraded");
    if (made && seen.isEmpty()) {
      state = "failed";
      problem = expired(record) ? ended(record) : hostDead(record);
    } else if (seen.isPresent() && ClusterFacts.topology(record).isPresent()) {
      nodes = nodes(record, spec, seen.get(), warnings);
      boolean all = !nodes.isEmpty() && nodes.stream().allMatch(Node::ready);
      if (made) {
        // A lost machine is a Ready node to Kubernetes for most of a minute.
        state = all && ClusterFacts.whole(seen) ? "ready" : "degraded";
      }
    }
    return status(record, state, nodes, components(record, seen), warnings, problem);
  }

  /// A record that says `creating` with nobody at work is a run that was killed.
  private static String state(ClusterRecord record, boolean atWork) {
    return record.state().equals("creating") && !atWork ? "failed" : record.state();
  }

  /// Whether a run holds the lease. A lease that cannot be read is told and does not hide the rest.
  private boolean atWork(ClusterRecord record, List<String> warnings) {
    try {
      return ports.store().lease(record.key()).isPresent();
    } catch (SskubaException e) {
      warnings.add(e.problem().code().id() + ": " + e.problem().summary());
      return false;
    }
  }

  private static boolean stopped(ClusterRecord record) {
    return record.state().equals("creating") || record.state().equals("deleting");
  }

  private static ObjectNode runDied(ClusterRecord record) {
    String name = shown(record);
    boolean deleting = record.state().equals("deleting");
    Problem problem =
        Problem.of(
                ProblemCode.RUN_DIED,
                "nobody works on " + name + ", though its record says " + record.state())
            .fact("phase", String.valueOf(record.phase()))
            .exists("what was made so far, with its journal: nothing is lost");
    return ProblemJson.toJson(
        (deleting ? problem : problem.next("sskuba-ctl apply --file FILE"))
            .next("sskuba-ctl delete " + name + " --yes"));
  }

  private boolean expired(ClusterRecord record) {
    return record.expiresAt() instanceof Instant end && ports.time().now().isAfter(end);
  }

  private static ObjectNode ended(ClusterRecord record) {
    return ProblemJson.toJson(
        Problem.of(
                ProblemCode.CLUSTER_EXPIRED,
                shown(record) + " ended by itself at its expiry, " + record.expiresAt())
            .exists("its disks, its sealed secrets and its stack, until they are deleted")
            .next("sskuba-ctl delete --expired"));
  }

  private static String shown(ClusterRecord record) {
    return record.shown();
  }

  private static ObjectNode hostDead(ClusterRecord record) {
    return ProblemJson.toJson(
        Problem.of(ProblemCode.HOST_DEAD, "the machines of " + shown(record) + " do not run")
            .fact("observed", "no host process answers")
            .exists("the machines' disks, the cluster's secrets and its stack")
            .next("sskuba-ctl apply --file FILE")
            .next("sskuba-ctl delete " + shown(record) + " --yes"));
  }

  private List<String> warnings(ClusterRecord record) {
    List<String> warnings = new ArrayList<>();
    record.details().path("warnings").forEach(w -> warnings.add(w.asText()));
    if (!ports.places().runtimeInMemory()) {
      warnings.add("key material lies on a disk: " + ports.places().runtime());
    }
    return warnings;
  }

  private List<Node> nodes(
      ClusterRecord record, ClusterSpec spec, ObjectNode seen, List<String> warnings) {
    Topology topology = ClusterFacts.topology(record).orElseThrow();
    Map<String, JsonNode> live = new LinkedHashMap<>();
    try {
      Optional<String> kubeconfig = Kubeconfigs.tryOpen(ports, record.key());
      if (kubeconfig.isEmpty()) {
        warnings.add("no identity at hand opens this cluster's kubeconfig");
        seen.path("nodes").forEach(n -> live.put(n.path("metadata").path("name").asText(), n));
      } else {
        try (KubeApi kube = ports.kube().apply(kubeconfig.get(), topology.addresses())) {
          for (JsonNode node : kube.list("/api/v1/nodes", null, CALL)) {
            live.put(node.path("metadata").path("name").asText(), node);
          }
        }
      }
    } catch (UncheckedIOException | KubeStatusException | SskubaException e) {
      warnings.add("the Kubernetes API does not answer: " + e.getMessage());
    }
    List<Node> nodes = new ArrayList<>();
    for (Topology.Machine machine : topology.machines()) {
      nodes.add(node(machine, live.get(machine.name()), spec));
    }
    return nodes;
  }

  private static Node node(Topology.Machine machine, @Nullable JsonNode live, ClusterSpec spec) {
    Map<String, String> labels = new LinkedHashMap<>();
    Map<String, String> capacity = new LinkedHashMap<>();
    List<String> taints = new ArrayList<>();
    boolean ready = false;
    String version = spec.versions().kubernetes();
    if (live != null) {
      live.path("metadata")
          .path("labels")
          .properties()
          .forEach(l -> labels.put(l.getKey(), l.getValue().asText()));
      live.path("status")
          .path("capacity")
          .properties()
          .forEach(c -> capacity.put(c.getKey(), c.getValue().asText()));
      for (JsonNode taint : live.path("spec").path("taints")) {
        taints.add(
            taint.path("key").asText()
                + "="
                + taint.path("value").asText()
                + ":"
                + taint.path("effect").asText());
      }
      for (JsonNode condition : live.path("status").path("conditions")) {
        ready |=
            condition.path("type").asText().equals("Ready")
                && condition.path("status").asText().equals("True");
      }
      version = live.path("status").path("nodeInfo").path("kubeletVersion").asText(version);
    }
    return new Node(
        machine.name(),
        machine.controlPlane() ? "control-plane" : "worker",
        machine.pool(),
        machine.address(),
        ready,
        version,
        labels,
        taints,
        capacity);
  }

  private static List<Component> components(ClusterRecord record, Optional<ObjectNode> seen) {
    List<Component> components = new ArrayList<>();
    seen.ifPresent(
        host -> {
          for (JsonNode c : host.path("components")) {
            components.add(
                new Component(
                    c.path("name").asText(),
                    c.path("ready").asBoolean(),
                    c.path("real").asBoolean(),
                    c.path("message").asText()));
          }
        });
    if (record.rehearsal() && PublishedNames.inStack(record)) {
      components.add(
          new Component(
              "dns",
              record.endpoint() != null,
              false,
              "simulated: no server is told of " + record.fqdn() + " and *." + record.fqdn()));
    }
    PublishedNames.of(record)
        .ifPresent(
            n ->
                components.add(
                    new Component("dns", n.served(), !n.place().simulated(), n.words())));
    for (JsonNode section : record.details().path("leftOut")) {
      components.add(
          new Component(
              section.asText(), false, false, "left out: this release does not act on it"));
    }
    return components;
  }

  private static ClusterStatus status(
      ClusterRecord record,
      String state,
      List<Node> nodes,
      List<Component> components,
      List<String> warnings,
      @Nullable ObjectNode problem) {
    return new ClusterStatus(
        shown(record),
        record.fqdn(),
        record.rehearsal(),
        record.target(),
        state,
        record.phase(),
        record.owner(),
        RunEvent.rfc3339(record.createdAt()),
        record.expiresAt() == null ? null : RunEvent.rfc3339(record.expiresAt()),
        record.endpoint(),
        nodes,
        components,
        warnings,
        state.equals("ready") ? null : problem);
  }
}
