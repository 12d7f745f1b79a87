package io.sskuba.rehearsal.machine;

import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.talos.api.machine.MachineStatusEvent;
import io.sskuba.talos.api.machine.MachineStatusEvent.MachineStatus.UnmetCondition;
import io.sskuba.talos.api.machine.ServiceInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One simulated Talos machine: the Talos v1.13 machine API on the wire at port 50000 of its twin,
/// with its boot, maintenance mode, installation, services, reboot and reset.
///
/// What it runs beside its API comes from [NodeServices]. Its config is only in the memory-backed
/// folder of its identity, so a new host process finds it again; see [MachineStore].
/// - Thread: any. Work goes on in virtual threads; [#powerOn] returns at once.
/// - Source: Talos v1.13.9, read and measured; differences: `docs/design/machines.md`.
public final class SimMachine implements AutoCloseable {
  /// What a machine needs from its host.
  ///
  /// @param probe how `talosctl health` sees Kubernetes
  public record Options(
      TimeSource time,
      RandomSource random,
      BootTimes bootTimes,
      ConfigGate gate,
      MachineLog log,
      ClusterProbe probe) {
    /// Short times, real clock, open gate: for tests.
    public static Options quick() {
      return new Options(
          TimeSource.system(),
          RandomSource.system(),
          BootTimes.QUICK,
          ConfigGate.OPEN,
          MachineLog.NONE,
          ClusterProbe.NONE);
    }

    public Options gate(ConfigGate other) {
      return new Options(time, random, bootTimes, other, log, probe);
    }

    public Options log(MachineLog other) {
      return new Options(time, random, bootTimes, gate, other, probe);
    }
  }

  private final MachineIdentity identity;
  private final NodeServices services;
  private final MachineNetwork network;
  private final Options options;
  private final MachineStore store;
  private final EventStream events;
  private final OwnServices own;
  private final KernelLog kernel;
  private final ApiIdentity apiIdentity;
  private final Sequencer sequencer;
  private final ConfigApply apply;
  private final Resources resources;
  private final AtomicBoolean closed = new AtomicBoolean();

  // Guarded by `this`, as is waiting for changes of them.
  private Stage stage = Stage.OFF;
  private @Nullable MachineConfigView config;
  private String bootId = "";
  private Instant bootedAt = Instant.EPOCH;
  private long changes;
  private Stage.@Nullable Status published;

  public SimMachine(
      MachineIdentity identity, NodeServices services, MachineNetwork network, Options options) {
    this.identity = identity;
    this.services = services;
    this.network = network;
    this.options = options;
    this.store = new MachineStore(identity);
    this.events = new EventStream(options.time(), options.random().bytes(5));
    this.own = new OwnServices(options.time(), events);
    this.kernel = new KernelLog(identity, options.time());
    this.apiIdentity = new ApiIdentity(identity, network, options.time(), options.random());
    this.resources = new Resources(this);
    this.sequencer = new Sequencer(this);
    this.apply = new ConfigApply(this);
    network.join(this);
  }

  /// Starts the boot. Idempotent: a machine that is on stays as it is.
  public void powerOn() {
    sequencer.powerOn();
  }

  /// Cuts the power: the API is gone, every process of the machine is ended, data and config stay.
  /// Idempotent.
  public void powerOff() {
    sequencer.powerOff();
  }

