package io.sskuba.rehearsal.machine;

import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.io.Yaml;
import io.sskuba.machineconfig.MachineConfigValidator;
import io.sskuba.talos.api.machine.ApplyConfiguration;
import io.sskuba.talos.api.machine.ApplyConfigurationRequest;
import io.sskuba.talos.api.machine.ApplyConfigurationRequest.Mode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// ApplyConfiguration: what a config is checked for, whether it needs a reboot, and how it takes
/// effect.
/// - Source: Talos v1.13.9, `v1alpha1_server.go` ApplyConfiguration, `v1alpha1_runtime.go`
///   CanApplyImmediate.
final class ConfigApply {
  /// Talos's default of `--mode=try`.
  private static final Duration TRY_LIMIT = Duration.ofMinutes(1);

  /// Parts of the config that a running machine takes over without a reboot.
  private static final List<String> IMMEDIATE_MACHINE =
      List.of(
          "ca",
          "acceptedCAs",
          "time",
          "certSANs",
          "install",
          "network",
          "sysfs",
          "sysctls",
          "logging",
          "controlPlane",
          "kubelet",
          "kernel",
          "registries",
          "pods",
          "seccompProfiles",
          "nodeAnnotations",
          "nodeLabels",
          "nodeTaints");

  private static final List<String> IMMEDIATE_FEATURES =
      List.of(
          "kubernetesTalosAPIAccess",
          "kubePrism",
          "hostDNS",
          "imageCache",
          "nodeAddressSortAlgorithm");

  private final SimMachine machine;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean rebooting;
  private @Nullable Thread rollback;

  ConfigApply(SimMachine machine) {
    this.machine = machine;
  }

  void forgetReboot() {
    rebooting = false;
  }

  ApplyConfiguration apply(Caller caller, ApplyConfigurationRequest request)
      throws StatusException, IOException {
    if (!lock.tryLock()) {
      throw precondition("another apply configuration is already in progress");
    }
    try {
      if (rebooting) {
        throw precondition(
            "configuration was already applied and node is rebooting, cannot apply more"
                + " configuration changes until next reboot");
      }
      return locked(caller, request);
    } finally {
      lock.unlock();
    }
  }

  private ApplyConfiguration locked(Caller caller, ApplyConfigurationRequest request)
      throws StatusException, IOException {
    Optional<MachineConfigView> current = machine.config();
    if (current.isPresent() && !caller.admin()) {
      throw Statuses.notAuthorized();
    }
    if (request.getMode() != Mode.TRY) {
      cancelRollback();
    }
    String text = request.getData().toString(StandardCharsets.UTF_8);
    MachineConfigView next = checked(text);
    if (current.isPresent() && next.map("machine").isEmpty()) {
      throw invalid(
          "the applied machine configuration doesn't contain v1alpha1 config, did you mean to"
              + " patch the machine config instead?");
    }
    Decision decision = decide(request.getMode(), current, next);
    if (request.getDryRun()) {
      String diff =
          TextDiff.unified(current.map(ConfigApply::canonical).orElse(""), canonical(next));
      return ApplyConfiguration.newBuilder()
          .setMode(decision.mode())
          .setModeDetails(
              "Dry run summary:\n"
                  + decision.details()
                  + " (skipped in dry-run).\nConfig diff:\n\n"
                  + (diff.isEmpty() ? "No changes." : diff))
          .build();
    }
    if (current.isEmpty()
        && !machine.options().gate().admits(sha256(request.getData().toByteArray()))) {
      machine.log("refused a config that was not announced");
      throw Statuses.of(
          Status.Code.PERMISSION_DENIED,
          "not authorized: this simulated machine takes only the config that sskuba announced for"
              + " it");
    }
    return take(request, decision, text, next, current);
  }

  private ApplyConfiguration take(
      ApplyConfigurationRequest request,
      Decision decision,
      String text,
      MachineConfigView next,
      Optional<MachineConfigView> current)
      throws IOException {
    String details = decision.details();
    switch (decision.mode()) {
      case TRY -> {
        Duration limit =
            request.hasTryModeTimeout() ? GoDurations.of(request.getTryModeTimeout()) : TRY_LIMIT;
        details +=
            "\nThe config is applied in 'try' mode and will be automatically reverted back in "
                + GoDurations.text(limit);
        scheduleRollback(limit, current);
        machine.config(next);
      }
      case NO_REBOOT -> {
        machine.store().write(text);
        machine.config(next);
      }
      case STAGED -> machine.store().stage(text);
      case REBOOT, AUTO, UNRECOGNIZED -> {
        machine.store().write(text);
        rebooting = true;
        machine.sequencer().request(Sequencer.Ending.REBOOT, "", null);
      }
    }
    machine.kernel().talos("apply config request: mode " + decision.mode());
    machine.log("config applied: " + decision.mode());
    return ApplyConfiguration.newBuilder()
        .setMode(decision.mode())
        .setModeDetails(details + decision.reason())
        .build();
  }

