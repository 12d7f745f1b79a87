package io.sskuba.infra.pulumi;

import com.pulumi.automation.AutomationException;
import com.pulumi.automation.CommandResult;
import com.pulumi.automation.CommandRunOptions;
import com.pulumi.automation.OperationType;
import com.pulumi.automation.PulumiCommand;
import com.pulumi.automation.Version;
import com.pulumi.automation.events.EngineEvent;
import com.pulumi.automation.events.SummaryEvent;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Runs the `pulumi` executable for the Automation API.
///
/// It starts our binary in an environment built from nothing, attaches our language runtime, event
/// stream and providers for as long as the engine runs, and stops the engine gracefully when the
/// deadline passes or the thread is interrupted. Commands whose answer is known already are not
/// run: each costs 0.15-0.3 s.
/// - Limits: 64 MiB of output a stream (what comes after is dropped).
/// - Thread: one command at a time.
final class EngineCommand implements PulumiCommand {
  /// Real processes keep real time.
  private static final TimeSource CLOCK = TimeSource.system();

  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration QUIET = Duration.ofSeconds(15);
  private static final int OUTPUT_MAX = 64 << 20;
  private static final int MESSAGE_MAX = 64 << 20;

  /// The Automation API asks for the version to choose flags; the pinned binary's is known.
  static final String PINNED = "3.259.0";

  private static final Version VERSION = Version.parse(PINNED);

  /// How an operation ended other than by the engine's own will.
  enum Stop {
    NONE,
    DEADLINE,
    INTERRUPTED,
    /// The state cannot be told any more what is done.
    LOST
  }

  /// What one engine run needs.
  static final class Operation {
    final @Nullable PlanRuntime runtime;
    final EngineEvents events;
    final Deadline deadline;
    volatile Stop stop = Stop.NONE;
    volatile @Nullable SskubaException fault;
    volatile List<String> pendingAtStop = List.of();

    Operation(@Nullable PlanRuntime runtime, EngineEvents events, Deadline deadline) {
      this.runtime = runtime;
      this.events = events;
      this.deadline = deadline;
    }
  }

  private final PulumiSettings settings;
  private final List<ProviderService> providers;
  private final EngineLease lease;
  private @Nullable Operation operation;
  private @Nullable Deadline deadline;
  private boolean stackKnown;

  EngineCommand(PulumiSettings settings, List<ProviderService> providers, EngineLease lease) {
    this.settings = settings;
    this.providers = List.copyOf(providers);
    this.lease = lease;
  }

  /// The next commands belong to `operation`.
  void begin(Operation next) {
    operation = next;
    deadline = next.deadline;
  }

  /// The next commands are short ones with this deadline.
  void begin(Deadline limit) {
    operation = null;
    deadline = limit;
  }

  /// Says that the stack exists, so that selecting it needs no command.
  void stackKnown(boolean known) {
    stackKnown = known;
  }

  @Override
  public Version version() {
    return VERSION;
  }

  @Override
  public CommandResult run(List<String> arguments, CommandRunOptions options)
      throws AutomationException {
    CommandResult known = known(arguments);
    return known != null ? known : start(arguments, options);
  }

  /// The answer, where we have it without asking the engine.
  private @Nullable CommandResult known(List<String> arguments) {
    String command = String.join(" ", arguments.subList(0, Math.min(2, arguments.size())));
    return switch (command) {
      case "stack select" -> stackKnown ? new CommandResult(0, "", "") : null;
      // The plan runtime registered the outputs itself, and the events told the changes.
      case "stack output" -> new CommandResult(0, "{}", "");
      case "stack history" ->
          new CommandResult(
              0,
              "[{\"kind\":\"update\",\"startTime\":\"2026-01-01T00:00:00.000Z\",\"message\":\"\","
                  + "\"environment\":{},\"config\":{},\"result\":\"succeeded\","
                  + "\"endTime\":\"2026-01-01T00:00:00.000Z\",\"version\":1,"
                  + "\"resourceChanges\":{}}]",
              "");
      default -> null;
    };
  }