  /// Powers off, and leaves the network. Idempotent.
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      powerOff();
      network.leave(this);
    }
  }

  public MachineIdentity identity() {
    return identity;
  }

  public NodeServices services() {
    return services;
  }

  public synchronized Stage stage() {
    return stage;
  }

  /// Whether it has a config, and so left maintenance mode.
  public synchronized boolean configured() {
    return config != null;
  }

  public synchronized Optional<MachineConfigView> config() {
    return Optional.ofNullable(config);
  }

  /// Fingerprint of the key that it shows in maintenance mode, as `talosctl apply-config
  /// --cert-fingerprint` takes it: base64 of the SHA-256 of the SPKI. It changes when a machine
  /// without a config boots.
  public String fingerprint() {
    return apiIdentity.fingerprint();
  }

  /// What ended the machine's boot, if something did: for example an address in use.
  public Optional<String> failure() {
    return sequencer.failure();
  }

  public synchronized String bootId() {
    return bootId;
  }

  public String hostname() {
    return config().map(view -> Hostnames.of(identity, view)).orElse(identity.name());
  }

  // What follows is for the machine's own parts.

  MachineNetwork network() {
    return network;
  }

  Options options() {
    return options;
  }

  TimeSource time() {
    return options.time();
  }

  MachineStore store() {
    return store;
  }

  EventStream events() {
    return events;
  }

  OwnServices own() {
    return own;
  }

  KernelLog kernel() {
    return kernel;
  }

  ApiIdentity apiIdentity() {
    return apiIdentity;
  }

  Sequencer sequencer() {
    return sequencer;
  }

  ConfigApply apply() {
    return apply;
  }

  Resources resources() {
    return resources;
  }

  synchronized Instant bootedAt() {
    return bootedAt;
  }

  synchronized void booted(String id, Instant at) {
    bootId = id;
    bootedAt = at;
    published = null;
    changed();
  }

  synchronized void config(@Nullable MachineConfigView next) {
    config = next;
    changed();
  }

  void stage(Stage next) {
    synchronized (this) {
      stage = next;
      changed();
    }
    kernel.talos("machine stage: " + next.word());
    publishStatus();
  }

  synchronized void changed() {
    changes++;
    notifyAll();
  }

  /// Waits for something to change, at most `limit`; returns the number of changes so far.
  synchronized long awaitChange(long seen, Duration limit) throws InterruptedException {
    if (changes == seen) {
      wait(Math.max(1, limit.toMillis()));
    }
    return changes;
  }

  boolean controlPlane() {
    return config().map(MachineConfigView::controlPlane).orElse(false);
  }

  /// Whether requests for other machines are passed on: only a control plane has what it takes.
  boolean forwards() {
    return controlPlane();
  }

  boolean isCalled(String name) {
    return name.isEmpty()
        || name.equals(identity.address())
        || name.equals(identity.twin())
        || name.equals(identity.name())
        || name.equals(hostname());
  }

  /// Another machine of this cluster, by what a request calls it. Errors: `UNAVAILABLE`, in the
  /// words of the dial that fails.
  SimMachine peer(String name) throws StatusException {
    if (isCalled(name)) {
      return this;
    }
    Optional<SimMachine> found = network.find(name);
    if (found.isEmpty()) {
      throw dialError(name, "connect: no route to host");
    }
    SimMachine other = found.get();
    if (!other.sequencer().listening()) {
      throw dialError(name, "connect: connection refused");
    }
    Optional<MachineConfigView> theirs = other.config();
    if (theirs.isEmpty() || !ConfigFacts.sameCluster(theirs.get(), config().orElseThrow())) {
      throw Statuses.of(
          Status.Code.UNAVAILABLE,
          "connection error: desc = \"transport: authentication handshake failed: tls: failed to"
              + " verify certificate: x509: certificate signed by unknown authority\"");
    }
    return other;
  }

  private static StatusException dialError(String name, String reason) {
    return Statuses.of(
        Status.Code.UNAVAILABLE,
        "connection error: desc = \"transport: Error while dialing: dial tcp "
            + name
            + ":"
            + ApiServer.PORT
            + ": "
            + reason
            + "\"");
  }

  /// trustd: the authorities for another machine's certificate, if that machine knows the token.
  Optional<SecretsBundle> signsFor(MachineConfigView other) {
    Optional<MachineConfigView> mine = config();
    if (mine.isEmpty() || !own.running("trustd") || !ConfigFacts.sameCluster(mine.get(), other)) {
      return Optional.empty();
    }
    return ConfigFacts.authorities(mine.get());
  }

  /// Its own services and those of [NodeServices], sorted by id.
  List<ServiceInfo> serviceList() {
    Map<String, ServiceInfo> all = new TreeMap<>();
    for (ServiceInfo info : own.list()) {
      all.put(info.getId(), info);
    }
    if (sequencer.nodeServicesStarted()) {
      for (NodeServices.ServiceState state : services.services()) {
        all.put(state.id(), OwnServices.info(state));
      }
    }
    return List.copyOf(all.values());
  }

  /// Stage and readiness, worked out anew.
  Stage.Status status() {
    Stage now = stage();
    List<UnmetCondition> unmet = new ArrayList<>();
    if (now == Stage.BOOTING || now == Stage.RUNNING) {
      String problems = unmetServices();
      if (!problems.isEmpty()) {
        unmet.add(UnmetCondition.newBuilder().setName("services").setReason(problems).build());
      }
    }
    return new Stage.Status(now, unmet);
  }

  private String unmetServices() {
    Map<String, ServiceInfo> found = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    for (ServiceInfo info : serviceList()) {
      if (!info.getState().equals("Running")) {
        problems.add(info.getId() + " not running");
        continue;
      }
      found.put(info.getId(), info);
      if (!info.getHealth().getUnknown() && !info.getHealth().getHealthy()) {
        problems.add(info.getId() + " not healthy");
      }
    }
    List<String> required = new ArrayList<>(List.of("apid", "machined", "kubelet"));
    if (controlPlane()) {
      required.addAll(List.of("etcd", "trustd"));
    }
    for (String id : required) {
      if (!found.containsKey(id) && !problems.contains(id + " not running")) {
        problems.add(id + " not running");
      }
    }
    return String.join(", ", problems);
  }

  /// Tells the event stream of a new stage or readiness.
  void publishStatus() {
    Stage.Status status = status();
    synchronized (this) {
      if (status.equals(published)) {
        return;
      }
      published = status;
    }
    events.publish(
        MachineStatusEvent.newBuilder()
            .setStage(status.stage().wire())
            .setStatus(
                MachineStatusEvent.MachineStatus.newBuilder()
                    .setReady(status.ready())
                    .addAllUnmetConditions(status.unmet()))
            .build(),
        "");
  }

  /// Configured machines of the same cluster that are on, this one included.
  List<SimMachine> members() {
    Optional<MachineConfigView> mine = config();
    if (mine.isEmpty()) {
      return List.of();
    }
    return network.machines().stream()
        .filter(peer -> peer.stage() != Stage.OFF)
        .filter(
            peer ->
                peer.config()
                    .map(theirs -> ConfigFacts.sameCluster(theirs, mine.get()))
                    .orElse(false))
        .sorted(Comparator.comparing(SimMachine::hostname))
        .toList();
  }

  void log(String text) {
    options.log().line(identity.name(), text);
  }

  @Override
  public String toString() {
    return "SimMachine[" + identity.name() + " " + identity.address() + " " + stage() + "]";
  }
}
