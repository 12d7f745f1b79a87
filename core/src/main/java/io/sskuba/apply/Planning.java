package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Infrastructure.Changes;
import io.sskuba.infra.Infrastructure.Step;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.infra.UserData;
import io.sskuba.infra.pulumi.PulumiYaml;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.RuntimeFolder;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecDiff;
import io.sskuba.spec.SpecJson;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The use case `plan`: what `apply` would do. Nothing of the cluster is touched.
public final class Planning {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /// The cluster id in a plan of what has none yet.
  private static final String UNMADE = "not-made-yet";

  private Planning() {}

  /// Errors: those of reading the file; `CHANGE_NEEDS_REPLACE` is not thrown but shows as
  /// differences.
  public static PlanReport plan(Ports ports, PlanRequest request, Consumer<String> progress)
      throws InterruptedException {
    ClusterSpec spec =
        SpecReader.read(request.file(), request.fileName(), request.folder(), request.rehearse());
    Platform platform = platform(ports, spec, request);
    String key = request.key(spec.metadata().name());
    Optional<ClusterRecord> record = ports.store().find(key);
    Platform.Cluster cluster = cluster(ports, platform, spec, request, record);
    CheckNames.refuseTaken(
        platform, cluster, "nothing was touched", "sskuba-ctl explain dns.provider");
    InfraPlan plan = platform.plan(cluster);
    List<SpecDiff.Change> differences =
        record.map(r -> SpecDiff.between(SpecJson.fromJson(r.spec()), spec)).orElse(List.of());
    Changes changes =
        record.isEmpty() ? allNew(plan) : preview(ports, platform, cluster, plan, progress);
    return new PlanReport(
        request.shown(spec.metadata().name()),
        changes,
        differences.stream().filter(d -> d.kind() != SpecDiff.Kind.POOL_SIZE).toList(),
        machines(ports, key, platform.topology(cluster, Map.of())));
  }

  /// The plan as a Pulumi YAML program; needs no provider and no credentials.
  public static String yaml(Ports ports, PlanRequest request) {
    ClusterSpec spec =
        SpecReader.read(request.file(), request.fileName(), request.folder(), request.rehearse());
    Optional<Target> target = ports.platforms().target(spec.target().provider());
    if (target.isPresent()) {
      InfraPlan plan = target.get().plan(unmade(spec, request, Json.object()));
      return PulumiYaml.print(
          plan,
          spec.metadata().project(),
          target.get().providerVersions(),
          target.get().stackConfig(spec));
    }
    Platform platform = platform(ports, spec, request);
    Optional<ClusterRecord> record = ports.store().find(spec.metadata().name());
    InfraPlan plan = platform.plan(cluster(ports, platform, spec, request, record));
    return PulumiYaml.print(plan, spec.metadata().project(), Map.of(), Map.of());
  }

  private static Platform platform(Ports ports, ClusterSpec spec, PlanRequest request) {
    return ports
        .platforms()
        .of(spec.target().provider(), request.rehearse())
        .orElseThrow(
            () ->
                new SskubaException(
                    Problem.of(
                            ProblemCode.CLOUD_UNASKED,
                            "target "
                                + spec.target().provider().word()
                                + " cannot be asked from here")
                        .fact("available", "rehearsals, and a plan without a look: -o yaml")
                        .next("sskuba-ctl plan --rehearse --file " + request.fileName())
                        .next("sskuba-ctl plan --output yaml --file " + request.fileName())));
  }

  private static Platform.Cluster cluster(
      Ports ports,
      Platform platform,
      ClusterSpec spec,
      PlanRequest request,
      Optional<ClusterRecord> record) {
    String key = request.key(spec.metadata().name());
    if (record.isPresent()) {
      Platform.Cluster known = ClusterFacts.of(record.get(), spec);
      ObjectNode allotment =
          platform.allot(spec, key, known.clusterId(), known.allotment(), List.of());
      return new Platform.Cluster(spec, key, known.clusterId(), allotment, known.tags());
    }
    return unmade(spec, request, platform.allot(spec, key, UNMADE, Json.object(), taken(ports)));
  }

