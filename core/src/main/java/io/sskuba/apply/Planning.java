package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Drift;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Infrastructure.Changes;
import io.sskuba.infra.Infrastructure.Step;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.infra.UserData;
import io.sskuba.infra.pulumi.PulumiInfrastructure;
import io.sskuba.infra.pulumi.PulumiYaml;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.RuntimeFolder;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.Durations;
import io.sskuba.spec.SpecDiff;
import io.sskuba.spec.SpecJson;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The use case `plan`: what `apply` would do. Nothing of the cluster is touched.
public final class Planning {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /// The cluster id in a plan of what has none yet.
  private static final String UNMADE = "not-made-yet";

  private Planning() {}

  /// What a look is about.
  record Subject(ClusterSpec spec, boolean rehearse, String fileName) {
    String key() {
      return (rehearse ? "rehearsal." : "") + spec.metadata().name();
    }

    String shown() {
      return (rehearse ? "rehearsal/" : "") + spec.metadata().name();
    }
  }

  /// Errors: those of reading the file; `CHANGE_NEEDS_REPLACE` is not thrown but shows as
  /// differences.
  public static Planned look(Ports ports, PlanRequest request, Consumer<String> progress)
      throws InterruptedException {
    ClusterSpec spec =
        LoadSpec.read(
            ports.store(),
            request.file(),
            request.fileName(),
            request.folder(),
            request.rehearse());
    return look(ports, new Subject(spec, request.rehearse(), request.fileName()), progress);
  }

  /// Asks the provider of a cluster that exists what is there; of a new one everything is to be
  /// made.
  static Planned look(Ports ports, Subject subject, Consumer<String> progress)
      throws InterruptedException {
    ClusterSpec spec = subject.spec();
    Platform platform = platform(ports, spec, subject.rehearse(), subject.fileName());
    Optional<ClusterRecord> record = ports.store().find(subject.key());
    refuseUnaskable(platform, record, subject);
    Optional<ClusterRecord> renewed =
        record.map(r -> Renewal.of(r, spec, null, platform, List.of(), ports.time().now()));
    Platform.Cluster cluster = cluster(ports, platform, subject, renewed);
    record.ifPresent(r -> ClusterFacts.requireItsAccount(r, platform.credentials(spec)));
    CheckNames.refuseTaken(
        platform, cluster, "nothing was touched", "sskuba-ctl explain dns.provider");
    InfraPlan plan = platform.plan(cluster);
    List<SpecDiff.Change> differences =
        record.map(r -> SpecDiff.between(SpecJson.fromJson(r.spec()), spec)).orElse(List.of());
    // A run that was killed before it had a passphrase made nothing that the engine knows of.
    boolean stack =
        record.isPresent()
            && ports.store().sealed(subject.key(), SealedPassphrase.SEALED).isPresent();
    Changes changes = changes(ports, platform, cluster, plan, stack, subject, progress);
    Topology topology = platform.topology(cluster, Map.of());
    Optional<Duration> expected = platform.expected(plan, changes.steps());
    PlanReport report =
        new PlanReport(
            subject.shown(),
            changes,
            differences.stream().filter(d -> d.kind() != SpecDiff.Kind.POOL_SIZE).toList(),
            machines(ports, subject.key(), topology),
            new Outlook(
                expected.orElse(changes.isEmpty() ? Duration.ZERO : null),
                Outlook.byType(plan),
                topology.machines().size(),
                endpoint(renewed, topology),
                lifetime(spec),
                renewed.map(ClusterRecord::expiresAt).orElse(null)));
    Map<String, String> tools = new TreeMap<>(platform.providerVersions());
    tools.put("pulumi", PulumiInfrastructure.ENGINE_VERSION);
    return new Planned(
        report, spec, subject.rehearse(), record, cluster.allotment(), changes, tools);
  }

  private static String lifetime(ClusterSpec spec) {
    Duration ttl = spec.lifetime().ttl();
    return ttl == null ? "none" : Durations.format(ttl);
  }

