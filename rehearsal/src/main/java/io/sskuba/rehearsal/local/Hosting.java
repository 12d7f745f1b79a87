package io.sskuba.rehearsal.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.pulumi.PulumiSettings;
import io.sskuba.infra.pulumi.StackSearch;
import io.sskuba.io.Json;
import io.sskuba.io.Places;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.host.HostClient;
import io.sskuba.rehearsal.host.HostProcess;
import io.sskuba.rehearsal.host.HostSettings;
import io.sskuba.secret.RuntimeFolder;
import io.sskuba.spec.ClusterSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/// What clusters on this machine have in common, local or rehearsed: a slot of loopback addresses,
/// a host process, a stack in a folder.
public final class Hosting {
  public static final String SLOT = "slot";
  public static final String INDEXES = "indexes";

  private static final Duration CALL = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofSeconds(15);

  private final Places places;

  public Hosting(Places places) {
    this.places = places;
  }

  /// The lowest slot that no other cluster here has, whose addresses nobody binds, and which
  /// `fits`.
  /// - Errors: `ADDRESS_IN_USE`.
  public static int freeSlot(Collection<ObjectNode> taken, IntPredicate fits) {
    Set<Integer> used = new HashSet<>();
    taken.forEach(t -> used.add(t.path(SLOT).asInt(-1)));
    for (int slot = 0; slot <= LocalNetwork.SLOT_MAX; slot++) {
      if (!used.contains(slot) && fits.test(slot) && Slots.isFree(slot)) {
        return slot;
      }
    }
    throw new SskubaException(
        Problem.of(ProblemCode.ADDRESS_IN_USE, "no free address range is left on this machine")
            .fact("tried", (LocalNetwork.SLOT_MAX + 1) + " ranges in 127.64.0.0/11")
            .next("sskuba-ctl list"));
  }

  /// Machine names and their places in the slot, in order.
  public static Map<String, Integer> indexes(ObjectNode allotment) {
    Map<String, Integer> indexes = new LinkedHashMap<>();
    allotment
        .path(INDEXES)
        .properties()
        .forEach(e -> indexes.put(e.getKey(), e.getValue().asInt()));
    return indexes;
  }

  /// Settings of the cluster's stack, for providers of this JVM.
  public PulumiSettings stack(
      ClusterSpec spec,
      String key,
      String clusterId,
      Path passphraseFile,
      Map<String, Path> tools) {
    Path pulumi = tools.get("pulumi");
    if (pulumi == null) {
      throw SskubaException.of(ProblemCode.TOOL_MISSING, "pulumi is not in the toolchain");
    }
    Path runtime = runtime(key, clusterId);
    return PulumiSettings.simulated(
        pulumi,
        places.localState().toUri(),
        spec.metadata().organisation(),
        spec.metadata().project(),
        key,
        passphraseFile,
        runtime.resolve("stack"),
        runtime.resolve("home"));
  }

  /// @param accounts folders of simulated accounts whose machines the host starts again
  public HostProcess host(
      String key, String clusterId, Map<String, Path> tools, List<Path> accounts) {
    Path folder = places.localState().resolve("clusters").resolve(key);
    return new HostProcess(
        new HostSettings(
            key,
            clusterId,
            runtime(key, clusterId),
            folder.resolve("disks"),
            folder.resolve("record.json"),
            tools,
            accounts),
        HostProcess.thisJvm());
  }

  /// What is still found of a cluster by its key alone.
  public Platform.Traces traces(String key) {
    return new Platform.Traces(
        Residue.clusterIds(places.runtime(), key), StackSearch.projects(places.localState(), key));
  }

  /// The allotment that resources of this machine speak of.
  public static ObjectNode allotmentOf(List<Infrastructure.StateResource> resources) {
    ObjectNode allotment = Json.object();
    Residue.slot(resources)
        .ifPresent(
            slot -> {
              allotment.put(SLOT, slot);
              ObjectNode indexes = allotment.putObject(INDEXES);
              Residue.indexes(resources, slot).forEach(indexes::put);
            });
    return allotment;
  }

  public Path disks(String key) {
    return places.localState().resolve("clusters").resolve(key).resolve("disks");
  }

  public Path runtime(String key, String clusterId) {
    return RuntimeFolder.path(places.runtime(), key, clusterId);
  }

  public HostClient client(String key, String clusterId) {
    return new HostClient(runtime(key, clusterId).resolve(HostSettings.SOCKET));
  }

  /// Tells the host which configuration each machine may take, by SHA-256 in hexadecimal.
  /// - Errors: `HOST_DEAD`.
  public void announce(String key, String clusterId, Map<String, String> digests) {
    HostClient client = client(key, clusterId);
    for (Map.Entry<String, String> digest : digests.entrySet()) {
      try {
        client.call(
            Json.object()
                .put("op", "announce")
                .put("machine", digest.getKey())
                .put("sha256", digest.getValue()),
            CALL);
      } catch (IOException e) {
        throw new SskubaException(
            Problem.of(ProblemCode.HOST_DEAD, "the host process of " + key + " does not answer")
                .fact("cause", String.valueOf(e.getMessage())),
            e);
      }
    }
  }

  /// What runs now; empty when no host is there, or when it does not answer within [#LOOK]: one
  /// that is only slow, on a busy machine, is not taken for dead.
  public Optional<ObjectNode> inspect(String key, String clusterId) {
    try {
      JsonNode reply = client(key, clusterId).call(Json.object().put("op", "inspect"), LOOK);
      return reply.path("host") instanceof ObjectNode host ? Optional.of(host) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