  /// A cluster that there is nothing of yet.
  static Platform.Cluster unmade(ClusterSpec spec, String key, boolean rehearse) {
    return unmade(spec, key, rehearse, Json.object());
  }

  private static Platform.Cluster unmade(
      ClusterSpec spec, PlanRequest request, ObjectNode allotment) {
    return unmade(spec, request.key(spec.metadata().name()), request.rehearse(), allotment);
  }

  private static Platform.Cluster unmade(
      ClusterSpec spec, String key, boolean rehearse, ObjectNode allotment) {
    ResourceTags tags =
        new ResourceTags(
            spec.fqdn(),
            UNMADE,
            spec.metadata().owner(),
            null,
            null,
            rehearse,
            spec.metadata().labels());
    return new Platform.Cluster(spec, key, UNMADE, allotment, tags);
  }

  private static List<ObjectNode> taken(Ports ports) {
    List<ObjectNode> taken = new ArrayList<>();
    for (ClusterRecord other : ports.store().survey().records()) {
      if (other.details().get(ClusterFacts.ALLOTMENT) instanceof ObjectNode o) {
        taken.add(o);
      }
    }
    return taken;
  }

  private static Changes preview(
      Ports ports,
      Platform platform,
      Platform.Cluster cluster,
      InfraPlan plan,
      Consumer<String> progress)
      throws InterruptedException {
    Map<String, Path> tools =
        ports
            .toolchain()
            .through(RenderValues.egress(cluster.spec()))
            .ensure(platform.tools(), progress);
    Path runtime =
        RuntimeFolder.create(ports.places().runtime(), cluster.key(), cluster.clusterId());
    Path passphrase = SealedPassphrase.restore(ports, cluster.key(), runtime);
    try (Infrastructure infra = platform.infrastructure(cluster, passphrase, tools)) {
      infra.open(LIMIT);
      return infra.preview(filled(ports, cluster, plan), _ -> {}, LIMIT);
    }
  }

  /// With what machines were made with, or each would show as changed; without an identity that
  /// opens it, each does.
  private static InfraPlan filled(Ports ports, Platform.Cluster cluster, InfraPlan plan) {
    Optional<byte[]> sealedKey = ports.store().sealed(cluster.key(), IssueSecrets.KEY);
    if (cluster.spec().target().delivery() != ClusterSpec.Delivery.USER_DATA
        || sealedKey.isEmpty()) {
      return plan;
    }
    return ports
        .keys()
        .tryOpen(sealedKey.get())
        .map(s -> RenderUserData.known(ports, cluster.key(), cluster.spec(), s))
        .map(known -> UserData.fillKnown(plan, UserData.bytes(known)))
        .orElse(plan);
  }

  private static Changes allNew(InfraPlan plan) {
    List<Step> steps =
        plan.resources().stream()
            .map(r -> new Step("create", r.type(), r.name(), r.inputs(), List.of()))
            .toList();
    return new Changes(steps.size(), 0, 0, 0, 0, steps);
  }

  private static List<PlanReport.Machine> machines(Ports ports, String key, Topology topology) {
    List<PlanReport.Machine> machines = new ArrayList<>();
    for (Topology.Machine machine : topology.machines()) {
      machines.add(
          new PlanReport.Machine(
              machine.name(),
              machine.controlPlane() ? "control-plane" : "worker",
              digest(ports, key, machine.name())));
    }
    return machines;
  }

  private static @Nullable String digest(Ports ports, String key, String machine) {
    Optional<byte[]> sealedKey = ports.store().sealed(key, IssueSecrets.KEY);
    Optional<byte[]> sealed = ports.store().sealed(key, machine + ".yaml.age");
    if (sealedKey.isEmpty() || sealed.isEmpty()) {
      return null;
    }
    return ports
        .keys()
        .tryOpen(sealedKey.get())
        .map(s -> sha256(s.open(sealed.get())))
        .orElse(null);
  }

  private static String sha256(byte[] bytes) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