  private static @Nullable String endpoint(Optional<ClusterRecord> record, Topology topology) {
    String known = record.map(ClusterRecord::endpoint).orElse(null);
    return known != null || topology.endpointHost().isEmpty() ? known : topology.endpointUrl();
  }

  /// What apply would stop at, plan says too.
  private static void refuseUnaskable(
      Platform platform, Optional<ClusterRecord> record, Subject subject)
      throws InterruptedException {
    ClusterSpec spec = subject.spec();
    try {
      Findings.of(
              platform.findings(spec, record.map(r -> ClusterFacts.of(r, spec))),
              Preflight.leftOut(spec))
          .stops()
          .ifPresent(
              problem -> {
                throw new SskubaException(problem);
              });
    } catch (SskubaException e) {
      throw offered(e, subject);
    }
  }

  private static SskubaException offered(SskubaException e, Subject subject) {
    return subject.rehearse()
        ? e
        : new SskubaException(Offers.rehearsal(e.problem(), "plan", subject.fileName()), e);
  }

  private static Changes changes(
      Ports ports,
      Platform platform,
      Platform.Cluster cluster,
      InfraPlan plan,
      boolean stack,
      Subject subject,
      Consumer<String> progress)
      throws InterruptedException {
    try {
      return stack
          ? preview(ports, platform, cluster, plan, progress)
          : unmadeChanges(ports, platform, cluster, plan, progress);
    } catch (SskubaException e) {
      throw offered(e, subject);
    }
  }

  /// All of it is new; what the provider makes of it is asked on a stack that nobody keeps.
  private static Changes unmadeChanges(
      Ports ports,
      Platform platform,
      Platform.Cluster cluster,
      InfraPlan plan,
      Consumer<String> progress)
      throws InterruptedException {
    String id = "plan-" + HexFormat.of().formatHex(ports.random().bytes(5));
    if (!platform.plansByProvider()) {
      return allNew(plan);
    }
    Map<String, Path> tools = tools(ports, platform, cluster, progress);
    try (Infrastructure infra =
        platform.scratch(
            cluster, RuntimeFolder.create(ports.places().runtime(), cluster.key(), id), tools)) {
      infra.open(LIMIT);
      return infra.preview(plan, _ -> {}, LIMIT);
    } finally {
      RuntimeFolder.remove(ports.places().runtime(), cluster.key(), id);
    }
  }

  private static Map<String, Path> tools(
      Ports ports, Platform platform, Platform.Cluster cluster, Consumer<String> progress)
      throws InterruptedException {
    return ports
        .toolchain()
        .through(RenderValues.egress(cluster.spec()))
        .ensure(platform.tools(), progress);
  }

  /// The plan as a Pulumi YAML program; needs no provider and no credentials.
  public static String yaml(Ports ports, PlanRequest request) {
    ClusterSpec spec =
        SpecReader.read(request.file(), request.fileName(), request.folder(), request.rehearse());
    Optional<Target> target = ports.platforms().target(spec.target().provider());
    if (target.isPresent()) {
      Subject subject = new Subject(spec, request.rehearse(), request.fileName());
      InfraPlan plan = target.get().plan(unmade(subject, Json.object()));
      return PulumiYaml.print(
          plan,
          spec.metadata().project(),
          target.get().providerVersions(),
          target.get().stackConfig(spec));
    }
    Platform platform = platform(ports, spec, request.rehearse(), request.fileName());
    Optional<ClusterRecord> record = ports.store().find(spec.metadata().name());
    Subject subject = new Subject(spec, request.rehearse(), request.fileName());
    InfraPlan plan = platform.plan(cluster(ports, platform, subject, record));
    return PulumiYaml.print(plan, spec.metadata().project(), Map.of(), Map.of());
  }

