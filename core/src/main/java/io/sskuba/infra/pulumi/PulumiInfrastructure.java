package io.sskuba.infra.pulumi;

import com.fasterxml.jackson.databind.JsonNode;
import com.pulumi.automation.AutomationException;
import com.pulumi.automation.DestroyOptions;
import com.pulumi.automation.LocalWorkspace;
import com.pulumi.automation.LocalWorkspaceOptions;
import com.pulumi.automation.PreviewOptions;
import com.pulumi.automation.RefreshOptions;
import com.pulumi.automation.UpOptions;
import com.pulumi.automation.WorkspaceStack;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ObjectBucket;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One isolated Pulumi stack, driven by the real engine through the Automation API.
///
/// The Automation API starts the operations; [EngineCommand] is its way to the executable,
/// [PlanRuntime] the program, [EngineEvents] the event stream. A `file://` backend's checkpoint is
/// read as a file, since each command costs 0.15-0.3 s.
/// - Limits: one operation at a time on an instance; deadlines as given.
/// - Errors: `INFRA_FAILED` (resource, provider's message, what exists), `INFRA_LOCKED` (holder),
///   `INFRA_TIMED_OUT` (what was pending), `STATE_CORRUPT`, `STATE_UNWRITABLE`.
/// - Idempotent: every operation, by the engine's state. What an operation made when a bucket of
///   the state went away is kept in the work folder, and adopted by the next [#open] here.
public final class PulumiInfrastructure implements Infrastructure {
  /// The engine that this release runs.
  public static final String ENGINE_VERSION = EngineCommand.PINNED;

  private static final Duration ORPHAN_GRACE = Duration.ofSeconds(10);
  private static final int EXISTS_SHOWN = 20;

  /// The state cannot be told what was done.
  private static final Set<ProblemCode> AWAY =
      Set.of(ProblemCode.STATE_UNREACHABLE, ProblemCode.STATE_DENIED);

  private final PulumiSettings settings;
  private final TimeSource time;
  private final RandomSource random;
  private final EngineLease lease;
  private final EngineCommand command;
  private final StackFiles files;
  private final Set<String> packages;
  private @Nullable WorkspaceStack stack;
  private @Nullable String restored;
  private List<StateResource> lastRead = List.of();

  public PulumiInfrastructure(
      PulumiSettings settings,
      List<ProviderService> providers,
      TimeSource time,
      RandomSource random) {
    this(settings, providers, time, random, null);
  }

  /// @param state the bucket that the state URL names; null where it is a folder
  public PulumiInfrastructure(
      PulumiSettings settings,
      List<ProviderService> providers,
      TimeSource time,
      RandomSource random,
      @Nullable ObjectBucket state) {
    this.settings = settings;
    this.time = time;
    this.random = random;
    @Nullable StackBucket bucket =
        state == null ? null : new StackBucket(state, settings.project(), settings.stack());
    this.lease =
        bucket == null
            ? new EngineLease(settings.workFolder(), time)
            : new EngineLease(bucket, time);
    this.command = new EngineCommand(settings, providers, lease);
    this.files = new StackFiles(settings, bucket);
    this.packages =
        providers.stream()
            .map(ProviderService::pkg)
            .collect(java.util.stream.Collectors.toUnmodifiableSet());
  }

  @Override
  public void open(Duration limit) throws InterruptedException {
    Deadline deadline = Deadline.after(time, limit);
    select(deadline, true);
    releaseDeadLocks(files.locks(), deadline);
    restore();
    if (!settings.settling().isZero()) {
      // Before the caller looks what carries our tags: an earlier run may have died making it.
      settle(StackState.lastWrite(deployment()), deadline);
    }
    if (StackState.hasPendingOperations(deployment())) {
      clearPending(deadline);
    }
    adoptUnsaved(deadline);
  }

  /// Waits until the cloud shows what was last changed. Who looks too early takes it for gone, and
  /// makes it again.
  private void settle(Optional<Instant> changed, Deadline deadline) throws InterruptedException {
    if (changed.isEmpty()) {
      return;
    }
    Duration left = Duration.between(time.now(), changed.get().plus(settings.settling()));
    // Another machine's clock may be ahead: never longer than that.
    Duration wait = left.compareTo(settings.settling()) > 0 ? settings.settling() : left;
    if (!wait.isNegative() && !wait.isZero()) {
      time.sleep(wait.compareTo(deadline.left()) > 0 ? deadline.left() : wait);
    }
  }

