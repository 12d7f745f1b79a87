package io.sskuba.cloud;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Credentials;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.infra.metal.MetalProvider;
import io.sskuba.infra.metal.MetalTarget;
import io.sskuba.infra.pulumi.HandlerProvider;
import io.sskuba.infra.pulumi.ProviderService;
import io.sskuba.infra.pulumi.PulumiInfrastructure;
import io.sskuba.infra.pulumi.PulumiSettings;
import io.sskuba.infra.pulumi.StackSearch;
import io.sskuba.infra.types.TypeCatalog;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.net.AddressMap;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Fan;
import io.sskuba.secret.Redactor;
import io.sskuba.secret.RemoteSecrets;
import io.sskuba.secret.RuntimeFolder;
import io.sskuba.secret.SecretResolver;
import io.sskuba.secret.SecretValue;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.Provider;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import io.sskuba.state.ObjectBucket;
import io.sskuba.talos.TalosNodes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Every target whose machines are real: the target's own plan, the real engine, and the provider's
/// own plugin in the version that the plan was checked against. Machines that exist (`metal`) are
/// taken over by a provider of ours in this process.
///
/// What the engine does not say comes from [CloudAccount], which only reads.
/// - Limits: those of the engine's operations; [#PATIENCE] for a machine.
/// - Errors: `CLOUD_CREDENTIALS`, `CLOUD_DENIED`, `SECRET_UNRESOLVED` (exit 5); `CLOUD_UNASKED`,
///   `PROVIDER_MISSING` (exit 7); `MACHINE_UNREACHABLE`, `MACHINE_IDENTITY`, `MACHINE_TAKEN`.
public final class RealPlatform implements Platform {
  /// Firmware of servers takes minutes, as does writing an image to a slow disk.
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  /// A whole run at its slowest: what credentials have to outlive.
  private static final Duration RUN = Duration.ofMinutes(45);

  private static final int FOLDERS_MAX = 10_000;

  private static final Pattern SECRET =
      Pattern.compile(".*_(SECRET|TOKEN|PASSWORD|SECRET_ACCESS_KEY)");

  private final Target target;
  private final World world;
  private final NativeCredentials credentials;
  private final Redactor redactor = new Redactor();
  private final MachineLook look;

  /// Machines that this process saw given back.
  private final Map<String, MetalProvider> givers = new LinkedHashMap<>();

  /// What the platform reaches, as ports.
  ///
  /// @param accounts the account of a file's target; empty for targets without one
  /// @param stores secret stores as an environment reaches them
  /// @param buckets the bucket of a state URL; empty for a folder
  public record World(
      Places places,
      Environment environment,
      TimeSource time,
      RandomSource random,
      Function<AddressMap, TalosNodes> talos,
      BiFunction<String, AddressMap, KubeApi> kube,
      Known known,
      Function<ClusterSpec, Optional<CloudAccount>> accounts,
      Function<Environment, RemoteSecrets> stores,
      Function<URI, Optional<ObjectBucket>> buckets) {}

  /// What earlier runs left of a cluster. Empty where there is nothing yet, or no identity at hand
  /// opens it.
  public interface Known {
    Optional<String> talosconfig(String key);

    Optional<String> kubeconfig(String key);

    Optional<Topology> topology(String key);
  }

  public RealPlatform(Target target, World world) {
    this.target = target;
    this.world = world;
    this.credentials = new NativeCredentials(world.environment());
    this.look = new MachineLook(world.talos(), world.kube());
  }

  private boolean metal() {
    return target.provider() == Provider.METAL;
  }

  /// Clusters of Docker keep their state here, whatever the state URL (contract, section 2).
  private URI stateUrl() {
    URI url = world.places().stateUrl();
    return target.provider() == Provider.DOCKER || "file".equals(url.getScheme())
        ? world.places().localState().toUri()
        : url;
  }

  @Override
  public ObjectNode allot(
      ClusterSpec spec,
      String key,
      String clusterId,
      ObjectNode before,
      Collection<ObjectNode> taken) {
    Choices known = Choices.of(before);
    Choices choices =
        world.accounts().apply(spec).map(account -> account.choices(spec, known)).orElse(known);
    return target.allotment(spec, before, choices);
  }

  @Override
  public List<String> tools() {
    return List.of("pulumi");
  }

  @Override
  public InfraPlan plan(Cluster cluster) {
    return target.plan(cluster);
  }

  @Override
  public List<String> machineNames(Cluster cluster) {
    return Target.machines(cluster.spec()).stream().map(Target.Slot::name).toList();
  }

  @Override
  public Topology topology(Cluster cluster, Map<String, Object> outputs) {
    return target.topology(cluster, outputs);
  }

  @Override
  public Duration patience() {
    return PATIENCE;
  }

