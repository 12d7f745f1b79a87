package io.sskuba.rehearsal.plane;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.net.AddressMap;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.rehearsal.kubelet.BootstrapManifests;
import io.sskuba.rehearsal.kubelet.Kubelets;
import io.sskuba.rehearsal.kubelet.ManifestApplier;
import io.sskuba.rehearsal.machine.MachineConfigView;
import io.sskuba.rehearsal.machine.MachineIdentity;
import io.sskuba.rehearsal.machine.NodeServices;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The real control plane of one machine (etcd, kube-apiserver, kube-controller-manager,
/// kube-scheduler) and its simulated kubelet, as the machine's configuration asks for them.
///
/// Order of a start: etcd; the API server as soon as etcd listens; controller-manager and scheduler
/// once the API server has its RBAC roles (earlier they exit for lack of them), some tenths of a
/// second before it is ready. What dies is started again, see [PeerProcess].
/// - Thread: any, one call at a time ([NodeServices]).
/// - Limits: no wait of its own without a deadline; a process ends within [PlaneDeviations#GRACE].
/// - Errors: what goes wrong in the background is in [#services] and [#problem].
public final class PlaneServices implements NodeServices {
  /// Names of the programs that the constructor needs.
  public static final List<String> PROGRAMS =
      List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler");

  private static final Duration PROMOTE_INTERVAL = Duration.ofMillis(100);
  private static final Duration PROMOTE_LIMIT = Duration.ofMinutes(10);
  private static final Duration LEAVE_LIMIT = Duration.ofSeconds(10);
  private static final Duration MANIFESTS_LIMIT = Duration.ofMinutes(5);
  private static final String READY = "/readyz";
  private static final String ROLES_READY = "/readyz/poststarthook/rbac/bootstrap-roles";
  private static final Duration READY_LIMIT = Duration.ofSeconds(2);

  private final MachineIdentity identity;
  private final Supplier<AddressMap> addresses;
  private final Map<String, Path> binaries;
  private final Kubelets kubelets;
  private final PlaneCluster cluster;
  private final TimeSource time;
  private final RandomSource random;
  private final ProcessTable table;
  private final Path etcdData;
  private final ServiceLine etcdLine;
  private final Map<String, PeerProcess> processes = new ConcurrentHashMap<>();
  private final Map<String, Problem> problems = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean running;
  private volatile boolean stopping;
  private volatile boolean bootstrapRequested;
  private volatile boolean apiReady;

  /// When it became so, by the monotonic clock.
  private volatile long apiReadyNanos;

  private volatile @Nullable PlaneConfig config;
  private volatile @Nullable PlaneFiles files;
  private volatile @Nullable EgressDoor door;

  /// @param addresses all addresses of the cluster, its nodes' and its endpoint's, as they are now
  /// @param binaries [#PROGRAMS]
  public PlaneServices(
      MachineIdentity identity,
      Supplier<AddressMap> addresses,
      Map<String, Path> binaries,
      Kubelets kubelets,
      PlaneCluster cluster,
      TimeSource time,
      RandomSource random) {
    this.identity = identity;
    this.addresses = addresses;
    this.binaries = Map.copyOf(binaries);
    this.kubelets = kubelets;
    this.cluster = cluster;
    this.time = time;
    this.random = random;
    this.table = new ProcessTable(identity.memory());
    this.etcdData = identity.disk().resolve("etcd");
    this.etcdLine = new ServiceLine("etcd", time);
  }

  @Override
  public synchronized void start(MachineConfigView view) {
    if (running) {
      return;
    }
    PlaneConfig wanted = new PlaneConfig(view);
    config = wanted;
    stopping = false;
    running = true;
    problems.clear();
    background("kubelet", () -> startKubelet(wanted));
    if (wanted.controlPlane()) {
      etcdLine.state("Preparing", "Running pre state");
      background("plane", () -> runPlane(wanted));
    }
  }

  private void background(String name, Work work) {
    threads.removeIf(thread -> !thread.isAlive());
    threads.add(
        Thread.ofVirtual()
            .name(name + "-" + identity.name())
            .start(
                () -> {
                  try {
                    work.run();
                  } catch (InterruptedException e) {
                    // stop() asked for it.
                  } catch (IOException | RuntimeException e) {
                    failed(name, String.valueOf(e.getMessage()));
                  }
                }));
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private void failed(String what, String cause) {
    if (stopping) {
      return;
    }
    problems.put(
        what,
        Problem.of(ProblemCode.PEER_DIED, what + " on " + identity.name() + " does not run")
            .fact("cause", cause)
            .next("sskuba-ctl doctor"));
    if (what.equals("etcd") || what.equals("plane")) {
      etcdLine.state("Failed", "Failed: " + cause);
    }
  }

  private void startKubelet(PlaneConfig wanted) {
    kubelets.start(NodeSpecs.kubelet(identity, wanted, addresses.get(), cluster));
  }

  private void runPlane(PlaneConfig wanted) throws IOException, InterruptedException {
    PlaneFiles made = new PlaneFiles(identity, wanted, time, random);
    files = made;
    AtomicFiles.privateFolder(identity.memory());
    made.write();
    door = EgressDoor.open(made.doorSocket(), addresses);
    PlaneFlags flags = new PlaneFlags(identity, wanted, made);
    boolean alone = cluster.controlPlanes().size() <= 1;
    List<String> apiServer =
        flags.apiServer(log().resolve("audit/kube-apiserver.log"), cluster.callsWebhooks());
    List<String> manager = flags.controllerManager(alone);
    List<String> scheduler = flags.scheduler(alone);
    AtomicFiles.privateFolder(log().resolve("audit"));
    EtcdClient own = new EtcdClient(made.etcdClient(), identity.twin());

    EtcdStart how = awaitEtcdStart(wanted, made);
    AtomicFiles.privateFolder(etcdData);
    run("etcd", flags.etcd(etcdData, how.initialCluster(), how.first()));
    background("etcd-health", () -> watchEtcd(own));
    awaitEtcd(how);
    if (!how.first()) {
      awaitVote(made);
    }
    run("kube-apiserver", apiServer);
    background("manifests", () -> applyManifests(wanted, made));
    background("node", () -> describeNode(wanted, made));
    awaitApi(wanted, made, ROLES_READY);
    if (!wanted.disabled("controllerManager")) {
      run("kube-controller-manager", manager);
    }
    if (!wanted.disabled("scheduler")) {
      run("kube-scheduler", scheduler);
    }
    awaitApi(wanted, made, READY);
    apiReadyNanos = time.nanos();
    apiReady = true;
    problems.remove("kube-apiserver");
    watchApi(wanted, made);
  }

  /// @param initialCluster `name=peerUrl,…`
  /// @param first whether this member makes the cluster
  private record EtcdStart(String initialCluster, boolean first) {}

  /// Data, a bootstrap, or members that run: whichever comes first.
  private EtcdStart awaitEtcdStart(PlaneConfig wanted, PlaneFiles made)
      throws InterruptedException {
    String name = wanted.hostname(identity.name());
    String self = name + "=" + PlaneFlags.peerUrl(identity.twin());
    while (true) {
      if (hasData()) {
        return new EtcdStart(self, false);
      }
      if (bootstrapRequested) {
        return new EtcdStart(self, true);
      }
      for (PlaneCluster.Peer peer : others()) {
        if (!listens(peer.twin(), PlaneDeviations.ETCD_CLIENT_PORT)) {
          continue;
        }
        try {
          return join(new EtcdClient(made.etcdClient(), peer.twin()), name);
        } catch (IOException e) {
          etcdLine.state("Preparing", "waiting to join: " + e.getMessage());
        }
      }
      time.sleep(PlaneDeviations.JOIN_INTERVAL);
    }
  }

  /// Adds this machine as a learner, after removing what an earlier life of it left.
  private EtcdStart join(EtcdClient member, String name) throws IOException {
    String url = PlaneFlags.peerUrl(identity.twin());
    for (EtcdClient.Member known : member.members()) {
      if (known.name().equals(name) || known.peerUrls().contains(url)) {
        member.remove(known.id());
      }
    }
    long id = member.addLearner(url);
    List<String> initial = new ArrayList<>();
    for (EtcdClient.Member known : member.members()) {
      String knownName = known.id() == id ? name : known.name();
      known.peerUrls().forEach(peerUrl -> initial.add(knownName + "=" + peerUrl));
    }
    return new EtcdStart(String.join(",", initial), false);
  }

  /// Waits until this member votes. A learner is promoted by any other member once it caught up;
  /// one that was killed before that is still a learner when it comes back.
  private void awaitVote(PlaneFiles made) throws IOException, InterruptedException {
    String url = PlaneFlags.peerUrl(identity.twin());
    Deadline deadline = Deadline.after(time, PROMOTE_LIMIT);
    String last = "no member answers";
    while (!deadline.passed()) {
      List<String> twins = new ArrayList<>(others().stream().map(PlaneCluster.Peer::twin).toList());
      twins.add(identity.twin());
      for (String twin : twins) {
        if (!listens(twin, PlaneDeviations.ETCD_CLIENT_PORT)) {
          continue;
        }
        EtcdClient member = new EtcdClient(made.etcdClient(), twin);
        try {
          for (EtcdClient.Member known : member.members()) {
            if (known.peerUrls().contains(url)) {
              if (!known.learner()) {
                return;
              }
              member.promote(known.id());
              return;
            }
          }
          last = "this machine is no member any more";
        } catch (IOException e) {
          last = String.valueOf(e.getMessage());
        }
      }
      time.sleep(PROMOTE_INTERVAL);
    }
    throw new IOException("etcd does not vote: " + last);
  }

  private void run(String name, List<String> arguments) {
    Path binary = binaries.get(name);
    if (binary == null) {
      throw new IllegalStateException("no program " + name);
    }
    List<String> command = new ArrayList<>();
    command.add(binary.toString());
    command.addAll(arguments);
    Map<String, String> environment = PlaneDeviations.ENVIRONMENT.getOrDefault(name, Map.of());
    PeerProcess process =
        new PeerProcess(
            name,
            command,
            environment,
            log().resolve(name + ".log"),
            table,
            time,
            new PeerProcess.Listener() {
              @Override
              public void prepare() throws IOException {
                PlaneFiles made = files;
                if (made != null) {
                  made.write();
                }
              }

              @Override
              public void started(long pid) {
                if (name.equals("etcd")) {
                  etcdLine.state(
                      "Running", "Started task etcd (PID " + pid + ") for container etcd");
                }
              }

              @Override
              public void died(String cause) {
                if (name.equals("kube-apiserver")) {
                  apiReady = false;
                }
                failed(name, cause);
              }
            });
    synchronized (this) {
      if (stopping) {
        return;
      }
      processes.put(name, process);
    }
    process.start();
  }

  /// A first member only has to listen, and elects itself while the API server loads; one among
  /// others must have its quorum.
  private void awaitEtcd(EtcdStart how) throws InterruptedException {
    while (!(how.first()
        ? listens(identity.twin(), PlaneDeviations.ETCD_CLIENT_PORT)
        : etcdLine.healthy())) {
      time.sleep(PlaneDeviations.START_INTERVAL);
    }
  }

  private void watchEtcd(EtcdClient own) throws InterruptedException {
    boolean healthy = false;
    while (true) {
      healthy = own.healthy();
      if (healthy) {
        etcdLine.health(true, "Health check successful");
        problems.remove("etcd");
      } else if (etcdLine.healthy()) {
        etcdLine.health(false, "etcd does not answer or has no leader");
      }
      time.sleep(healthy ? PlaneDeviations.HEALTH_INTERVAL : PlaneDeviations.ASK_INTERVAL);
    }
  }

  private void awaitListening(PlaneConfig wanted) throws InterruptedException {
    while (!listens(identity.twin(), wanted.apiPort())) {
      time.sleep(PlaneDeviations.START_INTERVAL);
    }
  }

  private void awaitApi(PlaneConfig wanted, PlaneFiles made, String path)
      throws InterruptedException {
    TlsClient client = made.kubeClient();
    awaitListening(wanted);
    while (!ready(client, wanted.apiPort(), path)) {
      time.sleep(PlaneDeviations.ASK_INTERVAL);
    }
  }

  private void watchApi(PlaneConfig wanted, PlaneFiles made) throws InterruptedException {
    TlsClient client = made.kubeClient();
    while (true) {
      boolean now = ready(client, wanted.apiPort(), READY);
      if (now && !apiReady) {
        apiReadyNanos = time.nanos();
      }
      apiReady = now;
      if (now) {
        problems.remove("kube-apiserver");
      }
      problems
          .keySet()
          .removeIf(
              name -> {
                PeerProcess process = processes.get(name);
                return process != null && process.alive() && process.steady();
              });
      time.sleep(now ? PlaneDeviations.HEALTH_INTERVAL : PlaneDeviations.JOIN_INTERVAL);
    }
  }

  private boolean ready(TlsClient client, int port, String path) {
    if (!listens(identity.twin(), port)) {
      return false;
    }
    try {
      return client.get(identity.twin(), port, path, READY_LIMIT).code() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /// Talos's bootstrap manifests, the ones that let kubelets join first; tried again while the API
  /// server cannot take them yet.
  private void applyManifests(PlaneConfig wanted, PlaneFiles made) throws InterruptedException {
    while (!listens(identity.twin(), wanted.apiPort())) {
      time.sleep(PlaneDeviations.START_INTERVAL);
    }
    try (KubeApi api = made.kubeApi()) {
      ManifestApplier.apply(api, BootstrapManifests.of(wanted.view()), time, MANIFESTS_LIMIT);
    }
  }

  /// Role label and taints of this machine's Node, once it has registered.
  private void describeNode(PlaneConfig wanted, PlaneFiles made)
      throws IOException, InterruptedException {
    NodeAccess access = new NodeAccess(made.kubeClient(), identity.twin(), wanted.apiPort());
    String node = wanted.nodeName(identity.name());
    while (true) {
      try {
        if (apiReady && access.describe(node, wanted.labels(), wanted.taints())) {
          return;
        }
      } catch (IOException e) {
        // The API server is busy or gone for a moment: the next look tells.
      }
      time.sleep(PlaneDeviations.JOIN_INTERVAL);
    }
  }

  private static boolean listens(String twin, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(twin, port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private List<PlaneCluster.Peer> others() {
    return cluster.controlPlanes().stream()
        .filter(peer -> !peer.twin().equals(identity.twin()))
        .toList();
  }

  private boolean hasData() {
    return Files.isDirectory(etcdData.resolve("member"));
  }

  private Path log() {
    return identity.disk().resolve("log");
  }

  @Override
  public void bootstrap() throws Refused {
    PlaneConfig wanted = config;
    if (!running || wanted == null) {
      throw new Refused("FAILED_PRECONDITION", "bootstrap is not available yet");
    }
    if (!wanted.controlPlane()) {
      throw new Refused("UNIMPLEMENTED", "bootstrap is only available on control plane nodes");
    }
    if (hasData()) {
      throw new Refused("ALREADY_EXISTS", "etcd data directory is not empty");
    }
    bootstrapRequested = true;
  }

  @Override
  public List<ServiceState> services() {
    List<ServiceState> services = new ArrayList<>();
    PlaneConfig wanted = config;
    if (wanted == null) {
      return services;
    }
    if (wanted.controlPlane()) {
      services.add(etcdLine.snapshot());
    }
    services.add(kubelets.service(wanted.nodeName(identity.name())));
    return services;
  }

  @Override
  public List<Member> etcdMembers() throws Refused {
    PlaneFiles made = files;
    PeerProcess etcd = processes.get("etcd");
    if (made == null || etcd == null || !etcd.alive()) {
      throw new Refused("UNAVAILABLE", "etcd does not run on this machine");
    }
    try {
      return new EtcdClient(made.etcdClient(), identity.twin())
          .members().stream()
              .map(
                  m ->
                      new Member(
                          m.id(),
                          m.name(),
                          m.peerUrls().stream().map(this::clusterUrl).toList(),
                          m.clientUrls().stream().map(this::clusterUrl).toList(),
                          m.learner()))
              .toList();
    } catch (IOException e) {
      throw new Refused("UNAVAILABLE", "etcd: " + e.getMessage());
    }
  }

  /// A URL as Talos would show it: with the cluster's address for the twin.
  private String clusterUrl(String url) {
    java.net.URI uri = java.net.URI.create(url);
    return uri.getHost() == null
        ? url
        : url.replace(uri.getHost(), addresses.get().address(uri.getHost()));
  }

  @Override
  public @Nullable Path log(String service) {
    Path file =
        service.equals("audit")
            ? log().resolve("audit/kube-apiserver.log")
            : log().resolve(service + ".log");
    boolean known = service.matches("[a-z-]{1,40}");
    return known && Files.isRegularFile(file) ? file : null;
  }

  /// Whether this machine's API server answered `/readyz` with ok when last asked.
  public boolean apiReady() {
    return apiReady;
  }

  /// Whether it did for this long: what a health check of several looks would say.
  public boolean apiReadyFor(Duration checks) {
    return apiReady && time.nanos() - apiReadyNanos >= checks.toNanos();
  }

  /// Port of the API server as configured; [PlaneDeviations#API_PORT] before there is a config.
  public int apiPort() {
    PlaneConfig wanted = config;
    return wanted == null ? PlaneDeviations.API_PORT : wanted.apiPort();
  }

  /// What keeps this machine's control plane from running, with the last log lines as its cause.
  public Optional<Problem> problem() {
    return problems.values().stream().findFirst();
  }

  /// A program that dies again and again as soon as it starts.
  ///
  /// @param cause exit status and last log lines
  public record Dying(String program, int deaths, String cause) {}

  /// Empty once a program has run for a while.
  public Optional<Dying> dying() {
    for (PeerProcess process : processes.values()) {
      @Nullable Problem problem = problems.get(process.name());
      boolean recovered = process.alive() && process.steady();
      if (problem != null && process.restarts() > 0 && !recovered) {
        return Optional.of(
            new Dying(process.name(), process.restarts(), problem.facts().getFirst().value()));
      }
    }
    return Optional.empty();
  }

  /// This machine's API server as administrator, for the host's own looks at the cluster; empty
  /// before it is configured. The caller closes it.
  public Optional<KubeApi> admin() {
    @Nullable PlaneFiles made = files;
    return made == null || !apiReady ? Optional.empty() : Optional.of(made.kubeApi());
  }

  /// Pids of the programs that run, by name.
  public Map<String, Long> pids() {
    Map<String, Long> pids = new java.util.TreeMap<>();
    processes.forEach((name, process) -> process.pid().ifPresent(pid -> pids.put(name, pid)));
    return pids;
  }

  @Override
  public synchronized void leave() {
    stopping = true;
    interruptAll();
    stopKubelet();
    PlaneFiles made = files;
    end(List.of("kube-scheduler", "kube-controller-manager", "kube-apiserver"));
    PeerProcess etcd = processes.get("etcd");
    if (made != null && etcd != null && etcd.alive()) {
      removeSelf(new EtcdClient(made.etcdClient(), identity.twin()));
    }
    stop();
  }

  /// The last member cannot leave: there would be no cluster. One that is gone already, or has no
  /// quorum, is removed by who joins in its place.
  private void removeSelf(EtcdClient own) {
    Deadline deadline = Deadline.after(time, LEAVE_LIMIT);
    while (true) {
      try {
        if (own.members().size() > 1) {
          own.remove(own.self());
        }
        return;
      } catch (IOException e) {
        etcdLine.state("Stopping", "leaving: " + e.getMessage());
        if (deadline.passed()) {
          return;
        }
      }
      try {
        time.sleep(PROMOTE_INTERVAL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public synchronized void stop() {
    stopping = true;
    interruptAll();
    stopKubelet();
    // The API server first: once etcd is gone it hangs on SIGTERM.
    end(List.of("kube-scheduler", "kube-controller-manager", "kube-apiserver"));
    end(List.of("etcd"));
    EgressDoor open = door;
    if (open != null) {
      open.close();
      door = null;
    }
    if (running && config != null && config.controlPlane()) {
      etcdLine.state("Finished", "Service finished successfully");
    }
    apiReady = false;
    running = false;
  }

  @Override
  public synchronized void kill() {
    stopping = true;
    // All at once, and before anything waits: nothing of what they hold is wanted.
    processes.values().forEach(PeerProcess::kill);
    stop();
  }

  private void stopKubelet() {
    PlaneConfig wanted = config;
    if (running && wanted != null) {
      kubelets.stop(wanted.nodeName(identity.name()));
    }
  }

  private void interruptAll() {
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofSeconds(1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    threads.clear();
  }

  private void end(List<String> names) {
    List<PeerProcess> ending = new ArrayList<>();
    for (String name : names) {
      PeerProcess process = processes.remove(name);
      if (process != null) {
        process.end();
        ending.add(process);
      }
    }
    Deadline deadline = Deadline.after(time, PlaneDeviations.GRACE);
    for (PeerProcess process : ending) {
      try {
        process.await(deadline.left());
      } catch (InterruptedException e) {
        process.kill();
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public synchronized void wipe() throws IOException {
    bootstrapRequested = false;
    config = null;
    PlaneFiles made = files;
    if (made != null) {
      made.wipe();
      files = null;
    }
    AtomicFiles.deleteTree(etcdData);
    AtomicFiles.deleteTree(NodeSpecs.kubeletMemory(identity));
    AtomicFiles.deleteTree(log());
  }
}