  private record Decision(Mode mode, String details, String reason) {}

  private static Decision decide(
      Mode asked, Optional<MachineConfigView> current, MachineConfigView next)
      throws StatusException {
    boolean maintenance = current.isEmpty();
    Mode mode = maintenance && asked == Mode.REBOOT ? Mode.NO_REBOOT : asked;
    String obstacle = maintenance ? "" : obstacle(current.get(), next);
    return switch (mode) {
      case TRY, NO_REBOOT -> {
        if (!obstacle.isEmpty()) {
          throw invalid(obstacle);
        }
        yield new Decision(mode, "Applied configuration without a reboot", "");
      }
      case STAGED ->
          new Decision(mode, "Staged configuration to be applied after the next reboot", "");
      case AUTO ->
          obstacle.isEmpty()
              ? new Decision(Mode.NO_REBOOT, "Applied configuration without a reboot", "")
              : new Decision(Mode.REBOOT, "Applied configuration with a reboot", ": " + obstacle);
      case REBOOT -> new Decision(mode, "Applied configuration with a reboot", "");
      case UNRECOGNIZED -> throw invalid("incorrect mode specified for the apply config call");
    };
  }

  /// Why a running machine cannot take `next` over as it is, or empty.
  private static String obstacle(MachineConfigView current, MachineConfigView next) {
    String before = Yaml.dump(fixedPart(current));
    String after = Yaml.dump(fixedPart(next));
    return before.equals(after)
        ? ""
        : "this config change can't be applied in immediate mode\ndiff:\n"
            + TextDiff.unified(before, after);
  }

  /// The parts of a config that only a reboot changes.
  private static Map<String, Object> fixedPart(MachineConfigView config) {
    Map<String, Object> machine = new LinkedHashMap<>();
    config
        .map("machine")
        .forEach(
            (key, value) -> {
              if (value != null && !IMMEDIATE_MACHINE.contains(String.valueOf(key))) {
                machine.put(String.valueOf(key), value);
              }
            });
    if (machine.get("features") instanceof Map<?, ?> features) {
      Map<String, Object> left = new LinkedHashMap<>();
      features.forEach(
          (key, value) -> {
            if (value != null && !IMMEDIATE_FEATURES.contains(String.valueOf(key))) {
              left.put(String.valueOf(key), value);
            }
          });
      machine.put("features", left);
    }
    Map<String, Object> fixed = new LinkedHashMap<>();
    fixed.put("version", String.valueOf(config.at("version")));
    fixed.put("machine", machine);
    return fixed;
  }

  private static String canonical(MachineConfigView config) {
    return Yaml.dumpAll(Yaml.loadAll(config.text()));
  }

  private MachineConfigView checked(String text) throws StatusException {
    String mode = ConfigFacts.mode(machine.identity().platform());
    // Once installed, a config need not say where to install to.
    boolean installs = mode.equals("metal") && !machine.store().installed();
    String refusal =
        MachineConfigValidator.refusal(text, mode.equals("metal") && !installs ? "cloud" : mode);
    if (refusal != null) {
      throw invalid(refusal);
    }
    return MachineConfigView.parse(text);
  }

  private void scheduleRollback(Duration limit, Optional<MachineConfigView> before) {
    cancelRollback();
    rollback =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    machine.time().sleep(limit);
                    machine.config(before.orElse(null));
                    machine.log("config of try mode reverted");
                  } catch (InterruptedException e) {
                    // Another config came in time.
                  }
                });
  }

  private void cancelRollback() {
    Thread waiting = rollback;
    rollback = null;
    if (waiting != null) {
      waiting.interrupt();
    }
  }

  private static StatusException invalid(String text) {
    return Statuses.of(Status.Code.INVALID_ARGUMENT, text);
  }

  private static StatusException precondition(String text) {
    return Statuses.of(Status.Code.FAILED_PRECONDITION, text);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