  private CommandResult start(List<String> arguments, CommandRunOptions options)
      throws AutomationException {
    List<Server> servers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        List<String> command = new ArrayList<>();
        command.add(settings.binary().toString());
        command.addAll(arguments);
        command.add("--non-interactive");
        if (arguments.getFirst().equals("destroy")) {
          // The stack itself goes with its last resource: one command less.
          command.add("--remove");
        }
        Map<String, String> environment = environment();
        if (!arguments.contains("--stack") && !arguments.getFirst().equals("stack")) {
          // The Automation API relies on the stack being selected, which is state shared by all
          // users of a home folder.
          command.add("--stack");
          command.add(settings.qualifiedStack());
        }
        Operation current = operation;
        if (current != null) {
          attach(current, command, environment, servers, threads, options);
        }
        CommandResult result = execute(command, environment, threads);
        if (current != null && current.stop == Stop.NONE) {
          current.events.awaitEnd(5);
        }
        if (result.code() != 0) {
          // The message decides which exception the Automation API makes of it.
          throw failure(result);
        }
        return result;
      } finally {
        servers.forEach(Server::shutdownNow);
      }
    } catch (IOException e) {
      throw new AutomationException("the engine cannot be started: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AutomationException("interrupted", e);
    }
  }

  private void attach(
      Operation current,
      List<String> command,
      Map<String, String> environment,
      List<Server> servers,
      ExecutorService threads,
      CommandRunOptions options)
      throws IOException {
    List<BindableService> own = new ArrayList<>();
    own.add(current.events);
    if (current.runtime != null) {
      own.add(current.runtime);
    }
    Server server = serve(own, threads);
    servers.add(server);
    command.add("--event-log=tcp://127.0.0.1:" + server.getPort());
    environment.put("PULUMI_DEBUG_COMMANDS", "true");
    if (current.runtime != null && settings.refreshFirst()) {
      command.add("--refresh");
    }
    if (current.runtime != null) {
      command.add("--client=127.0.0.1:" + server.getPort());
    }
    List<String> attached = new ArrayList<>();
    for (ProviderService provider : providers) {
      Server one = serve(List.of(provider.service()), threads);
      servers.add(one);
      attached.add(provider.pkg() + ":" + one.getPort());
    }
    if (!attached.isEmpty()) {
      environment.put("PULUMI_DEBUG_PROVIDERS", String.join(",", attached));
    }
    Consumer<EngineEvent> listener = options.onEngineEvent();
    if (listener != null) {
      current.events.tap(
          event -> {
            if (event.has("summaryEvent")) {
              listener.accept(summary());
            }
          });
    }
  }

  /// The Automation API insists on a summary; ours comes from the steps, so an empty one will do.
  private static EngineEvent summary() {
    var summary = new SummaryEvent(false, 0, Map.<OperationType, Integer>of(), Map.of());
    return new EngineEvent(0, 0, null, null, null, null, summary, null, null, null, null);
  }

  private static Server serve(List<BindableService> services, ExecutorService threads)
      throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .executor(threads)
            .maxInboundMessageSize(MESSAGE_MAX);
    services.forEach(builder::addService);
    return builder.build().start();
  }

  private CommandResult execute(
      List<String> command, Map<String, String> environment, ExecutorService threads)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(settings.workFolder().toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    // Only what changes the stack locks it; recording every command would push out the runs that
    // did.
    boolean locks = operation != null && !command.contains("preview");
    try (EngineLease.Held held = locks ? lease.hold() : null) {
      Process process = builder.start();
      if (held != null) {
        held.started(process.toHandle());
      }
      Future<String> out = threads.submit(() -> read(process.getInputStream()));
      Future<String> err = threads.submit(() -> read(process.getErrorStream()));
      int code = await(process, held);
      String outText = join(out);
      String errText = join(err);
      return new CommandResult(code, outText, errText);
    }
  }

  private static String join(Future<String> text) {
    try {
      return text.get(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      return "";
    }
  }

  /// Waits for the end. At the deadline, or when interrupted, asks the engine to stop (SIGTERM: it
  /// lets running operations finish and saves them), and kills it after the grace time.
  private int await(Process process, EngineLease.@Nullable Held held) throws InterruptedException {
    Deadline limit = deadline;
    Operation current = operation;
    Stop stop = Stop.NONE;
    try {
      if (limit == null) {
        throw new IllegalStateException("a command without a deadline");
      }
      while (stop == Stop.NONE) {
        long slice = Math.min(limit.left().toNanos(), LOOK.toNanos());
        if (process.waitFor(slice, TimeUnit.NANOSECONDS)) {
          return process.exitValue();
        }
        Optional<SskubaException> over = held == null ? Optional.empty() : held.over();
        if (over.isPresent() && current != null) {
          current.fault = over.get();
          stop = Stop.LOST;
        } else if (limit.passed()) {
          stop = Stop.DEADLINE;
        }
      }
    } catch (InterruptedException e) {
      stop = Stop.INTERRUPTED;
    }
    if (current != null) {
      current.stop = stop;
      current.pendingAtStop = current.events.pending();
    }
    if (stop == Stop.LOST && current != null) {
      endUnheard(process, current.events);
    } else {
      end(process);
    }
    if (stop == Stop.INTERRUPTED) {
      Thread.currentThread().interrupt();
    }
    return process.isAlive() ? 137 : process.exitValue();
  }

  /// The engine goes on trying to write what it did, minutes for each resource. What it was doing
  /// ends first: it is quiet then, and what it made is known by its events.
  private void endUnheard(Process process, EngineEvents events) throws InterruptedException {
    process.toHandle().destroy();
    long end = CLOCK.nanos() + settings.stopGrace().toNanos();
    long quiet = CLOCK.nanos() + QUIET.toNanos();
    long seen = events.count();
    try {
      while (CLOCK.nanos() < Math.min(end, quiet)) {
        if (process.waitFor(LOOK.toNanos(), TimeUnit.NANOSECONDS)) {
          return;
        }
        if (events.count() != seen) {
          seen = events.count();
          quiet = CLOCK.nanos() + QUIET.toNanos();
        }
      }
    } finally {
      process.toHandle().destroyForcibly();
    }
    process.waitFor(2, TimeUnit.SECONDS);
  }

  private void end(Process process) {
    boolean again = false;
    // Not Process.destroy(), which also closes the pipes: the engine would die writing to them.
    process.toHandle().destroy();
    long end = CLOCK.nanos() + settings.stopGrace().toNanos();
    while (process.isAlive()) {
      try {
        if (!process.waitFor(Math.max(1, end - CLOCK.nanos()), TimeUnit.NANOSECONDS)) {
          process.toHandle().destroyForcibly();
          end = CLOCK.nanos() + TimeUnit.SECONDS.toNanos(2);
          if (again) {
            return;
          }
          again = true;
        }
      } catch (InterruptedException e) {
        // A second interrupt: no more patience.
        process.toHandle().destroyForcibly();
        end = CLOCK.nanos() + TimeUnit.SECONDS.toNanos(2);
        again = true;
      }
    }
  }

  private static String read(InputStream stream) {
    try (InputStream in = stream) {
      byte[] bytes = in.readNBytes(OUTPUT_MAX);
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    String home = settings.homeFolder().toString();
    environment.put("HOME", home);
    environment.put("PULUMI_HOME", home);
    environment.put("PATH", "");
    environment.put("USER", System.getProperty("user.name", "sskuba"));
    environment.put("PULUMI_BACKEND_URL", settings.stateUrl().toString());
    environment.put("PULUMI_CONFIG_PASSPHRASE_FILE", settings.passphraseFile().toString());
    environment.put("PULUMI_SKIP_UPDATE_CHECK", "true");
    environment.put("PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK", "true");
    environment.put("PULUMI_OPTION_COLOR", "never");
    environment.put("NO_COLOR", "1");
    if (!settings.acquirePlugins()) {
      environment.put("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true");
    }
    environment.putAll(settings.environment());
    return environment;
  }

  private static AutomationException failure(CommandResult result) {
    return new EngineFailed(result);
  }

  /// The engine ended with an error.
  static final class EngineFailed extends AutomationException {
    private final transient CommandResult result;

    EngineFailed(CommandResult result) {
      super("pulumi ended with code " + result.code());
      this.result = result;
    }

    CommandResult result() {
      return result;
    }
  }
}
