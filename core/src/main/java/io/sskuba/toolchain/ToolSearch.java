package io.sskuba.toolchain;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Environment;
import io.sskuba.io.Places;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Gets one program: cache, offline folder or mirror, PATH, publisher, Go module proxy, in this
/// order. Each source that does not have it says why.
/// - Idempotent: yes; the caller holds the program's lock.
/// - Errors: `TOOL_MISSING` and `TOOL_BUILD_FAILED` with a fact for each source,
///   `CACHE_UNWRITABLE`.
final class ToolSearch {
  static final String MIRROR = "SSKUBA_TOOLCHAIN_MIRROR";
  static final String OFFLINE = "SSKUBA_TOOLCHAIN_OFFLINE";
  private static final Duration VERSION_MAX = Duration.ofSeconds(5);
  private static final int CAUSE_LINES = 8;
  private static final int PATH_CANDIDATES_MAX = 5;

  private final ToolLock lock;
  private final Platform platform;
  private final Environment environment;
  private final ToolCache cache;
  private final Downloader downloader;
  private final SignedDownloads signed;
  private final GoBuilder builder;

  ToolSearch(
      ToolLock lock,
      Platform platform,
      Environment environment,
      ToolCache cache,
      Downloader downloader,
      SignedDownloads signed,
      GoBuilder builder) {
    this.lock = lock;
    this.platform = platform;
    this.environment = environment;
    this.cache = cache;
    this.downloader = downloader;
    this.signed = signed;
    this.builder = builder;
  }

  static ToolSearch of(Places places, Environment environment, TimeSource time) {
    Path root = places.cache().resolve("toolchain");
    Downloader downloader = new Downloader(environment, time, Downloader.Limits.USUAL);
    return new ToolSearch(
        ToolLock.bundled(),
        Platform.current(),
        environment,
        new ToolCache(root, time),
        downloader,
        SignedDownloads.of(downloader, root, time),
        new GoBuilder(environment));
  }

  /// The same programs and cache, by another way out.
  ToolSearch through(Egress egress) {
    Environment other = egress.over(environment);
    Downloader through = downloader.through(other, egress.trustPem());
    return new ToolSearch(
        lock, platform, other, cache, through, signed.through(through), builder.through(other));
  }

  ToolLock lock() {
    return lock;
  }

  /// What the caller is told while a program is built: why it is built, and for how long so far.
  @FunctionalInterface
  interface BuildProgress {
    void building(String why, Duration elapsed);
  }

  Path guardFile(Tool tool) {
    return cache.root().resolve("locks").resolve(tool.name() + ".lock");
  }

  /// How the publisher's download would be verified, in words.
  String download(Tool tool) {
    Tool.Published published = tool.published().get(platform.toString());
    Tool.Signature signature = tool.signature();
    if (published == null) {
      return "none";
    }
    if (published.digest() != null || signed.locked(published.url()) != null) {
      return "locked digest";
    }
    return signature == null ? "unsigned, not used" : "sigstore signature";
  }

  /// The recipes of all tools for this machine.
  Set<String> recipes() {
    return lock.tools().stream()
        .map(tool -> lock.recipe(tool, platform))
        .collect(Collectors.toUnmodifiableSet());
  }

  Path root() {
    return cache.root();
  }

  Optional<ToolCache.Entry> cached(Tool tool, Consumer<String> report) {
    return cache.find(tool, platform, lock.recipe(tool, platform), report);
  }

  /// A program of the pinned version on PATH. Nothing is written.
  Optional<Path> onPath(Tool tool) throws InterruptedException {
    return searchPath(tool, new Reasons(tool, line -> {}));
  }

  ToolCache.Entry get(Tool tool, Consumer<String> report, BuildProgress progress)
      throws InterruptedException {
    Optional<ToolCache.Entry> kept = cached(tool, report);
    if (kept.isPresent()) {
      return kept.get();
    }
    Reasons reasons = new Reasons(tool, report);
    reasons.add("cache", "not there: " + cache.root());
    Path work = null;
    try {
      work = freshWorkFolder(tool);
      for (Source source : List.<Source>of(this::mirror, this::path, this::publisher)) {
        ToolCache.Entry entry = source.get(tool, work, reasons);
        if (entry != null) {
          return entry;
        }
      }
      return build(tool, work, reasons, progress);
    } catch (IOException e) {
      throw cacheUnwritable(tool, e);
    } finally {
      remove(work);
    }
  }