  private void adoptUnsaved(Deadline deadline) throws InterruptedException {
    try {
      List<Platform.Found> unsaved = files.unsaved();
      if (!unsaved.isEmpty()) {
        adopt(unsaved, deadline.left());
        files.forgetUnsaved();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The state as it is now. What it holds is remembered, to be told when it cannot be read.
  private @Nullable JsonNode deployment() {
    JsonNode deployment = files.deployment();
    lastRead = StackState.resources(deployment);
    return deployment;
  }

  /// Finds the stack, or makes it when `create` is set. False when there is none.
  private boolean select(Deadline deadline, boolean create) throws InterruptedException {
    if (stack != null) {
      return true;
    }
    try {
      files.prepare();
      command.begin(deadline);
      LocalWorkspace workspace =
          LocalWorkspace.create(
              LocalWorkspaceOptions.builder()
                  .workDir(settings.workFolder())
                  .pulumiHome(settings.homeFolder())
                  .pulumiCommand(command)
                  .secretsProvider("passphrase")
                  .build());
      String name = settings.qualifiedStack();
      Boolean known = files.exists();
      if (known == null) {
        try {
          stack = WorkspaceStack.select(name, workspace);
          command.stackKnown(true);
          return true;
        } catch (AutomationException e) {
          if (!text(e).contains("no stack named")) {
            throw e;
          }
        }
      } else if (known) {
        command.stackKnown(true);
        stack = WorkspaceStack.select(name, workspace);
        return true;
      }
      if (!create) {
        return false;
      }
      if (known == null) {
        stack = WorkspaceStack.create(name, workspace);
        command.stackKnown(true);
        return true;
      }
      files.create();
      command.stackKnown(true);
      stack = WorkspaceStack.select(name, workspace);
      return true;
    } catch (AutomationException e) {
      throw failed("making the Pulumi stack " + settings.qualifiedStack(), null, e);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.STATE_UNWRITABLE, "the Pulumi stack's folder cannot be written")
              .fact("folder", settings.workFolder().toString())
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  /// A full disk cuts the engine's checkpoint short. Said with the next operation's first event.
  private void restore() {
    try {
      files.restore().ifPresent(what -> restored = what);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.STATE_UNWRITABLE, "the Pulumi stack's state cannot be put back")
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  private WorkspaceStack stack() {
    WorkspaceStack known = stack;
    if (known == null) {
      throw new IllegalStateException("open() comes first");
    }
    return known;
  }

  @Override
  public void adopt(List<Platform.Found> found, Duration limit) throws InterruptedException {
    Set<String> known = new HashSet<>();
    resources().forEach(r -> known.add(r.type() + "::" + r.name()));
    List<Platform.Found> unknown =
        found.stream().filter(f -> !known.contains(f.type() + "::" + f.name())).toList();
    if (unknown.isEmpty()) {
      return;
    }
    Deadline deadline = Deadline.after(time, limit);
    try {
      command.begin(deadline);
      files.adopt(command, unknown);
      if (!Files.exists(settings.passphraseFile())) {
        // Only a delete has none: without the identity, or with the state lost.
        forgetPassphrase(deadline);
      }
    } catch (AutomationException e) {
      throw failed("adopting what exists", null, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    refresh(e -> {}, deadline.left());
  }

  @Override
  public Changes preview(InfraPlan plan, Consumer<ResourceEvent> events, Duration limit)
      throws InterruptedException {
    var runtime = new PlanRuntime(plan, settings.providerVersions());
    EngineEvents seen =
        operate(
            "preview",
            runtime,
            events,
            limit,
            () ->
                stack()
                    .preview(
                        PreviewOptions.builder()
                            .parallel(settings.parallelism())
                            .onEvent(e -> {})
                            .build()));
    return seen.changes();
  }

  @Override
  public Map<String, Object> up(InfraPlan plan, Consumer<ResourceEvent> events, Duration limit)
      throws InterruptedException {
    var runtime = new PlanRuntime(plan, settings.providerVersions());
    operate(
        "up",
        runtime,
        events,
        limit,
        () ->
            stack()
                .up(UpOptions.builder().parallel(settings.parallelism()).onEvent(e -> {}).build()));
    return Values.plain(runtime.outputs());
  }

  @Override
  public void refresh(Consumer<ResourceEvent> events, Duration limit) throws InterruptedException {
    operate(
        "refresh",
        null,
        events,
        limit,
        () ->
            stack()
                .refresh(
                    RefreshOptions.builder()
                        .parallel(settings.parallelism())
                        .onEvent(e -> {})
                        .build()));
  }

  /// Settles what a killed run was doing when it died.
  ///
  /// What it was making may exist, though the state does not say so. Our own providers' ids are the
  /// resource keys, so those are taken into the state under their keys and looked at: they may be
  /// in no plan any more, and would leak otherwise. Of other providers' the intention is forgotten;
  /// the caller adopts what the cloud holds by our tags.
  private void clearPending(Deadline deadline) throws InterruptedException {
    try {
      command.begin(deadline);
      files.adoptPending(command, packages);
    } catch (AutomationException e) {
      throw failed("settling what a killed run left", null, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    refresh(e -> {}, deadline.left());
  }

  @Override
  public void destroy(Consumer<ResourceEvent> events, Duration limit) throws InterruptedException {
    Deadline deadline = Deadline.after(time, limit);
    if (!select(deadline, false)) {
      files.remove();
      return;
    }
    releaseDeadLocks(files.locks(), deadline);
    restore();
    if (!Files.exists(settings.passphraseFile())) {
      forgetPassphrase(deadline);
    }
    if (StackState.hasPendingOperations(deployment())) {
      clearPending(deadline);
    }
    operate(
        "destroy",
        null,
        events,
        deadline.left(),
        () ->
            stack()
                .destroy(
                    DestroyOptions.builder()
                        .parallel(settings.parallelism())
                        .onEvent(e -> {})
                        .build()));
    stack = null;
    command.stackKnown(false);
    files.remove();
  }

  /// Makes the stack usable without its passphrase, which is lost with the identity or after a
  /// reboot: delete must not need it. The state holds references, not secrets, so nothing is lost;
  /// should it hold ciphertext all the same, that becomes null, and providers delete by id.
  private void forgetPassphrase(Deadline deadline) throws InterruptedException {
    try {
      AtomicFiles.writeString(
          settings.passphraseFile(), HexFormat.of().formatHex(random.bytes(32)));
      command.begin(deadline);
      files.resetSecrets(command);
    } catch (AutomationException e) {
      throw failed("opening the stack without its passphrase", null, e);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.STATE_UNWRITABLE, "a new passphrase cannot be written")
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  @Override
  public List<StateResource> resources() {
    return StackState.resources(deployment());
  }

  @Override
  public Optional<Path> setAsideTorn() {
    try {
      if (files.restore().isPresent()) {
        return Optional.empty();
      }
      return files.setAside();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    stack = null;
  }

  @FunctionalInterface
  private interface Action {
    void run() throws AutomationException;
  }

  private EngineEvents operate(
      String name,
      @Nullable PlanRuntime runtime,
      Consumer<ResourceEvent> sink,
      Duration limit,
      Action action)
      throws InterruptedException {
    Deadline deadline = Deadline.after(time, limit);
    stack();
    if (!settings.settling().isZero() && (runtime == null || settings.refreshFirst())) {
      settle(StackState.lastChange(deployment()), deadline);
    }
    boolean retried = false;
    while (true) {
      tellRestored(sink);
      keepCopy();
      var events = new EngineEvents(sink, settings.redactor(), settings.acquirePlugins());
      var operation = new EngineCommand.Operation(runtime, events, deadline);
      command.begin(operation);
      try {
        action.run();
        RuntimeException broken = events.sinkFailure();
        if (broken != null) {
          throw broken;
        }
        return events;
      } catch (AutomationException e) {
        if (operation.stop == EngineCommand.Stop.INTERRUPTED) {
          // Clears the flag that the command set again.
          Thread.interrupted();
          throw new InterruptedException(name + " was stopped");
        }
        List<StackLock> locks = StackLock.in(text(e));
        if (!locks.isEmpty() && !retried) {
          retried = true;
          releaseDeadLocks(locks, deadline);
          continue;
        }
        throw failed(name, operation, e);
      }
    }
  }

  private void tellRestored(Consumer<ResourceEvent> sink) {
    String what = restored;
    if (what != null) {
      restored = null;
      sink.accept(
          new ResourceEvent("restore", "pulumi:pulumi:Stack", settings.stack(), true, what));
    }
  }

  private void keepCopy() {
    try {
      files.keepCopy();
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.STATE_UNWRITABLE, "a copy of the Pulumi stack cannot be written")
              .fact("folder", settings.workFolder().toString())
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  /// Cancels the lock of a dead holder; refuses to touch a live one's.
  private void releaseDeadLocks(List<StackLock> locks, Deadline deadline)
      throws InterruptedException {
    if (locks.isEmpty()) {
      return;
    }
    List<EngineLease.Entry> runs = lease.entries();
    for (StackLock lock : locks) {
      StackLock.Verdict verdict = lock.verdict(runs, lease.now());
      switch (verdict) {
        case LIVE -> throw locked(lock);
        case ORPHAN -> endOrphan(lock.pid());
        case DEAD -> {}
      }
    }
    try {
      files.repair();
      restore();
      // A lock that was cut short is gone by now.
      if (!files.isReadable() || !files.locks().isEmpty()) {
        command.begin(deadline);
        stack().cancel();
      }
    } catch (AutomationException e) {
      throw failed("releasing the lock of a dead run", null, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void endOrphan(long pid) throws InterruptedException {
    ProcessHandle process = ProcessHandle.of(pid).orElse(null);
    if (process == null) {
      return;
    }
    process.destroy();
    try {
      process.onExit().get(ORPHAN_GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      process.destroyForcibly();
    }
  }

  private SskubaException locked(StackLock lock) {
    return new SskubaException(
        Problem.of(
                ProblemCode.INFRA_LOCKED,
                "the Pulumi stack " + settings.qualifiedStack() + " is locked")
            .fact("holder", lock.user() + "@" + lock.host() + ", pid " + lock.pid())
            .fact("since", lock.at().toString())
            .next(
                "PULUMI_BACKEND_URL="
                    + settings.stateUrl()
                    + " pulumi cancel --stack "
                    + settings.qualifiedStack()
                    + "   (only if that process is surely gone)"));
  }

  private SskubaException failed(
      String what, EngineCommand.@Nullable Operation operation, AutomationException e) {
    List<StackLock> locks = StackLock.in(text(e));
    if (!locks.isEmpty()) {
      return locked(locks.getFirst());
    }
    Problem problem;
    SskubaException lost = operation == null ? null : operation.fault;
    if (lost != null) {
      problem =
          new Problem(
              lost.problem().code(),
              what + " was stopped: the store of the state cannot be used any more",
              lost.problem().facts(),
              List.of(),
              List.of(),
              null);
    } else if (operation != null && operation.stop == EngineCommand.Stop.DEADLINE) {
      List<String> pending = operation.pendingAtStop;
      problem =
          Problem.of(
                  ProblemCode.INFRA_TIMED_OUT,
                  what
                      + " did not end within "
                      + io.sskuba.spec.Durations.format(operation.deadline.limit()))
              .fact(
                  "observed",
                  operation.events.finished()
                      + " operations done, pending: "
                      + (pending.isEmpty() ? "none yet" : String.join(", ", pending)));
    } else {
      problem = FailureReport.of(what, operation == null ? null : operation.events, text(e));
    }
    List<Platform.Found> made = operation == null ? List.of() : operation.events.made();
    keepUnsaved(problem, made);
    return new SskubaException(withExisting(problem, made), e);
  }

  private void keepUnsaved(Problem problem, List<Platform.Found> made) {
    if (!AWAY.contains(problem.code()) || made.isEmpty()) {
      return;
    }
    try {
      files.keepUnsaved(made);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.STATE_UNWRITABLE,
                  "what was made can be written neither into the state nor here")
              .fact("made", made.toString())
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  /// A state that cannot be read does not hide the failure that is being told: then it is what was
  /// last seen there, and what this operation made since.
  private Problem withExisting(Problem problem, List<Platform.Found> made) {
    Set<String> there = new LinkedHashSet<>();
    List<StateResource> known = lastRead;
    Problem told = problem;
    try {
      known = resources();
    } catch (SskubaException unreadable) {
      told = AWAY.contains(problem.code()) ? told : told.exists(unreadable.problem().summary());
      made.forEach(one -> there.add(one.type() + " " + one.name()));
    }
    known.forEach(one -> there.add(one.type() + " " + one.name()));
    for (String one : there.stream().limit(EXISTS_SHOWN).toList()) {
      told = told.exists(one);
    }
    return told;
  }

  /// What the engine printed, redacted.
  private String text(AutomationException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof EngineCommand.EngineFailed failure) {
        String all = failure.result().standardError() + "\n" + failure.result().standardOutput();
        return settings.redactor().apply(Redaction.clean(all));
      }
    }
    return String.valueOf(e.getMessage());
  }
}
