package io.sskuba.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Credentials;
import io.sskuba.infra.Infrastructure.ResourceEvent;
import io.sskuba.io.DiskFault;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.StateStore.HeldLease;
import io.sskuba.wait.Observation;
import io.sskuba.wait.Waiter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One run of a pipeline: it calls phases, journals mutations, and tells what happens as events.
///
/// It parks at a safe point before credentials end that the next phase needs ([#worksUnder]).
///
/// Thread: phases run on the caller's thread; [#beside] runs work that the pipeline need not wait
/// for yet.
public final class Run {
  /// What is left of a store's credentials must do to write down that the run is parked.
  static final Duration STATE_LEAST = Duration.ofMinutes(1);

  /// Waits look often; credentials of a store are not asked as often.
  private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

  private final String id;
  private volatile String cluster;
  private final TimeSource time;
  private final Consumer<RunEvent> events;
  private final Parking parking;
  private final Boundary.Probe probe;
  private final long startNanos;
  private @Nullable Journal journal;
  private String current = "start";
  private Liveness liveness = Liveness.ALWAYS;
  private Permits permits = Permits.NONE;
  private long stateAskedAt = Long.MIN_VALUE;

  /// Whether the run may still write: false once its lease was lost.
  @FunctionalInterface
  public interface Liveness {
    Liveness ALWAYS = () -> true;

    boolean alive();

    /// Why the run may not write any more, where that is known: a lease that could not be renewed
    /// on a full disk was taken by nobody.
    default Optional<SskubaException> fault() {
      return Optional.empty();
    }

    static Liveness of(HeldLease lease) {
      return new Liveness() {
        @Override
        public boolean alive() {
          return lease.alive();
        }

        @Override
        public Optional<SskubaException> fault() {
          return lease.fault();
        }
      };
    }
  }

  public Run(
      String id,
      String cluster,
      TimeSource time,
      Consumer<RunEvent> events,
      Parking parking,
      Boundary.Probe probe) {
    this.id = id;
    this.cluster = cluster;
    this.time = time;
    this.events = events;
    this.parking = parking;
    this.probe = probe;
    this.startNanos = time.nanos();
  }

  public String id() {
    return id;
  }

  public TimeSource time() {
    return time;
  }

  /// The phase that runs, or ran last.
  public String currentPhase() {
    return current;
  }

  /// Says which cluster this run is about, once that is known: the name in events from here on.
  public void belongsTo(String name) {
    cluster = name;
  }

  /// From here on mutations are journalled, and the run stops when `held` is lost.
  public void journalTo(Journal written, Liveness held) {
    this.journal = written;
    stopWhenLost(held);
  }

  /// From here on each phase begins only while the credentials last that it needs.
  public void worksUnder(Permits held) {
    permits = held;
  }

  void stopWhenLost(Liveness held) {
    this.liveness = held;
  }

  public Parking parking() {
    return parking;
  }

  /// Runs one phase, or takes its output from the journal (see [Mutation]).
  public <I, O> O phase(Phase<I, O> phase, I input) throws InterruptedException {
    String name = phase.name();
    safePoint();
    parkIfEnding(name, phase.credentialsFor());
    current = name;
    long start = time.nanos();
    emit(name, RunEvent.Kind.PHASE_STARTED, name, null, 0, null);
    Context context = new Context(name, start);
    try {
      O output =
          phase instanceof Mutation<I, O> mutation
              ? mutate(mutation, input, context)
              : phase.run(input, context);
      emit(name, RunEvent.Kind.PHASE_FINISHED, context.lastMessage, null, elapsed(start), null);
      return output;
    } catch (RuntimeException e) {
      RuntimeException told = Failures.told(e, this::diskFault);
      String summary =
          told instanceof SskubaException known ? known.problem().summary() : told.toString();
      emit(name, RunEvent.Kind.PHASE_FAILED, summary, null, elapsed(start), null);
      throw told;
    }
  }

  private <I, O> O mutate(Mutation<I, O> phase, I input, Context context)
      throws InterruptedException {
    String name = phase.name();
    String digest = phase.digest(input);
    @Nullable Journal written = journal;
    if (written != null) {
      Optional<JsonNode> known = written.output(name, digest);
      if (known.isPresent()) {
        O output = phase.decode(known.get(), input);
        if (phase.stillThere(output, input, context)) {
          context.log("as journalled");
          return output;
        }
      }
      written.intent(name, digest, id);
    }
    probe.passed(name, Boundary.BEFORE_EFFECT);
    O output = phase.run(input, context);
    probe.passed(name, Boundary.AFTER_EFFECT);
    if (written != null) {
      written.done(name, digest, id, phase.encode(output));
    }
    probe.passed(name, Boundary.AFTER_JOURNAL);
    return output;
  }

