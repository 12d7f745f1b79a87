package io.sskuba.rehearsal.machine;

import io.sskuba.talos.api.machine.PhaseEvent;
import io.sskuba.talos.api.machine.ResetRequest;
import io.sskuba.talos.api.machine.SequenceEvent;
import io.sskuba.talos.api.machine.TaskEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a machine does one after another: boot, installation, reboot, reset, shutdown, with the
/// sequences, phases and tasks of Talos as events.
///
/// One sequence runs at a time; reboot, reset and shutdown take over from a boot that is under way.
/// - Source: Talos v1.13.9, `v1alpha1_sequencer`.
final class Sequencer {
  /// How often a boot looks for what it waits for.
  private static final Duration LOOK = Duration.ofMillis(50);

  private static final Duration LOOK_MAX = Duration.ofMillis(500);

  /// How long the end of a sequence that is taken over may take.
  private static final Duration TAKE_OVER_MAX = Duration.ofSeconds(30);

  /// How long clients may take to come back after a reboot and still learn that it is over.
  private static final Duration REBOOT_WATCHED = Duration.ofMinutes(2);

  /// A way to go down.
  enum Ending {
    REBOOT("reboot", Stage.REBOOTING),
    RESET("reset", Stage.RESETTING),
    SHUTDOWN("shutdown", Stage.SHUTTING_DOWN);

    private final String sequence;
    private final Stage stage;

    Ending(String sequence, Stage stage) {
      this.sequence = sequence;
      this.stage = stage;
    }
  }

  private final SimMachine machine;
  private @Nullable Thread running;
  private boolean on;
  private boolean ending;
  private volatile @Nullable ApiServer api;
  private volatile boolean nodeServicesStarted;
  private volatile @Nullable String failure;

  Sequencer(SimMachine machine) {
    this.machine = machine;
  }

  boolean listening() {
    return api != null;
  }

  boolean nodeServicesStarted() {
    return nodeServicesStarted;
  }

  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  synchronized void powerOn() {
    if (on) {
      return;
    }
    on = true;
    ending = false;
    failure = null;
    machine.apiIdentity().forget();
    running = Thread.ofVirtual().name("boot-" + machine.identity().name()).start(this::boots);
  }

  synchronized void powerOff() {
    if (!on) {
      return;
    }
    on = false;
    end(running);
    machine.services().stop();
    nodeServicesStarted = false;
    goDark();
    machine.own().clear();
    machine.config(null);
    machine.stage(Stage.OFF);
  }

  /// Starts to go down; ignored, with a line in the log, when that is already under way.
  ///
  /// @param actor id that the request was answered with
  synchronized void request(Ending how, String actor, @Nullable ResetRequest reset) {
    if (!on || ending) {
      machine.kernel().talos(how.sequence + " failed: sequence is locked");
      return;
    }
    ending = true;
    Thread before = running;
    running =
        Thread.ofVirtual()
            .name(how.sequence + "-" + machine.identity().name())
            .start(
                () -> {
                  end(before);
                  goDown(how, actor, reset);
                });
  }