  /// Null when this source does not have it; the reason is then in `reasons`.
  @FunctionalInterface
  private interface Source {
    ToolCache.@Nullable Entry get(Tool tool, Path work, Reasons reasons)
        throws IOException, InterruptedException;
  }

  /// Why each source does not have the program.
  private static final class Reasons {
    private final Tool tool;
    private final Consumer<String> report;
    private final Map<String, String> bySource = new LinkedHashMap<>();

    Reasons(Tool tool, Consumer<String> report) {
      this.tool = tool;
      this.report = report;
    }

    void add(String source, String why) {
      bySource.put(source, why);
      report.accept(tool.title() + ": " + source + ": " + why);
    }

    /// The short form that stands in the progress line of a build.
    String shortly() {
      String publisher = bySource.getOrDefault("publisher", "");
      return publisher.contains("not used")
          ? "no published binary could be verified"
          : "no published binary could be reached";
    }

    Problem on(Problem problem) {
      Problem out = problem;
      for (Map.Entry<String, String> entry : bySource.entrySet()) {
        out = out.fact(entry.getKey(), entry.getValue());
      }
      return out;
    }
  }

  private ToolCache.@Nullable Entry mirror(Tool tool, Path work, Reasons reasons)
      throws IOException, InterruptedException {
    List<Mirror> mirrors = mirrors(reasons);
    for (Mirror mirror : mirrors) {
      Path file = work.resolve(tool.name());
      try {
        mirror.fetch(tool, platform, downloader, part(tool, "mirror"), file, reasons.report);
        String wrong = wrongVersion(tool, file);
        if (wrong != null) {
          throw new Downloader.Failed(mirror.base() + ": " + wrong + ": not used");
        }
        return keep(tool, file, "mirror", "digest file of " + mirror.base());
      } catch (Downloader.Failed e) {
        reasons.add("mirror", String.valueOf(e.getMessage()));
      }
    }
    return null;
  }

  private List<Mirror> mirrors(Reasons reasons) {
    List<Mirror> mirrors = new ArrayList<>();
    String offline = environment.get(OFFLINE);
    if (offline != null && !offline.isBlank() && !isSwitch(offline)) {
      mirrors.add(new Mirror(environment.workingFolder().resolve(offline).toUri()));
    }
    String mirror = environment.get(MIRROR);
    if (mirror != null && !mirror.isBlank()) {
      try {
        mirrors.add(
            new Mirror(
                mirror.contains("://")
                    ? URI.create(mirror)
                    : environment.workingFolder().resolve(mirror).toUri()));
      } catch (IllegalArgumentException e) {
        reasons.add("mirror", MIRROR + " is neither a URL nor a folder");
      }
    }
    if (mirrors.isEmpty()) {
      reasons.add("mirror", "none configured (" + MIRROR + ")");
    }
    return mirrors;
  }

  private ToolCache.@Nullable Entry path(Tool tool, Path work, Reasons reasons)
      throws IOException, InterruptedException {
    Optional<Path> found = searchPath(tool, reasons);
    if (found.isEmpty()) {
      return null;
    }
    return cache.remember(
        tool,
        platform,
        lock.recipe(tool, platform),
        found.get(),
        "path",
        "says it is " + tool.version() + "; unchanged since");
  }

  private Optional<Path> searchPath(Tool tool, Reasons reasons) throws InterruptedException {
    if (tool.versionPattern() == null) {
      reasons.add("path", "it cannot be asked for its version: not used");
      return Optional.empty();
    }
    List<Path> candidates = PathSearch.all(environment, tool.name());
    if (candidates.isEmpty()) {
      reasons.add("path", "not there");
    }
    for (Path candidate : candidates.subList(0, Math.min(candidates.size(), PATH_CANDIDATES_MAX))) {
      String wrong = wrongVersion(tool, candidate);
      if (wrong == null) {
        return Optional.of(candidate);
      }
      reasons.add("path", candidate + " " + wrong);
    }
    return Optional.empty();
  }