  /// Starts work beside the pipeline; [Beside#join] waits for it. It shows as a span of its own in
  /// `timeline`.
  public <T> Beside<T> beside(String name, BesideWork<T> work) {
    long start = time.nanos();
    emit(name, RunEvent.Kind.PHASE_STARTED, name, null, 0, null);
    Consumer<String> progress =
        line -> emit(name, RunEvent.Kind.LOG, line, null, elapsed(start), null);
    FutureTask<T> task =
        new FutureTask<>(
            () -> {
              T value = work.run(progress);
              emit(name, RunEvent.Kind.PHASE_FINISHED, "", null, elapsed(start), null);
              return value;
            });
    Thread.ofPlatform().daemon().name("sskuba-" + name).start(task);
    return new Beside<>(task);
  }

  /// Work beside the pipeline. It says what it does through `progress`.
  @FunctionalInterface
  public interface BesideWork<T> {
    T run(Consumer<String> progress) throws InterruptedException;
  }

  /// Work that goes on beside the pipeline.
  public static final class Beside<T> {
    private final FutureTask<T> task;

    Beside(FutureTask<T> task) {
      this.task = task;
    }

    /// Work that was not needed: joining it is a defect.
    public static <T> Beside<T> failed(String why) {
      FutureTask<T> task =
          new FutureTask<>(
              () -> {
                throw new IllegalStateException(why);
              });
      task.run();
      return new Beside<>(task);
    }

    /// The result; waits for it. Errors are those of the work.
    public T join() throws InterruptedException {
      try {
        return task.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException runtime) {
          throw runtime;
        }
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  /// Ends the run's events.
  public void finished(String message) {
    emit(current, RunEvent.Kind.RUN_FINISHED, message, null, elapsed(startNanos), null);
  }

  /// Parks the run here if that was asked for, or stops it if its lease was lost.
  private void safePoint() {
    if (!liveness.alive()) {
      throw liveness
          .fault()
          .orElseGet(
              () ->
                  SskubaException.of(
                      ProblemCode.LEASE_HELD,
                      "the lease of " + cluster + " could not be renewed and was lost"));
    }
    if (parking.requested()) {
      throw new SskubaException(
          Problem.of(ProblemCode.INTERRUPTED, "stopped at a safe point after " + current)
              .fact("phase", current));
    }
    parkIfStateEnds();
  }

  private void parkIfEnding(String next, Duration needed) {
    if (needed.isZero()) {
      return;
    }
    Optional<Credentials> held = permits.platform();
    Instant now = time.now();
    if (held.isPresent() && !held.get().last(needed, now)) {
      throw new SskubaException(held.get().ending(next, needed, now).fact("phase", current));
    }
  }

  /// Every phase writes into the state; what is left must do for writing down where the run
  /// stopped.
  private void parkIfStateEnds() {
    if (stateAskedAt != Long.MIN_VALUE && time.nanos() - stateAskedAt < ASK_AGAIN.toNanos()) {
      return;
    }
    stateAskedAt = time.nanos();
    Credentials store = new Credentials("those of the state's store", "", permits.stateUntil());
    Instant now = time.now();
    if (!store.last(STATE_LEAST, now)) {
      throw new SskubaException(
          store.ending("going on after " + current, STATE_LEAST, now).fact("phase", current));
    }
  }

  private Optional<DiskFault> diskFault() {
    Journal written = journal;
    return written == null ? Optional.empty() : written.diskFault();
  }

  private long elapsed(long start) {
    return (time.nanos() - start) / 1_000_000;
  }

  private void emit(
      String phase,
      RunEvent.Kind kind,
      String message,
      @Nullable String observation,
      long elapsedMs,
      @Nullable String resource) {
    events.accept(
        new RunEvent(
            time.now(), id, cluster, phase, kind, message, observation, elapsedMs, resource, 0));
  }

  private final class Context implements PhaseContext {
    private final String phase;
    private final long start;
    private volatile String lastMessage = "";

    Context(String phase, long start) {
      this.phase = phase;
      this.start = start;
    }

    @Override
    public TimeSource time() {
      return time;
    }

    @Override
    public String runId() {
      return id;
    }

    @Override
    public void modelled(Duration full, Duration waited) {
      if (!full.isZero()) {
        events.accept(
            new RunEvent(
                time.now(),
                id,
                cluster,
                phase,
                RunEvent.Kind.LOG,
                "takes " + io.sskuba.spec.Durations.format(full) + " in the cloud's latency model",
                null,
                elapsed(start),
                null,
                full.toMillis(),
                waited.toMillis()));
      }
    }

    @Override
    public void log(String message) {
      lastMessage = message;
      emit(phase, RunEvent.Kind.LOG, message, null, elapsed(start), null);
    }

    @Override
    public void resource(ResourceEvent event) {
      emit(
          phase,
          RunEvent.Kind.RESOURCE,
          event.op() + (event.done() ? " done" : " started"),
          event.message(),
          elapsed(start),
          event.type() + "::" + event.name());
    }

    @Override
    public <T> T await(
        String what, Duration limit, Duration interval, ProblemCode code, Waiter.Look<T> look)
        throws InterruptedException {
      Waiter waiter =
          new Waiter(
              time, seen -> emit(phase, RunEvent.Kind.WAITING, what, seen, elapsed(start), null));
      return waiter.await(
          what,
          limit,
          interval,
          code,
          () -> {
            safePoint();
            Observation<T> observation = look.look();
            return observation;
          });
    }
  }
}