  private static void end(@Nullable Thread thread) {
    if (thread == null || thread == Thread.currentThread()) {
      return;
    }
    thread.interrupt();
    try {
      thread.join(TAKE_OVER_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void goDark() {
    machine.events().shutDown();
    machine.kernel().shutDown();
    ApiServer server = api;
    api = null;
    if (server != null) {
      try {
        server.abort();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void boots() {
    try {
      while (bootOnce()) {
        machine.log("reboots after installation");
      }
    } catch (InterruptedException e) {
      // Something else takes over, or the power is off.
    } catch (IOException | RuntimeException e) {
      failure = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      machine.log("boot failed: " + failure);
    }
  }

  /// One boot, to the end. Returns true when the machine has to boot again.
  private boolean bootOnce() throws InterruptedException, IOException {
    beginBoot();
    sequence("initialize", SequenceEvent.Action.START, "");
    phase("systemRequirements", "enforceKSPPRequirements", "", () -> {});
    phase("earlyServices", "startMachined", "", this::startEarlyServices);
    phase("config", "loadConfig", "", this::loadConfig);
    if (!machine.configured()) {
      maintenance();
    }
    startSecureApi();
    sequence("initialize", SequenceEvent.Action.STOP, "");
    if (install()) {
      return true;
    }
    sequence("boot", SequenceEvent.Action.START, "");
    phase("memorySizeCheck", "memorySizeCheck", "", () -> {});
    phase("ephemeral", "mountEphemeralPartition", "", () -> {});
    phase("startEverything", "startAllServices", "", this::startAllServices);
    sequence("boot", SequenceEvent.Action.STOP, "");
    machine.stage(Stage.RUNNING);
    machine.kernel().talos("machine is running and ready");
    machine.log("is running");
    return false;
  }

  private void beginBoot() throws InterruptedException {
    Instant now = machine.time().now();
    UUID id = Uuids.random(machine.options().random());
    machine.events().restart();
    machine.kernel().restart(now);
    machine.own().clear();
    machine.config(null);
    machine.booted(id.toString(), now);
    machine.stage(Stage.BOOTING);
    machine.time().sleep(machine.options().bootTimes().kernel());
  }

  private void startEarlyServices() throws InterruptedException {
    startService("machined", "Service started as goroutine", true);
    startService("udevd", process("/sbin/systemd-udevd --resolve-names=never"), true);
    startService("auditd", "Service started as goroutine", true);
    startService("syslogd", "Service started as goroutine", true);
    startService("containerd", process("/bin/containerd --address /system/run/containerd"), true);
    startService("dashboard", process("/sbin/dashboard"), false);
  }

  /// What it keeps, else its platform's user data, which it keeps from then on.
  private void loadConfig() throws IOException {
    Optional<String> config = machine.store().boot();
    if (config.isEmpty()) {
      config = machine.store().userData();
      if (config.isPresent()) {
        machine.store().write(config.get());
        machine.kernel().talos("fetched machine config from the platform's user data");
      }
    }
    config.ifPresent(text -> machine.config(MachineConfigView.parse(text)));
  }

  /// Waits, with the API open to everybody, until somebody brings a config.
  private void maintenance() throws InterruptedException, IOException {
    task("runningMaintenance", TaskEvent.Action.START, "");
    startService("apid", "Started task apid (PID 1874) for container apid", true);
    api =
        ApiServer.start(
            machine,
            machine.network(),
            machine.identity().twin(),
            new ApiTls(machine.apiIdentity()::current));
    machine.stage(Stage.MAINTENANCE);
    machine.kernel().talos("this machine is reachable at: " + machine.identity().address());
    machine.log("waits for its config at " + machine.identity().twin());
    long seen = -1;
    while (!machine.configured()) {
      seen = machine.awaitChange(seen, Duration.ofMinutes(1));
    }
    task("runningMaintenance", TaskEvent.Action.STOP, "");
    machine.stage(Stage.BOOTING);
    ApiServer open = api;
    api = null;
    machine.own().state("apid", "Stopping", "Sending SIGTERM to task apid");
    if (open != null) {
      open.drain();
    }
    machine.own().state("apid", "Finished", "Service finished successfully");
  }

  /// apid with the cluster's certificate. A worker waits until a control plane can sign it.
  private void startSecureApi() throws InterruptedException, IOException {
    MachineConfigView config = machine.config().orElseThrow();
    machine.own().state("apid", "Waiting", "Waiting for api certificates");
    Duration pause = LOOK;
    while (!machine.apiIdentity().secure(config)) {
      machine.time().sleep(pause);
      pause = longer(pause);
    }
    api =
        ApiServer.start(
            machine,
            machine.network(),
            machine.identity().twin(),
            new ApiTls(machine.apiIdentity()::current));
    startService("apid", "Started task apid (PID 2016) for container apid", true);
    if (config.controlPlane()) {
      startService("trustd", "Started task trustd (PID 2104) for container trustd", true);
    }
  }

  private boolean install() throws InterruptedException, IOException {
    if (machine.store().installed()) {
      return false;
    }
    String version = machine.identity().talosVersion();
    if (!ConfigFacts.mode(machine.identity().platform()).equals("metal")) {
      machine.store().install(version);
      return false;
    }
    sequence("install", SequenceEvent.Action.START, "");
    machine.stage(Stage.INSTALLING);
    phase(
        "install",
        "install",
        "",
        () -> machine.time().sleep(machine.options().bootTimes().install()));
    machine.store().install(version);
    phase("stopEverything", "stopAllServices", "", () -> {});
    phase("reboot", "reboot", "", () -> machine.stage(Stage.REBOOTING));
    sequence("install", SequenceEvent.Action.STOP, "");
    goDark();
    machine.time().sleep(machine.options().bootTimes().away());
    return true;
  }

  private void startAllServices() throws InterruptedException {
    startService("cri", process("/bin/containerd --address /run/containerd"), true);
    MachineConfigView config = machine.config().orElseThrow();
    machine.services().start(config);
    nodeServicesStarted = true;
    machine.changed();
    List<String> wanted = config.controlPlane() ? List.of("etcd", "kubelet") : List.of("kubelet");
    Duration pause = LOOK;
    while (!up(wanted)) {
      machine.publishStatus();
      machine.time().sleep(pause);
      pause = longer(pause);
    }
  }

  private boolean up(List<String> wanted) {
    List<String> healthy =
        machine.services().services().stream()
            .filter(service -> service.state().equals("Running") && service.healthy())
            .map(NodeServices.ServiceState::id)
            .toList();
    return healthy.containsAll(wanted);
  }

  private static Duration longer(Duration pause) {
    Duration next = pause.multipliedBy(3).dividedBy(2);
    return next.compareTo(LOOK_MAX) < 0 ? next : LOOK_MAX;
  }

  private void goDown(Ending how, String actor, @Nullable ResetRequest reset) {
    try {
      stopEverything(how, actor, reset);
      boolean again = how == Ending.REBOOT || (reset != null && reset.getReboot());
      goDark();
      machine.own().clear();
      machine.apply().forgetReboot();
      synchronized (this) {
        ending = false;
        if (!again) {
          on = false;
          machine.config(null);
          machine.stage(Stage.OFF);
          machine.log("is off");
          return;
        }
      }
      if (how == Ending.RESET) {
        machine.apiIdentity().forget();
      }
      machine.time().sleep(machine.options().bootTimes().away());
      boots();
    } catch (InterruptedException e) {
      // The power is off.
    } catch (IOException | RuntimeException e) {
      failure = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      machine.log(how.sequence + " failed: " + failure);
    }
  }

  private void stopEverything(Ending how, String actor, @Nullable ResetRequest reset)
      throws InterruptedException, IOException {
    machine.log(how.sequence + " begins");
    if (how == Ending.REBOOT) {
      machine.events().repeatStatusUntil(machine.time().now().plus(REBOOT_WATCHED));
    }
    sequence(how.sequence, SequenceEvent.Action.START, actor);
    machine.stage(how.stage);
    boolean graceful = reset != null && reset.getGraceful();
    if (graceful || how == Ending.SHUTDOWN) {
      phase("drain", "cordonAndDrainNode", actor, () -> {});
    }
    phase("cleanup", graceful ? "removeAllPods" : "stopAllPods", actor, () -> {});
    phase("dbus", "stopDBus", actor, () -> {});
    if (graceful && nodeServicesStarted) {
      phase("leave", "leaveEtcd", actor, machine.services()::leave);
    }
    phase(
        "stopServices",
        "stopServicesForUpgrade",
        actor,
        () -> {
          machine.services().stop();
          nodeServicesStarted = false;
        });
    phase("unmountSystem", "unmountEphemeralPartition", actor, () -> {});
    phase(
        "stopEverything",
        "stopAllServices",
        actor,
        () -> {
          stopOwnServices();
          machine.time().sleep(machine.options().bootTimes().stop());
        });
    if (reset != null) {
      phase("reset", "resetSystemDisk", actor, () -> wipe(reset));
    }
    String last =
        how == Ending.REBOOT || (reset != null && reset.getReboot()) ? "reboot" : "shutdown";
    phase(last, last, actor, () -> {});
    sequence(how.sequence, SequenceEvent.Action.STOP, actor);
  }

  /// Everything, or the partitions named: STATE holds the config, EPHEMERAL the data.
  private void wipe(ResetRequest reset) throws IOException {
    if (reset.getMode() == ResetRequest.WipeMode.USER_DISKS) {
      return;
    }
    List<String> labels =
        reset.getSystemPartitionsToWipeList().stream()
            .filter(partition -> partition.getWipe())
            .map(partition -> partition.getLabel())
            .toList();
    boolean all = reset.getSystemPartitionsToWipeCount() == 0;
    if (all || labels.contains("EPHEMERAL")) {
      machine.services().wipe();
    }
    if (all) {
      machine.store().wipeDisk();
    }
    if (all || labels.contains("STATE")) {
      machine.store().forgetConfig();
    }
  }

  private void stopOwnServices() {
    for (var info : machine.own().list()) {
      if (!info.getId().equals("machined") && machine.own().running(info.getId())) {
        machine.own().state(info.getId(), "Stopping", "Sending SIGTERM to " + info.getId());
        machine.own().state(info.getId(), "Finished", "Service finished successfully");
      }
    }
  }

  private void startService(String id, String started, boolean checked)
      throws InterruptedException {
    OwnServices own = machine.own();
    own.state(id, "Starting", "Starting service");
    own.state(id, "Preparing", "Running pre state");
    own.state(id, "Preparing", "Creating service runner");
    machine.time().sleep(machine.options().bootTimes().service());
    own.state(id, "Running", started);
    if (checked) {
      own.healthy(id);
    }
    machine.kernel().talos("service[" + id + "](Running): " + started);
  }

  private String process(String command) {
    int pid = 1200 + Math.floorMod(command.hashCode(), 800);
    return "Process Process([\"" + command.replace(" ", "\" \"") + "\"]) started with PID " + pid;
  }

  @FunctionalInterface
  private interface Work {
    void run() throws InterruptedException, IOException;
  }

  private void phase(String phase, String task, String actor, Work work)
      throws InterruptedException, IOException {
    machine.kernel().talos("phase " + phase + ": starting");
    machine
        .events()
        .publish(
            PhaseEvent.newBuilder().setPhase(phase).setAction(PhaseEvent.Action.START).build(),
            actor);
    task(task, TaskEvent.Action.START, actor);
    work.run();
    task(task, TaskEvent.Action.STOP, actor);
    machine
        .events()
        .publish(
            PhaseEvent.newBuilder().setPhase(phase).setAction(PhaseEvent.Action.STOP).build(),
            actor);
  }

  private void task(String task, TaskEvent.Action action, String actor) {
    machine.events().publish(TaskEvent.newBuilder().setTask(task).setAction(action).build(), actor);
  }

  private void sequence(String name, SequenceEvent.Action action, String actor) {
    machine
        .kernel()
        .talos(name + " sequence: " + (action == SequenceEvent.Action.START ? "starting" : "done"));
    machine
        .events()
        .publish(SequenceEvent.newBuilder().setSequence(name).setAction(action).build(), actor);
  }
}
