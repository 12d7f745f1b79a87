package io.sskuba.toolchain;

import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A real process that stands in for `go`: a shell script which notes each build in `builds` and
/// its pid in `pid`, waits for the file `go-on` where it is told to, and then "links" a script that
/// says its version.
///
/// Fault policy: exactly what its `build` part says; the version and environment questions are
/// always answered.
final class FakeGo {
  static final Platform LINUX = new Platform("linux", "amd64");

  /// Builds at once, and right.
  static final String BUILDS = link("v1.2.3");

  /// Builds when `go-on` appears beside it; waits at most 60 s.
  static final String BUILDS_WHEN_TOLD =
      """
      n=0
      while [ ! -e "$here/go-on" ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n + 1)); done
      """
          + BUILDS;

  final Path folder;

  FakeGo(Path folder, String build) throws IOException {
    this.folder = folder;
    String script =
        """
        #!/bin/sh
        here=%s
        case $1 in
          version) echo "go version go1.26.8 linux/amd64" ;;
          env) echo local ;;
          build)
            echo build >>"$here/builds"
            echo $$ >"$here/pid"
            env | sort >"$here/environment"
            echo "$@" >"$here/arguments"
            while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
            %s ;;
        esac
        """
            .formatted(folder, build);
    Files.createDirectories(folder);
    executable(folder.resolve("go"), script);
  }

  /// The end of a build: a program of this version.
  static String link(String version) {
    return """
        printf '#!/bin/sh\\necho "tool version %s"\\n' >"$out"
        chmod +x "$out"
        """
        .formatted(version);
  }

  int builds() {
    try {
      Path file = folder.resolve("builds");
      return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ProcessHandle process() throws IOException {
    long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    return ProcessHandle.of(pid).orElseThrow();
  }

  void goOn() throws IOException {
    Files.createFile(folder.resolve("go-on"));
  }

  /// A lock file with one tool, `tool v1.2.3`; its publisher is the URL given, or nobody.
  static ToolLock lock(String publisher) {
    return ToolLock.parse(
        """
        tools:
          tool:
            version: v1.2.3
            versionArgs: [version]
            versionPattern: 'tool version (\\S+)'
            %s
            build: {module: m, package: example.org/tool, seconds: 120}
        """
            .formatted(publisher),
        (module, file) ->
            (file.equals("go.mod") ? "module m\n\ngo 1.26.0\n" : "")
                .getBytes(StandardCharsets.UTF_8));
  }

  static ToolchainService service(
      ToolLock lock, Path cache, List<Path> go, Map<String, String> more) {
    return service(
        lock,
        cache,
        go,
        more,
        Downloader.Limits.USUAL,
        (engine, downloader) -> {
          throw new SigstoreEngine.Refused("no trust root in this test", null);
        });
  }

  static ToolchainService service(
      ToolLock lock,
      Path cache,
      List<Path> go,
      Map<String, String> more,
      Downloader.Limits limits,
      SignedDownloads.TrustRoot trust) {
    Map<String, String> variables = new HashMap<>();
    variables.put("PATH", "/usr/bin:/bin");
    variables.put("HOME", cache.toString());
    variables.putAll(more);
    Environment environment = new Environment(variables, cache);
    TimeSource time = TimeSource.system();
    Downloader downloader = new Downloader(environment, time, limits);
    return new ToolchainService(
        new ToolSearch(
            lock,
            LINUX,
            environment,
            new ToolCache(cache, time),
            downloader,
            new SignedDownloads(downloader, cache, time, trust),
            new GoBuilder(environment, go)),
        cache.resolveSibling("runtime"),
        time);
  }

  static Path executable(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    if (!file.toFile().setExecutable(true)) {
      throw new IOException("not executable: " + file);
    }
    return file;
  }
}