  /// What is wrong with the version that it says it has, or null.
  private @Nullable String wrongVersion(Tool tool, Path program) throws InterruptedException {
    Pattern pattern = tool.versionPattern();
    if (pattern == null) {
      return null;
    }
    List<String> argv = new ArrayList<>(List.of(program.toString()));
    argv.addAll(tool.versionArgs());
    try {
      executable(program);
      ChildProcess.Result asked =
          ChildProcess.run(argv, quietEnvironment(), null, VERSION_MAX, d -> {});
      if (asked.timedOut()) {
        return "did not say its version within " + VERSION_MAX.toSeconds() + " s";
      }
      Matcher matcher = pattern.matcher(asked.tail(20));
      if (!matcher.find()) {
        return "did not say its version (exit " + asked.exit() + ")";
      }
      return tool.isVersion(matcher.group(1)) ? null : "is " + matcher.group(1);
    } catch (IOException e) {
      return "could not be started: " + e.getMessage();
    }
  }

  /// Just enough to be asked for a version: no cloud variables, no update checks.
  private Map<String, String> quietEnvironment() {
    return Map.of(
        "PATH", String.valueOf(environment.get("PATH")),
        "HOME", cache.root().resolve("home").toString(),
        "PULUMI_SKIP_UPDATE_CHECK", "true",
        "PULUMI_HOME", cache.root().resolve("home").toString(),
        "NO_COLOR", "1");
  }

  private ToolCache.@Nullable Entry publisher(Tool tool, Path work, Reasons reasons)
      throws IOException, InterruptedException {
    Tool.Published published = tool.published().get(platform.toString());
    if (published == null) {
      reasons.add("publisher", "no binary for " + platform + " known");
      return null;
    }
    if (published.digest() == null && tool.signature() == null) {
      reasons.add("publisher", "no digest known, and its publisher signs no downloads: not used");
      return null;
    }
    if (environment.get(OFFLINE) != null) {
      reasons.add("publisher", OFFLINE + " is set");
      return null;
    }
    try {
      Path part = part(tool, "publisher");
      String verified = download(tool, published, part, reasons.report);
      Path file = work.resolve(tool.name());
      String entry = published.entry();
      if (entry == null) {
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } else {
        Archives.extract(part, entry, file);
        Files.delete(part);
      }
      return keep(tool, file, "publisher", verified);
    } catch (Downloader.Failed e) {
      reasons.add("publisher", String.valueOf(e.getMessage()));
      return null;
    }
  }

  /// Gets the download and returns how it was verified, in words.
  private String download(Tool tool, Tool.Published published, Path part, Consumer<String> report)
      throws Downloader.Failed, IOException, InterruptedException {
    String digest = published.digest();
    if (digest != null) {
      downloader.fetch(
          tool.title(), published.url(), digest.substring("sha256:".length()), part, report);
      return "locked digest of " + published.url();
    }
    Tool.Signature signature =
        Objects.requireNonNull(tool.signature(), "without a digest there is a signature");
    return signed.get(tool, published.url(), signature, part, report);
  }

  private ToolCache.Entry build(Tool tool, Path work, Reasons reasons, BuildProgress progress)
      throws IOException, InterruptedException {
    byte[] goMod = lock.module(tool.build().module(), "go.mod");
    byte[] goSum = lock.module(tool.build().module(), "go.sum");
    GoBuilder.Go go = builder.find(new String(goMod, StandardCharsets.UTF_8));
    if (go instanceof GoBuilder.Go.Unusable unusable) {
      reasons.add("go", unusable.why());
      throw new SskubaException(missing(tool, reasons));
    }
    Path program = ((GoBuilder.Go.Found) go).program();
    progress.building(reasons.shortly(), Duration.ZERO);
    Path file = work.resolve(tool.name());
    ChildProcess.Result result =
        builder.build(
            program,
            tool.build(),
            goMod,
            goSum,
            work.resolve("module"),
            file,
            platform,
            environment.get(OFFLINE) != null,
            elapsed -> progress.building(reasons.shortly(), elapsed));
    if (result.exit() != 0 || !Files.exists(file)) {
      throw new SskubaException(buildFailed(tool, program, result, reasons));
    }
    String wrong = wrongVersion(tool, file);
    if (wrong != null) {
      throw new SskubaException(
          reasons.on(
              Problem.of(
                      ProblemCode.TOOL_BUILD_FAILED,
                      "building " + tool.title() + ": the program that was built " + wrong)
                  .fact("go", program.toString())));
    }
    return keep(tool, file, "built", "go.sum of its module; digest since it was built");
  }

