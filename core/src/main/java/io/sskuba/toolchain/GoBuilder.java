package io.sskuba.toolchain;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Builds a program from the Go module proxy, in a module that holds no code of ours.
///
/// Go's own build and module caches are the user's: a build that was killed goes on where it was,
/// because Go keeps each compiled package.
/// - Limits: [#BUILD_MAX] a program.
/// - Errors: the result's `exit` and last lines; `IOException` when Go cannot be started.
final class GoBuilder {
  static final Duration BUILD_MAX = Duration.ofMinutes(45);
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final Pattern GO_VERSION = Pattern.compile("go(\\d+)\\.(\\d+)(?:\\.(\\d+))?");
  private static final Pattern GO_LINE =
      Pattern.compile("(?m)^go (\\d+)\\.(\\d+)(?:\\.(\\d+))?\\s*$");

  /// Since 1.21 Go gets a newer Go by itself where a module asks for one and it is allowed to.
  private static final GoVersion SELF_UPDATING = new GoVersion(1, 21, 0);

  /// The user's settings that say from where and with what trust modules come. Everything else that
  /// could change the program (`GOFLAGS`, `GOEXPERIMENT`, `GOOS`, …) is set or left out.
  private static final List<String> PASSED_ON =
      List.of(
          "HOME",
          "PATH",
          "TMPDIR",
          "USER",
          "XDG_CACHE_HOME",
          "XDG_CONFIG_HOME",
          "GOENV",
          "GOPATH",
          "GOCACHE",
          "GOMODCACHE",
          "GOPROXY",
          "GONOPROXY",
          "GOPRIVATE",
          "GOSUMDB",
          "GONOSUMDB",
          "GOTOOLCHAIN",
          "GOTMPDIR",
          "GOMAXPROCS",
          "HTTP_PROXY",
          "HTTPS_PROXY",
          "NO_PROXY",
          "http_proxy",
          "https_proxy",
          "no_proxy",
          "SSL_CERT_FILE",
          "SSL_CERT_DIR",
          "NETRC");

  private final Environment environment;
  private final List<Path> usualPlaces;

  GoBuilder(Environment environment) {
    this(
        environment,
        List.of(
            Path.of("/usr/local/go/bin/go"),
            Path.of("/opt/homebrew/bin/go"),
            Path.of("/usr/lib/go/bin/go"),
            environment.home().resolve("go/bin/go")));
  }

  /// @param usualPlaces where Go is looked for after PATH
  GoBuilder(Environment environment, List<Path> usualPlaces) {
    this.environment = environment;
    this.usualPlaces = List.copyOf(usualPlaces);
  }

  GoBuilder through(Environment other) {
    return new GoBuilder(other, usualPlaces);
  }

  record GoVersion(int major, int minor, int patch) implements Comparable<GoVersion> {
    @Override
    public int compareTo(GoVersion other) {
      return java.util.Comparator.comparingInt(GoVersion::major)
          .thenComparingInt(GoVersion::minor)
          .thenComparingInt(GoVersion::patch)
          .compare(this, other);
    }

    @Override
    public String toString() {
      return major + "." + minor + "." + patch;
    }
  }

  /// What the search for Go came to.
  sealed interface Go {
    record Found(Path program, GoVersion version) implements Go {}

    record Unusable(String why) implements Go {}
  }

  /// The arguments of `go`, up to the `-o` part.
  static List<String> arguments(Tool.GoBuild build) {
    List<String> flags = new ArrayList<>(List.of("-s", "-w"));
    flags.addAll(build.ldflags());
    return List.of("build", "-mod=mod", "-trimpath", "-ldflags", String.join(" ", flags));
  }

  /// Looks for a Go that can build a module with this `go.mod`.
  Go find(String goMod) throws InterruptedException {
    GoVersion needed = goLine(goMod);
    List<Path> candidates = new ArrayList<>(PathSearch.all(environment, "go"));
    candidates.addAll(usualPlaces);
    String why = "no go on PATH or in the usual places";
    for (Path candidate : candidates) {
      if (!Files.isExecutable(candidate)) {
        continue;
      }
      try {
        ChildProcess.Result asked =
            ChildProcess.run(
                List.of(candidate.toString(), "version"), variables(), null, ASK_MAX, d -> {});
        Matcher matcher = GO_VERSION.matcher(asked.tail(3));
        if (asked.exit() != 0 || !matcher.find()) {
          why = candidate + " version did not answer within " + ASK_MAX.toSeconds() + " s";
          continue;
        }
        GoVersion version = version(matcher);
        if (version.compareTo(needed) < 0 && !mayUpdate(candidate, version)) {
          why = "%s is Go %s, needed is %s or newer".formatted(candidate, version, needed);
          continue;
        }
        return new Go.Found(candidate, version);
      } catch (IOException e) {
        why = candidate + " could not be started: " + e.getMessage();
      }
    }
    return new Go.Unusable(why);
  }

  private boolean mayUpdate(Path go, GoVersion version) throws IOException, InterruptedException {
    if (version.compareTo(SELF_UPDATING) < 0) {
      return false;
    }
    ChildProcess.Result asked =
        ChildProcess.run(
            List.of(go.toString(), "env", "GOTOOLCHAIN"), variables(), null, ASK_MAX, d -> {});
    return asked.exit() == 0 && !asked.tail(1).strip().equals("local");
  }

  /// Builds into `out`. `folder` is made, filled with the module's two files, and may be removed
  /// afterwards.
  ChildProcess.Result build(
      Path go,
      Tool.GoBuild build,
      byte[] goMod,
      byte[] goSum,
      Path folder,
      Path out,
      Platform platform,
      boolean offline,
      Consumer<Duration> everySecond)
      throws IOException, InterruptedException {
    AtomicFiles.privateFolder(folder);
    Files.write(folder.resolve("go.mod"), goMod);
    Files.write(folder.resolve("go.sum"), goSum);
    List<String> argv = new ArrayList<>(List.of(go.toString()));
    argv.addAll(arguments(build));
    argv.addAll(List.of("-o", out.toString(), build.mainPackage()));
    Map<String, String> variables = variables();
    variables.put("GOOS", platform.os());
    variables.put("GOARCH", platform.arch());
    if (offline) {
      variables.put("GOPROXY", "off");
    }
    return ChildProcess.run(argv, variables, folder, BUILD_MAX, everySecond);
  }

  private Map<String, String> variables() {
    Map<String, String> variables = new HashMap<>();
    for (String name : PASSED_ON) {
      String value = environment.get(name);
      if (value != null) {
        variables.put(name, value);
      }
    }
    variables.put("CGO_ENABLED", "0");
    variables.put("GO111MODULE", "on");
    variables.put("GOWORK", "off");
    // An empty GOFLAGS would let the one of `go env -w` through.
    variables.put("GOFLAGS", "-mod=mod");
    return variables;
  }

  private static GoVersion goLine(String goMod) {
    Matcher matcher = GO_LINE.matcher(goMod);
    return matcher.find() ? version(matcher) : SELF_UPDATING;
  }

  private static GoVersion version(Matcher matcher) {
    String patch = matcher.group(3);
    return new GoVersion(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        patch == null ? 0 : Integer.parseInt(patch));
  }
}