  private static Platform platform(
      Ports ports, ClusterSpec spec, boolean rehearse, String fileName) {
    return ports
        .platforms()
        .of(spec.target().provider(), rehearse)
        .orElseThrow(
            () ->
                new SskubaException(
                    Problem.of(
                            ProblemCode.CLOUD_UNASKED,
                            "target "
                                + spec.target().provider().word()
                                + " cannot be asked from here")
                        .fact("available", "rehearsals, and a plan without a look: -o yaml")
                        .next("sskuba-ctl plan --rehearse --file " + fileName)
                        .next("sskuba-ctl plan --output yaml --file " + fileName)));
  }

  private static Platform.Cluster cluster(
      Ports ports, Platform platform, Subject subject, Optional<ClusterRecord> record) {
    ClusterSpec spec = subject.spec();
    if (record.isPresent()) {
      Platform.Cluster known = ClusterFacts.of(record.get(), spec);
      ObjectNode allotment =
          platform.allot(spec, subject.key(), known.clusterId(), known.allotment(), List.of());
      return new Platform.Cluster(spec, subject.key(), known.clusterId(), allotment, known.tags());
    }
    return unmade(
        subject, platform.allot(spec, subject.key(), UNMADE, Json.object(), taken(ports)));
  }

  /// A cluster that there is nothing of yet.
  static Platform.Cluster unmade(ClusterSpec spec, String key, boolean rehearse) {
    return unmade(spec, key, rehearse, Json.object());
  }

  private static Platform.Cluster unmade(Subject subject, ObjectNode allotment) {
    return unmade(subject.spec(), subject.key(), subject.rehearse(), allotment);
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
    Map<String, Path> tools = tools(ports, platform, cluster, progress);
    Path runtime =
        RuntimeFolder.create(ports.places().runtime(), cluster.key(), cluster.clusterId());
    Path passphrase = SealedPassphrase.restore(ports, cluster.key(), runtime);
    try (Infrastructure infra = platform.infrastructure(cluster, passphrase, tools)) {
      infra.open(LIMIT);
      Changes changes = infra.preview(filled(ports, cluster, plan), _ -> {}, LIMIT);
      return ordered(plan, changes, unrecorded(infra, platform.inventory(cluster)));
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

  /// What bears our tags and is not in the state: an `up` would take it over first.
  private static List<Drift> unrecorded(Infrastructure infra, List<Platform.Found> inventory) {
    Set<String> known = new HashSet<>();
    infra.resources().forEach(r -> known.add(r.type() + "::" + r.name()));
    return inventory.stream()
        .filter(f -> !known.contains(f.type() + "::" + f.name()))
        .map(f -> Drift.found(f.type(), f.name()))
        .toList();
  }

  /// In the plan's order, what goes last: the engine works in an order of its own each time.
  private static Changes ordered(InfraPlan plan, Changes changes, List<Drift> unrecorded) {
    Map<String, Integer> places = new HashMap<>();
    for (InfraPlan.Resource resource : plan.resources()) {
      places.put(resource.type() + "::" + resource.name(), places.size());
    }
    Comparator<String> order =
        Comparator.<String, Integer>comparing(key -> places.getOrDefault(key, Integer.MAX_VALUE))
            .thenComparing(Comparator.naturalOrder());
    List<Step> steps =
        changes.steps().stream()
            .map(s -> s.op().equals("refresh") ? s.with("same") : s)
            .sorted(Comparator.comparing(s -> s.type() + "::" + s.name(), order))
            .toList();
    List<Drift> drift = new ArrayList<>(changes.drift());
    drift.addAll(unrecorded);
    drift.sort(
        Comparator.<Drift, String>comparing(d -> d.type() + "::" + d.name(), order)
            .thenComparing(d -> String.valueOf(d.path())));
    return Changes.of(steps, drift, changes.seen());
  }

  private static Changes allNew(InfraPlan plan) {
    List<Step> steps =
        plan.resources().stream()
            .map(
                r ->
                    new Step("create", r.type(), r.name(), PlanValues.shown(r.inputs()), List.of()))
            .toList();
    return Changes.of(steps, List.of(), List.of());
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
