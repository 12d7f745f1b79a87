package io.sskuba.rehearsal.cloud;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Credentials;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.infra.pulumi.ProviderService;
import io.sskuba.infra.pulumi.PulumiInfrastructure;
import io.sskuba.io.Json;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.net.AddressMap;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.host.HostProcess;
import io.sskuba.rehearsal.host.HostRelay;
import io.sskuba.rehearsal.local.Hosting;
import io.sskuba.rehearsal.local.LocalProvider;
import io.sskuba.rehearsal.local.Remnants;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.toolchain.Toolchain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A target rehearsed: its own plan, on the real engine, against simulated clouds whose machines
/// are simulated Talos machines of a host process.
///
/// The plan is the target's with the cluster's host process in front, and machines that are given
/// by address beside it. Nothing outside this machine is dialled.
public final class RehearsedPlatform implements Platform {
  private static final Duration CALL = Duration.ofSeconds(60);
  private static final String BOOT = "boot";
  private static final String HEALTHY = "healthy";

  /// A whole run at its slowest in a real cloud: what credentials have to outlive.
  private static final Duration RUN = Duration.ofMinutes(45);

  /// For a machine that is swamped.
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Target target;
  private final List<CloudModel> models;
  private final Function<String, TypeRules> rules;
  private final Options options;
  private final Places places;
  private final Hosting hosting;
  private final TimeSource time;
  private final RandomSource random;
  private final ModelledTime modelled = new ModelledTime();
  private final Lag lag;
  private final Map<String, LatencyModel> latencies = new ConcurrentHashMap<>();

  /// What the user asked of a rehearsal.
  ///
  /// @param latency what share of the modelled time simulated clouds really take
  /// @param begun from when the scenario's credentials last
  public record Options(Scenario scenario, double latency, Instant begun) {
    public static final Options NONE = new Options(Scenario.NONE, 0);

    public Options(Scenario scenario, double latency) {
      this(scenario, latency, Instant.MAX);
    }

    /// When the credentials end; the far future where they do not.
    Instant credentialsEnd() {
      Duration lasts = scenario.look().credentials();
      return lasts == null || begun.equals(Instant.MAX) ? Instant.MAX : begun.plus(lasts);
    }
  }

  /// @param models the packages of the target's plan
  /// @param rules a package's published types
  public RehearsedPlatform(
      Target target,
      List<CloudModel> models,
      Function<String, TypeRules> rules,
      Options options,
      Places places,
      TimeSource time,
      RandomSource random) {
    this.target = target;
    this.models = List.copyOf(models);
    this.rules = rules;
    this.options = options;
    this.places = places;
    this.hosting = new Hosting(places);
    this.lag = new Lag(options.scenario().consistency(), time);
    this.time = time;
    this.random = random;
  }

  @Override
  public ObjectNode allot(
      ClusterSpec spec,
      String key,
      String clusterId,
      ObjectNode before,
      Collection<ObjectNode> taken) {
    int slot =
        before.has(Hosting.SLOT)
            ? before.get(Hosting.SLOT).asInt()
            : Hosting.freeSlot(taken, _ -> true);
    ObjectNode allotment = Json.object().put(Hosting.SLOT, slot);
    ObjectNode indexes = allotment.putObject(Hosting.INDEXES);
    LocalPlan.indexes(spec, LocalNetwork.of(slot), Hosting.indexes(before)).forEach(indexes::put);
    Choices choices = Choices.of(before);
    for (CloudModel model : models) {
      choices = model.choices(spec, choices, options.scenario());
    }
    allotment.set(Choices.KEY, choices.toJson());
    return allotment;
  }

  /// What the simulated accounts show, by the rules of the real ones. No host is contacted.
  @Override
  public List<Finding> findings(ClusterSpec spec, Optional<Cluster> existing) {
    List<Finding> findings = new ArrayList<>();
    Optional<String> id = existing.map(Cluster::clusterId);
    boolean first = true;
    for (CloudModel model : models) {
      AccountLook look = new AccountLook(spec, id, options.scenario(), everything(model));
      if (first) {
        findings.addAll(look.lifetime(RUN));
        first = false;
      }
      findings.addAll(model.findings(look));
    }
    return findings;
  }

  /// Empty where a scenario sets them no end: nothing is asked for then, as with a user's own key.
  @Override
  public Optional<Credentials> credentials(ClusterSpec spec) {
    Instant end = options.credentialsEnd();
    return end.equals(Instant.MAX)
        ? Optional.empty()
        : Optional.of(
            new Credentials(
                "the simulated user",
                "the simulated " + target.provider().word() + " account",
                Optional.of(end)));
  }