  /// Credentials first, told without a call to anybody; then whoever can be asked.
  @Override
  public List<Finding> findings(ClusterSpec spec, Optional<Cluster> existing)
      throws InterruptedException {
    Optional<Problem> missing = credentials.missing(target.provider());
    if (missing.isPresent()) {
      return List.of(new Finding(true, missing.get()));
    }
    if (!metal() && spec.target().delivery() == ClusterSpec.Delivery.USER_DATA) {
      return List.of(new Finding(true, notByUserData()));
    }
    fromFile(spec);
    List<Finding> findings = new ArrayList<>();
    // Whoever goes on with a cluster finds machines of its own, which may be starting just now.
    if (metal() && existing.isEmpty()) {
      findings.addAll(machines(spec));
    }
    NamedServices services = new NamedServices(world.environment(), secrets(spec));
    List<Callable<List<Finding>>> asked =
        List.of(
            () -> account(spec, existing), () -> services.git(spec), () -> services.access(spec));
    Fan.out(asked, RealPlatform::told).forEach(findings::addAll);
    return findings;
  }

  private static List<Finding> told(Callable<List<Finding>> question) throws InterruptedException {
    try {
      return question.call();
    } catch (RuntimeException | InterruptedException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /// Errors: where nobody is let in; nothing else can be asked then.
  private List<Finding> account(ClusterSpec spec, Optional<Cluster> existing) {
    Optional<CloudAccount> account = world.accounts().apply(spec);
    if (account.isEmpty()) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>(account.get().findings(spec, RUN));
    Set<String> others = new TreeSet<>(account.get().clusterIds(spec.fqdn()));
    existing.ifPresent(cluster -> others.remove(cluster.clusterId()));
    if (!others.isEmpty()) {
      findings.add(
          new Finding(
              true,
              Problem.of(
                      ProblemCode.CLOUD_NAME_TAKEN,
                      "the account holds another cluster named " + spec.fqdn())
                  .fact("cause", "resources with cluster id " + String.join(", ", others))
                  .fact("do", "delete it, or choose another metadata.name")
                  .next("sskuba-ctl list")));
    }
    return findings;
  }

  @Override
  public Optional<Credentials> credentials(ClusterSpec spec) {
    return world
        .accounts()
        .apply(spec)
        .map(CloudAccount::identity)
        .map(who -> new Credentials(who.subject(), who.account(), who.expires()));
  }

  private static Problem notByUserData() {
    return Problem.of(
            ProblemCode.SPEC_UNSUPPORTED,
            "target.delivery userData cannot be provided by this release on a real cloud")
        .fact("available", "delivery: api, which leaves no key in user data")
        .next("sskuba-ctl explain target.delivery");
  }

  private List<Finding> machines(ClusterSpec spec) throws InterruptedException {
    MetalProvider provider =
        new MetalProvider(world.talos().apply(AddressMap.IDENTITY), Optional::empty, world.time());
    List<Topology.Machine> machines = target.topology(bare(spec), Map.of()).machines();
    List<Finding> findings = new ArrayList<>();
    for (Optional<Problem> obstacle :
        Fan.out(machines, m -> provider.obstacle(m.name(), m.address(), m.fingerprint()))) {
      obstacle.ifPresent(problem -> findings.add(new Finding(true, problem)));
    }
    return findings;
  }

  /// For what the file alone says.
  private static Cluster bare(ClusterSpec spec) {
    return new Cluster(
        spec,
        spec.metadata().name(),
        "",
        Json.object(),
        new io.sskuba.infra.ResourceTags(
            spec.fqdn(), "", null, null, null, false, spec.metadata().labels()));
  }

  @Override
  public Infrastructure infrastructure(
      Cluster cluster, Path passphraseFile, Map<String, Path> tools) throws InterruptedException {
    Path runtime = RuntimeFolder.path(world.places().runtime(), cluster.key(), cluster.clusterId());
    return engine(cluster, passphraseFile, tools, stateUrl(), runtime);
  }

  /// A provider's plugin says what it makes of the plan. Ours looks only when it makes something.
  @Override
  public boolean plansByProvider() {
    return !metal();
  }

  @Override
  public Infrastructure scratch(Cluster cluster, Path folder, Map<String, Path> tools)
      throws InterruptedException {
    Path passphrase = folder.resolve("passphrase");
    try {
      AtomicFiles.privateFolder(folder);
      AtomicFiles.writeString(passphrase, HexFormat.of().formatHex(world.random().bytes(32)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return engine(cluster, passphrase, tools, folder.resolve("state").toUri(), folder);
  }

  private Infrastructure engine(
      Cluster cluster, Path passphraseFile, Map<String, Path> tools, URI state, Path folder)
      throws InterruptedException {
    Path pulumi = tools.get("pulumi");
    if (pulumi == null) {
      throw SskubaException.of(ProblemCode.TOOL_MISSING, "pulumi is not in the toolchain");
    }
    ClusterSpec spec = cluster.spec();
    PulumiSettings settings =
        PulumiSettings.simulated(
            pulumi,
            state,
            spec.metadata().organisation(),
            spec.metadata().project(),
            cluster.key(),
            passphraseFile,
            folder.resolve("stack"),
            folder.resolve("home"));
    List<ProviderService> ours = new ArrayList<>();
    Map<String, String> environment = new LinkedHashMap<>();
    environment.putAll(credentials.variables(target.provider(), state));
    Optional<ObjectBucket> bucket = world.buckets().apply(state);
    bucket.ifPresent(b -> environment.putAll(b.variables()));
    environment.putAll(proxy(spec));
    if (metal()) {
      ours.add(HandlerProvider.service(giver(cluster)));
      settings = settings.with(environment);
    } else {
      environment.putAll(fromFile(spec));
      world.accounts().apply(spec).ifPresent(a -> environment.putAll(a.variables()));
      environment.forEach(this::mask);
      settings =
          settings.real(
              world.places().cache().resolve("pulumi"),
              target.providerVersions(),
              target.stackConfig(spec),
              environment,
              redactor::redact);
    }
    return new PulumiInfrastructure(
        settings, ours, world.time(), world.random(), bucket.orElse(null));
  }

  /// What the engine and its plugins say of a secret of their environment is masked.
  private void mask(String name, String value) {
    if (SECRET.matcher(name).matches()) {
      redactor.learn(new SecretValue(value));
    }
  }

  /// The way out that the file describes goes before the user's own.
  private static Map<String, String> proxy(ClusterSpec spec) {
    Map<String, String> out = new LinkedHashMap<>();
    ClusterSpec.@org.jspecify.annotations.Nullable Proxy proxy = spec.proxy();
    if (proxy == null) {
      return out;
    }
    if (proxy.http() != null) {
      out.put("HTTP_PROXY", proxy.http());
    }
    if (proxy.https() != null) {
      out.put("HTTPS_PROXY", proxy.https());
    }
    if (!proxy.no().isEmpty()) {
      out.put("NO_PROXY", String.join(",", proxy.no()));
    }
    return out;
  }

  /// Credentials that are references of the file, resolved now: variables of the engine's process,
  /// which its plugins read. They stand in no plan, state, argument or log.
  /// - Source: the plugins' documents: vSphere `VSPHERE_…`, F5 `BIGIP_…`.
  private Map<String, String> fromFile(ClusterSpec spec) throws InterruptedException {
    Map<String, String> out = new LinkedHashMap<>();
    if (spec.target().settings() instanceof ProviderSettings.Vsphere vsphere) {
      SecretResolver secrets = secrets(spec);
      SecretResolver.Login login = secrets.resolve(vsphere.credentials());
      out.put("VSPHERE_SERVER", vsphere.server());
      out.put("VSPHERE_USER", login.username().reveal());
      out.put("VSPHERE_PASSWORD", login.password().reveal());
      if (vsphere.bigip() != null) {
        SecretResolver.Login balancer = secrets.resolve(vsphere.bigip().credentials());
        out.put("BIGIP_HOST", vsphere.bigip().address());
        out.put("BIGIP_USER", balancer.username().reveal());
        out.put("BIGIP_PASSWORD", balancer.password().reveal());
      }
    }
    return out;
  }

  private SecretResolver secrets(ClusterSpec spec) {
    Environment environment = SecretResolver.withVaultOf(spec, world.environment());
    return new SecretResolver(
        environment, world.time(), redactor, world.stores().apply(environment));
  }

  private synchronized MetalProvider giver(Cluster cluster) {
    return givers.computeIfAbsent(
        cluster.key(),
        key ->
            new MetalProvider(
                world.talos().apply(AddressMap.IDENTITY),
                () -> world.known().talosconfig(key),
                world.time()));
  }

  /// The engine's own folder for plugins is made while keys are. Nothing else may begin before the
  /// infrastructure is there.
  @Override
  public void warmUp(Cluster cluster, Map<String, Path> tools) {
    if (metal()) {
      return;
    }
    try {
      AtomicFiles.privateFolder(world.places().cache().resolve("pulumi"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A real machine takes whatever whoever reaches its maintenance mode gives it.
  @Override
  public void announce(Cluster cluster, Map<String, String> digests) {}

  @Override
  public Optional<ObjectNode> inspect(Cluster cluster) {
    Optional<Topology> topology = world.known().topology(cluster.key());
    return topology.map(
        t ->
            look.at(
                t,
                world.known().talosconfig(cluster.key()),
                world.known().kubeconfig(cluster.key())));
  }

  @Override
  public List<Found> inventory(Cluster cluster) {
    return held(cluster).stream().filter(this::planned).toList();
  }

  private List<Found> held(Cluster cluster) {
    ClusterSpec spec = cluster.spec();
    if (cluster.clusterId().equals(ANY_ID)) {
      refuseBlind(spec);
    }
    return world
        .accounts()
        .apply(spec)
        .map(
            account ->
                account.inventory(
                    spec.fqdn(), Optional.of(cluster.clusterId()).filter(id -> !id.equals(ANY_ID))))
        .orElse(List.of());
  }

  /// "Nothing is there" must not be said by who could not look.
  private void refuseBlind(ClusterSpec spec) {
    Optional<Problem> missing = credentials.missing(target.provider());
    if (missing.isPresent()) {
      throw new SskubaException(missing.get());
    }
    if (world.accounts().apply(spec).isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.CLOUD_UNASKED,
                  "this release cannot list what is on "
                      + target.provider().word()
                      + " by its tags")
              .fact("tag", io.sskuba.infra.ResourceTags.CLUSTER + "=" + spec.fqdn())
              .next("sskuba-ctl explain " + ProblemCode.CLOUD_UNASKED.id()));
    }
  }

  /// Whether it is of a type that our plans make: what workloads made is not the plan's.
  private boolean planned(Found found) {
    return !found.name().isEmpty()
        && target.providerVersions().keySet().stream()
            .flatMap(pkg -> TypeCatalog.find(pkg).stream())
            .anyMatch(catalog -> catalog.types().containsKey(found.type()));
  }

  @Override
  public List<Remnant> strays(Cluster cluster) {
    Optional<CloudAccount> account = world.accounts().apply(cluster.spec());
    List<Remnant> strays = new ArrayList<>();
    for (Found found : held(cluster)) {
      // Lists by tag go on naming for a while what is gone.
      boolean gone = account.orElseThrow().gone(found.type(), found.id());
      if (!gone) {
        strays.add(
            new Remnant(
                found.type(),
                found.id(),
                found.name(),
                false,
                "list the account by the cluster's tags",
                "there, with the cluster's tags"));
      }
    }
    return strays;
  }

  @Override
  public Remnant confirm(Cluster cluster, Infrastructure.StateResource resource) {
    String id = String.valueOf(resource.id());
    if (resource.type().equals(MetalTarget.MACHINE)) {
      String address = String.valueOf(resource.outputs().getOrDefault("address", id));
      MetalProvider.Returned seen = giver(cluster).returned(address);
      return new Remnant(
          resource.type(),
          id,
          resource.name(),
          seen.back(),
          "ask the machine's Talos API",
          seen.observed());
    }
    Optional<CloudAccount> account = world.accounts().apply(cluster.spec());
    if (account.isEmpty()) {
      return new Remnant(
          resource.type(),
          id,
          resource.name(),
          true,
          "the provider's answer to the deletion",
          "deleted; this release has no look of its own at " + target.provider().word());
    }
    boolean gone = account.get().gone(resource.type(), id);
    return new Remnant(
        resource.type(),
        id,
        resource.name(),
        gone,
        "ask the cloud itself",
        gone ? "no such resource" : "still there");
  }

  /// Only files of this machine are swept without a record; the rest carries tags, see [#strays].
  @Override
  public List<Remnant> sweep(String key, String clusterId) {
    Path folder = RuntimeFolder.path(world.places().runtime(), key, clusterId);
    RuntimeFolder.remove(world.places().runtime(), key, clusterId);
    return List.of(
        new Remnant(
            "folder",
            folder.toString(),
            folder.getFileName().toString(),
            !Files.exists(folder),
            "look for the file",
            Files.exists(folder) ? "still there" : "no such file"));
  }

  @Override
  public Traces traces(String key) {
    List<String> ids = new ArrayList<>();
    if (Files.isDirectory(world.places().runtime())) {
      try (DirectoryStream<Path> folders =
          Files.newDirectoryStream(world.places().runtime(), key + "-*")) {
        for (Path folder : folders) {
          String id = folder.getFileName().toString().substring(key.length() + 1);
          if (ids.size() < FOLDERS_MAX && id.matches("[0-9a-f]{10}")) {
            ids.add(id);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    List<String> projects =
        world
            .buckets()
            .apply(stateUrl())
            .map(bucket -> StackSearch.projects(bucket, key))
            .orElseGet(() -> StackSearch.projects(world.places().localState(), key));
    return new Traces(ids, projects);
  }

  /// What was looked up stands in the resources themselves; nothing else was allotted.
  @Override
  public ObjectNode allotmentOf(List<Infrastructure.StateResource> resources) {
    return Json.object();
  }
}