  private Problem missing(Tool tool, Reasons reasons) {
    return reasons
        .on(
            Problem.of(
                ProblemCode.TOOL_MISSING,
                tool.title() + ": not here, not downloadable, and there is no Go to build it"))
        .fact("do", "install Go from https://go.dev/dl/, or name a mirror in " + MIRROR)
        .next("sskuba-ctl toolchain install " + tool.name());
  }

  private static Problem buildFailed(
      Tool tool, Path go, ChildProcess.Result result, Reasons reasons) {
    String summary =
        result.timedOut()
            ? "building %s: not done within %d min"
                .formatted(tool.title(), GoBuilder.BUILD_MAX.toMinutes())
            : "building %s: go exited with %d".formatted(tool.title(), result.exit());
    String last = result.lines().isEmpty() ? "it said nothing" : result.tail(CAUSE_LINES);
    return reasons
        .on(Problem.of(ProblemCode.TOOL_BUILD_FAILED, summary))
        .fact("go", go.toString())
        .fact("cause", last)
        .next("sskuba-ctl toolchain install " + tool.name());
  }

  private SskubaException cacheUnwritable(Tool tool, IOException e) {
    Problem problem =
        Problem.of(
                ProblemCode.CACHE_UNWRITABLE,
                tool.title() + ": the cache " + cache.root() + " cannot be written")
            .fact("cause", e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())
            .fact("free", freeMegabytes() + " MB")
            .next("sskuba-ctl toolchain install " + tool.name());
    return new SskubaException(problem, e);
  }

  private long freeMegabytes() {
    try {
      Path folder = cache.root();
      while (!Files.exists(folder)) {
        folder = Objects.requireNonNull(folder.getParent(), "the root exists");
      }
      return Files.getFileStore(folder).getUsableSpace() >> 20;
    } catch (IOException e) {
      return 0;
    }
  }

  private ToolCache.Entry keep(Tool tool, Path file, String source, String verified)
      throws IOException {
    return cache.put(tool, platform, lock.recipe(tool, platform), file, source, verified);
  }

  private Path part(Tool tool, String source) throws IOException {
    Path folder = AtomicFiles.privateFolder(cache.root().resolve("partial"));
    return folder.resolve(
        "%s-%s-%s-%s.part".formatted(tool.name(), tool.version(), platform.dashed(), source));
  }

  /// A folder of this attempt's own. What a killed attempt left is removed: the caller's lock says
  /// that nobody else works on this program.
  private Path freshWorkFolder(Tool tool) throws IOException {
    Path parent = AtomicFiles.privateFolder(cache.root().resolve("builds").resolve(tool.name()));
    try (DirectoryStream<Path> old = Files.newDirectoryStream(parent)) {
      for (Path folder : old) {
        AtomicFiles.deleteTree(folder);
      }
    }
    return Files.createTempDirectory(parent, "attempt-");
  }

  private static void remove(@Nullable Path work) {
    if (work == null) {
      return;
    }
    try {
      AtomicFiles.deleteTree(work);
    } catch (IOException e) {
      // The next attempt removes it.
    }
  }

  /// Files of ours in the work folder may lack the right; one of the user's has it.
  private static void executable(Path file) throws IOException {
    if (!Files.isExecutable(file) && !file.toFile().setExecutable(true)) {
      throw new IOException("cannot be made executable");
    }
  }

  private static boolean isSwitch(String value) {
    return value.equals("1") || value.equals("true");
  }
}
