package io.sskuba.toolchain;

import io.sskuba.io.Environment;
import io.sskuba.io.Places;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// The pinned programs: which, from where, verified how; got where they are missing.
/// - Limits: waits [#GUARD_MAX] for another process that gets the same program.
/// - Errors: `USAGE` for a name that is not in the lock file; else those of [ToolSearch].
/// - Idempotent: yes.
public final class ToolchainService implements Toolchain {
  /// Longer than the longest build, so that one who waits does not give up on one who works.
  private static final Duration GUARD_MAX = GoBuilder.BUILD_MAX.plusMinutes(5);

  private static final Duration SAY_INTERVAL = Duration.ofSeconds(15);

  /// Unused for so long, a program of another version goes when a new one comes.
  private static final Duration UNUSED = Duration.ofDays(30);

  private final ToolSearch search;
  private final Path runtime;
  private final ToolPrune prune;
  private final TimeSource time;

  /// @param runtime where clusters' runtime folders are: what they run is not removed
  ToolchainService(ToolSearch search, Path runtime, TimeSource time) {
    this.search = search;
    this.runtime = runtime;
    this.prune = new ToolPrune(search.root(), runtime, time);
    this.time = time;
  }

  public static ToolchainService of(Places places, Environment environment, TimeSource time) {
    return new ToolchainService(ToolSearch.of(places, environment, time), places.runtime(), time);
  }

  @Override
  public Toolchain through(Egress egress) {
    return new ToolchainService(search.through(egress), runtime, time);
  }

  /// Names of all pinned programs, in the order in which they are got.
  public List<String> names() {
    return search.lock().tools().stream().map(Tool::name).toList();
  }

  /// The pinned version of a program.
  public String version(String name) {
    return tool(name).version();
  }

  /// Each pinned program and where it stands. Nothing is got and no network is used.
  public List<ToolState> list() throws InterruptedException {
    List<ToolState> states = new ArrayList<>();
    for (Tool tool : search.lock().tools()) {
      states.add(state(tool));
    }
    return states;
  }

  /// The verified program, if it is there already.
  public Optional<Path> where(String name) throws InterruptedException {
    return Optional.ofNullable(state(tool(name)).path());
  }

  @Override
  public Map<String, Path> ensure(Collection<String> names, Consumer<String> progress)
      throws InterruptedException {
    List<Tool> wanted = new ArrayList<>();
    for (Tool tool : search.lock().tools()) {
      if (names.contains(tool.name())) {
        wanted.add(tool);
      }
    }
    names.forEach(this::tool); // refuses an unknown name before anything is got
    Map<String, Path> paths = cached(wanted, progress);
    List<Tool> missing = wanted.stream().filter(tool -> !paths.containsKey(tool.name())).toList();
    Estimate estimate = new Estimate(missing);
    for (Tool tool : missing) {
      paths.put(tool.name(), get(tool, estimate, progress));
    }
    if (!missing.isEmpty()) {
      pruneQuietly(progress);
    }
    Map<String, Path> ordered = new LinkedHashMap<>();
    wanted.forEach(tool -> ordered.put(tool.name(), paths.get(tool.name())));
    return ordered;
  }

  /// Removes programs of other versions that nothing uses. Returns what went, in words.
  /// - Idempotent: yes.
  /// - Errors: `CACHE_UNWRITABLE`.
  ///
  /// @param unused how long not used; at least [ToolPrune#UNUSED_MIN]
  public List<String> prune(Duration unused, Consumer<String> progress) {
    try {
      return prune.prune(search.recipes(), unused, progress);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.CACHE_UNWRITABLE, "the cache cannot be pruned")
              .fact("cache", search.root().toString())
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  /// What was got is there: that old programs could not be removed is no reason to fail.
  private void pruneQuietly(Consumer<String> progress) {
    try {
      prune.prune(search.recipes(), UNUSED, progress);
    } catch (IOException e) {
      progress.accept("old programs stay in the cache: " + e.getMessage());
    }
  }

  /// Verifies side by side: where the stamps do not hold, each program's bytes are read and hashed.
  private Map<String, Path> cached(List<Tool> wanted, Consumer<String> progress)
      throws InterruptedException {
    Map<String, Path> paths = new ConcurrentHashMap<>();
    List<Thread> threads = new ArrayList<>();
    for (Tool tool : wanted) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () ->
                      search
                          .cached(tool, progress)
                          .ifPresent(entry -> paths.put(tool.name(), entry.path()))));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return paths;
  }

  private Path get(Tool tool, Estimate estimate, Consumer<String> progress)
      throws InterruptedException {
    long begun = time.nanos();
    try (ToolGuard _ =
        ToolGuard.take(search.guardFile(tool), tool.title(), time, GUARD_MAX, progress)) {
      ToolCache.Entry entry =
          search.get(tool, progress, new BuildLines(tool, estimate, progress)::building);
      Duration took = Duration.ofNanos(time.nanos() - begun);
      estimate.done(tool, took, entry.source().equals("built"));
      progress.accept(
          "%s: %s in %d s, %s"
              .formatted(tool.title(), entry.source(), took.toSeconds(), entry.verified()));
      return entry.path();
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.CACHE_UNWRITABLE, tool.title() + ": the lock cannot be taken")
              .fact("lock", search.guardFile(tool).toString())
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  private ToolState state(Tool tool) throws InterruptedException {
    boolean local = LOCAL.contains(tool.name());
    Optional<ToolCache.Entry> cached = search.cached(tool, line -> {});
    if (cached.isPresent()) {
      ToolCache.Entry entry = cached.get();
      return new ToolState(
          tool.name(),
          tool.version(),
          local,
          entry.source(),
          entry.verified(),
          "sha256:" + entry.digest(),
          entry.path(),
          search.download(tool));
    }
    Path onPath = search.onPath(tool).orElse(null);
    return new ToolState(
        tool.name(),
        tool.version(),
        local,
        onPath == null ? null : "path",
        onPath == null ? null : "says it is " + tool.version(),
        null,
        onPath,
        search.download(tool));
  }

  private Tool tool(String name) {
    Tool tool = search.lock().find(name);
    if (tool == null) {
      throw new SskubaException(
          Problem.of(ProblemCode.USAGE, "toolchain: no program is named " + name)
              .fact("known", String.join(", ", names()))
              .next("sskuba-ctl toolchain list"));
    }
    return tool;
  }

  /// One line at the start of a build and one every [#SAY_INTERVAL].
  private static final class BuildLines {
    private final Tool tool;
    private final Estimate estimate;
    private final Consumer<String> progress;
    private Duration next = Duration.ZERO;

    BuildLines(Tool tool, Estimate estimate, Consumer<String> progress) {
      this.tool = tool;
      this.estimate = estimate;
      this.progress = progress;
    }

    void building(String why, Duration elapsed) {
      if (elapsed.compareTo(next) < 0) {
        return;
      }
      next = elapsed.plus(SAY_INTERVAL);
      progress.accept(
          "building %s, %d of %d, %s left: %s"
              .formatted(
                  tool.title(),
                  estimate.position(tool),
                  estimate.count(),
                  Estimate.words(estimate.left(tool, elapsed)),
                  why));
    }
  }
}