  /// An account that nobody used yet is not made by a look.
  private List<CloudResource> everything(CloudModel model) {
    try {
      return Files.isDirectory(folder(model)) ? Account.at(folder(model)).all() : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<String> tools() {
    return Toolchain.LOCAL;
  }

  @Override
  public InfraPlan plan(Cluster cluster) {
    InfraPlan plan = target.plan(cluster);
    List<InfraPlan.Resource> resources = new ArrayList<>();
    resources.add(LocalPlan.host(cluster.tags()));
    for (Target.Slot machine : Target.machines(cluster.spec())) {
      if (!machine.made() && target.provider() != ClusterSpec.Provider.METAL) {
        resources.add(given(cluster, machine));
      }
    }
    for (InfraPlan.Resource resource : plan.resources()) {
      List<String> after = new ArrayList<>(resource.dependsOn());
      after.add(LocalPlan.HOST_NAME);
      resources.add(
          new InfraPlan.Resource(resource.type(), resource.name(), resource.inputs(), after));
    }
    return new InfraPlan(resources, plan.outputs());
  }

  /// A machine that the file gives by address: simulated as one that is there already.
  private static InfraPlan.Resource given(Cluster cluster, Target.Slot machine) {
    Site site = site(cluster, Scenario.NONE, Duration.ZERO, Duration.ZERO);
    String key = cluster.tags().key(machine.name());
    String address = java.util.Objects.requireNonNull(machine.given()).address();
    ObjectNode inputs = site.machine(key, machine.name(), address, List.of()).inputs().deepCopy();
    inputs.remove("names");
    Map<String, Object> plain = CloudResource.plain(inputs);
    plain.put("network", LocalPlan.HOST_NAME);
    plain.put("tags", cluster.tags().of(key));
    return new InfraPlan.Resource(
        LocalPlan.MACHINE, machine.name(), plain, List.of(LocalPlan.HOST_NAME));
  }

  @Override
  public List<String> machineNames(Cluster cluster) {
    return Target.machines(cluster.spec()).stream().map(Target.Slot::name).toList();
  }

  @Override
  public Topology topology(Cluster cluster, Map<String, Object> outputs) {
    Topology real = target.topology(cluster, outputs);
    Site site = site(cluster, Scenario.NONE, Duration.ZERO, Duration.ZERO);
    Map<String, String> twins = new LinkedHashMap<>();
    twins.put(real.endpointHost(), site.endpointTwin());
    if (outputs.get("endpoint") instanceof String endpoint && !endpoint.isEmpty()) {
      twins.put(endpoint, site.endpointTwin());
    }
    Map<String, String> prints = fingerprints(cluster, outputs);
    List<Topology.Machine> machines = new ArrayList<>();
    for (Topology.Machine machine : real.machines()) {
      if (!machine.address().isEmpty()) {
        twins.put(machine.address(), site.twin(machine.name()));
      }
      String door = real.addresses().doors().get(machine.address());
      if (door != null) {
        // A door at a machine's own address, or a port of a load balancer, which is the endpoint's.
        twins.putIfAbsent(
            door.substring(0, door.lastIndexOf(':')),
            door.endsWith(":50000") ? site.twin(machine.name()) : site.endpointTwin());
      }
      machines.add(
          new Topology.Machine(
              machine.name(),
              machine.controlPlane(),
              machine.pool(),
              machine.address(),
              machine.arch(),
              prints.get(machine.name())));
    }
    return new Topology(
        real.endpointHost(),
        real.endpointPort(),
        sans(cluster, real, site),
        machines,
        new AddressMap(twins, List.of(), real.addresses().doors()));
  }

  /// Configurations that are rendered before the machines have addresses name the twins all the
  /// same: they are known by the machines' names.
  private static List<String> sans(Cluster cluster, Topology real, Site site) {
    if (cluster.spec().target().delivery() != ClusterSpec.Delivery.USER_DATA) {
      return real.certSans();
    }
    Set<String> sans = new LinkedHashSet<>(real.certSans());
    sans.add(site.endpointTwin());
    real.machines().forEach(m -> sans.add(site.twin(m.name())));
    return List.copyOf(sans);
  }

  /// The simulated platform shows each machine's fingerprint, as some real ones do.
  private Map<String, String> fingerprints(Cluster cluster, Map<String, Object> outputs) {
    Map<String, String> prints = new LinkedHashMap<>();
    if (outputs.isEmpty()) {
      return prints;
    }
    inspect(cluster)
        .ifPresent(
            host -> {
              for (JsonNode machine : host.path("machines")) {
                String print = machine.path("fingerprint").asText();
                if (!print.isEmpty()) {
                  prints.put(machine.path("name").asText(), print);
                }
              }
            });
    for (Map.Entry<String, String> print : prints.entrySet()) {
      boolean other =
          options
              .scenario()
              .machine(print.getKey())
              .filter(Scenario.Kind.WRONG_FINGERPRINT::equals)
              .isPresent();
      if (other) {
        print.setValue("A".repeat(43) + "=");
      }
    }
    return prints;
  }

  private static Site site(
      Cluster cluster, Scenario scenario, Duration bootDelay, Duration healthDelay) {
    return new Site(
        cluster,
        LocalNetwork.of(cluster.allotment().path(Hosting.SLOT).asInt()),
        Hosting.indexes(cluster.allotment()),
        bootDelay,
        healthDelay,
        scenario);
  }

  /// The part of a modelled time that is really waited.
  private Duration waited(Duration full) {
    return Duration.ofNanos((long) (full.toNanos() * options.latency()));
  }

  private Path folder(CloudModel model) {
    return places.localState().resolve("accounts").resolve(model.account());
  }

  private List<Path> accounts() {
    return models.stream().map(this::folder).distinct().toList();
  }

  private HostProcess host(String key, String clusterId, Map<String, Path> tools) {
    return hosting.host(key, clusterId, tools, accounts());
  }

  @Override
  public Infrastructure infrastructure(
      Cluster cluster, Path passphraseFile, Map<String, Path> tools) {
    HostProcess host = host(cluster.key(), cluster.clusterId(), tools);
    HostRelay relay = new HostRelay(hosting.client(cluster.key(), cluster.clusterId()), CALL);
    List<ProviderService> providers = new ArrayList<>();
    @Nullable CloudProvider own = null;
    for (CloudModel model : models) {
      LatencyModel latency = LatencyModel.of(model.pkg());
      Duration boot = waited(latency.longest(BOOT));
      Duration checks = waited(latency.longest(HEALTHY));
      CloudProvider provider =
          new CloudProvider(
              model,
              rules.apply(model.pkg()),
              new CloudProvider.Surroundings(
                  Account.at(folder(model)),
                  site(cluster, options.scenario(), boot, checks),
                  latency,
                  options.latency(),
                  modelled,
                  relay,
                  options.credentialsEnd(),
                  lag,
                  time));
      if (model.pkg().equals(LocalProvider.PACKAGE)) {
        own = provider;
      } else {
        providers.add(new ProviderService(model.pkg(), provider));
      }
    }
    LocalProvider local =
        new LocalProvider(host, hosting.client(cluster.key(), cluster.clusterId()));
    providers.add(
        new ProviderService(
            LocalProvider.PACKAGE, own == null ? local : new SplitProvider(local, own)));
    return new PulumiInfrastructure(
        hosting
            .stack(cluster.spec(), cluster.key(), cluster.clusterId(), passphraseFile, tools)
            .withSettling(lag.duration()),
        providers,
        time,
        random);
  }

  @Override
  public void warmUp(Cluster cluster, Map<String, Path> tools) throws InterruptedException {
    host(cluster.key(), cluster.clusterId(), tools).start();
  }

  @Override
  public void announce(Cluster cluster, Map<String, String> digests) {
    hosting.announce(cluster.key(), cluster.clusterId(), digests);
  }

  @Override
  public Optional<ObjectNode> inspect(Cluster cluster) {
    return hosting.inspect(cluster.key(), cluster.clusterId());
  }

  @Override
  public boolean hosted() {
    return true;
  }

  @Override
  public List<Found> inventory(Cluster cluster) {
    List<Found> found = new ArrayList<>();
    Set<String> types = new HashSet<>();
    models.forEach(model -> types.addAll(rules.apply(model.pkg()).types()));
    for (CloudResource resource : held(cluster)) {
      // A part that a model keeps beside its whole is no resource of a plan.
      if (types.contains(resource.type())) {
        found.add(new Found(resource.type(), resource.name(), resource.id()));
      }
    }
    return found;
  }

  @Override
  public Optional<NameHolder> nameHolder(Cluster cluster) {
    try {
      for (CloudModel model : models) {
        Optional<NameHolder> holder =
            Account.at(folder(model)).all().stream()
                .filter(r -> !r.cluster().equals(cluster.clusterId()))
                .filter(r -> model.isNameOf(cluster.spec(), r))
                .findFirst()
                .map(
                    r ->
                        new NameHolder(
                            r.cluster().isEmpty()
                                ? "somebody who did not say so"
                                : "cluster " + r.cluster(),
                            r.id()));
        if (holder.isPresent()) {
          return holder;
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<CloudResource> held(Cluster cluster) {
    List<CloudResource> held = new ArrayList<>();
    try {
      for (Path folder : accounts()) {
        List<CloudResource> all = lag.listed(Account.at(folder).all());
        Set<String> ids =
            cluster.clusterId().equals(ANY_ID)
                ? tagged(all, cluster.spec().fqdn())
                : Set.of(cluster.clusterId());
        all.stream().filter(r -> ids.contains(r.cluster())).forEach(held::add);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return held;
  }

  /// Ids of the clusters that ever had this FQDN. Types without tags are known by their maker.
  private static Set<String> tagged(List<CloudResource> all, String fqdn) {
    Set<String> ids = new HashSet<>();
    for (CloudResource resource : all) {
      // Each cloud has its own rules for the names of tags; the value is the same everywhere.
      if (resource.tags().entrySet().stream()
          .anyMatch(t -> t.getKey().endsWith("cluster") && t.getValue().equals(fqdn))) {
        ids.add(resource.cluster());
      }
    }
    return ids;
  }

  /// Simulated machines answer in less than a second, besides the modelled time.
  @Override
  public Duration patience() {
    long modelledMillis = 0;
    for (CloudModel model : models) {
      LatencyModel latency = LatencyModel.of(model.pkg());
      modelledMillis = Math.max(modelledMillis, latency.longest(BOOT).toMillis());
    }
    return PATIENCE.plusMillis((long) (modelledMillis * options.latency()));
  }

  @Override
  public Traces traces(String key) {
    return hosting.traces(key);
  }

  @Override
  public ObjectNode allotmentOf(List<Infrastructure.StateResource> resources) {
    return Hosting.allotmentOf(resources);
  }

  @Override
  public Remnant confirm(Cluster cluster, Infrastructure.StateResource resource) {
    if (resource.type().startsWith("sskuba:local:")) {
      return Remnants.of(
          LocalNetwork.of(cluster.allotment().path(Hosting.SLOT).asInt()),
          Hosting.indexes(cluster.allotment()),
          resource,
          host(cluster.key(), cluster.clusterId(), Map.of()));
    }
    String id = String.valueOf(resource.id());
    boolean there = held(cluster).stream().anyMatch(r -> r.id().equals(id));
    return new Remnant(
        resource.type(),
        id,
        resource.name(),
        !there,
        "look it up in the simulated account",
        there ? "still there" : "no such resource");
  }

  /// Host process and folders; then whatever the simulated accounts still hold of the cluster, what
  /// others need last.
  @Override
  public List<Remnant> sweep(String key, String clusterId) throws InterruptedException {
    List<Remnant> seen =
        new ArrayList<>(
            Remnants.sweep(
                hosting.runtime(key, clusterId),
                hosting.disks(key),
                host(key, clusterId, Map.of())));
    try {
      for (CloudModel model : models) {
        seen.addAll(sweep(model, clusterId));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return seen;
  }

  private List<Remnant> sweep(CloudModel model, String clusterId) throws IOException {
    Account account = Account.at(folder(model));
    List<Remnant> seen = new ArrayList<>();
    List<CloudResource> left = mine(account, model, clusterId);
    boolean progress = true;
    while (progress && !left.isEmpty()) {
      progress = false;
      for (CloudResource resource : left.reversed()) {
        if (remove(model, account, resource)) {
          progress = true;
          seen.add(remnant(resource, true, "was left over; removed, then looked up: not there"));
        }
      }
      left = mine(account, model, clusterId);
    }
    left.forEach(r -> seen.add(remnant(r, false, "still in use by others")));
    return seen;
  }

  private static List<CloudResource> mine(Account account, CloudModel model, String clusterId)
      throws IOException {
    return account.of(clusterId).stream()
        .filter(r -> r.type().startsWith(model.pkg() + ":"))
        .toList();
  }

  private boolean remove(CloudModel model, Account account, CloudResource resource)
      throws IOException {
    try {
      account.change(
          view -> {
            if (view.find(resource.id()).isPresent()) {
              model.delete(
                  new CloudRequest(
                      resource.type(), resource.name(), Map.of(), null, Scenario.NONE, time.now()),
                  resource,
                  view);
              view.remove(resource.id());
            }
            return true;
          });
      return true;
    } catch (CloudFault e) {
      return false;
    }
  }

  private static Remnant remnant(CloudResource resource, boolean gone, String observed) {
    return new Remnant(
        resource.type(),
        resource.id(),
        resource.name(),
        gone,
        "list the simulated account by the cluster's id",
        observed);
  }

  /// - Note: a machine counts until its Talos API answers; a load balancer's checks begin later,
  ///   see [#healthChecks].
  @Override
  public Modelled modelled(InfraPlan plan, String operation) {
    Duration full = chain(plan, operation);
    return new Modelled(full, waited(full));
  }

  @Override
  public Modelled healthChecks(InfraPlan plan) {
    Duration full = Duration.ZERO;
    for (InfraPlan.Resource resource : plan.resources()) {
      if (!modelled.of("create", resource.name()).isZero()) {
        full = max(full, after(resource.type(), List.of(HEALTHY)));
      }
    }
    return new Modelled(full, waited(full));
  }

  private Duration chain(InfraPlan plan, String operation) {
    boolean forward = operation.equals("create");
    return chain(
        plan,
        forward,
        r -> modelled.of(operation, r.name()),
        r ->
            forward && !modelled.of(operation, r.name()).isZero()
                ? after(r.type(), List.of(BOOT))
                : Duration.ZERO);
  }

  /// The longest chain of what each resource takes.
  ///
  /// @param later what comes after the provider's answer: a boot, health checks
  private static Duration chain(
      InfraPlan plan,
      boolean forward,
      Function<InfraPlan.Resource, Duration> takes,
      Function<InfraPlan.Resource, Duration> later) {
    Map<String, Duration> begins = new LinkedHashMap<>();
    Map<String, Duration> ends = new LinkedHashMap<>();
    Duration longest = Duration.ZERO;
    for (InfraPlan.Resource resource : forward ? plan.resources() : plan.resources().reversed()) {
      Duration begin = begins.getOrDefault(resource.name(), Duration.ZERO);
      if (forward) {
        for (String needed : InfraPlan.needs(resource)) {
          begin = max(begin, ends.getOrDefault(needed, Duration.ZERO));
        }
      }
      Duration end = begin.plus(takes.apply(resource));
      ends.put(resource.name(), end);
      longest = max(longest, end.plus(later.apply(resource)));
      if (!forward) {
        for (String needed : InfraPlan.needs(resource)) {
          begins.merge(needed, end, RehearsedPlatform::max);
        }
      }
    }
    return longest;
  }

  /// - Note: what the plan no longer has goes after the rest, all of it at once: which of it needs
  ///   which is in no plan.
  @Override
  public Optional<Duration> expected(InfraPlan plan, List<Infrastructure.Step> steps) {
    Map<String, String> operations = new HashMap<>();
    Set<String> planned = new HashSet<>();
    plan.resources().forEach(r -> planned.add(r.type() + "::" + r.name()));
    Duration goes = Duration.ZERO;
    for (Infrastructure.Step step : steps) {
      String key = step.type() + "::" + step.name();
      operations.put(key, step.op());
      if (step.op().equals("delete") && !planned.contains(key)) {
        goes = max(goes, takes(step.type(), "delete"));
      }
    }
    Function<InfraPlan.Resource, String> operation =
        r -> operations.getOrDefault(r.type() + "::" + r.name(), "same");
    Duration makes =
        chain(
            plan,
            true,
            r -> takes(r.type(), operation.apply(r)),
            r ->
                Set.of("create", "replace").contains(operation.apply(r))
                    ? after(r.type(), List.of(BOOT, HEALTHY))
                    : Duration.ZERO);
    return Optional.of(makes.plus(goes));
  }

  private LatencyModel latency(CloudModel model) {
    return latencies.computeIfAbsent(model.pkg(), LatencyModel::of);
  }

  private Duration takes(String type, String operation) {
    LatencyModel latency = null;
    for (CloudModel model : models) {
      // What is this machine's own takes no modelled time.
      if (type.startsWith(model.pkg() + ":")
          && !type.startsWith(LocalProvider.PACKAGE + ":local:")) {
        latency = latency(model);
      }
    }
    if (latency == null) {
      return Duration.ZERO;
    }
    return switch (operation) {
      case "create", "update", "delete" -> latency.of(type, operation);
      case "replace" -> latency.of(type, "create").plus(latency.of(type, "delete"));
      default -> Duration.ZERO;
    };
  }

  @Override
  public Map<String, String> providerVersions() {
    return target.providerVersions();
  }

  private Duration after(String type, List<String> waits) {
    Duration later = Duration.ZERO;
    for (CloudModel model : models) {
      LatencyModel latency = latency(model);
      for (String what : waits) {
        later = max(later, latency.find(type, what).orElse(Duration.ZERO));
      }
    }
    return later;
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
