package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolchainServiceTest {
  private static final String TOOL = "#!/bin/sh\necho \"tool version v1.2.3\"\n";

  @TempDir Path folder;
  private final List<String> said = new CopyOnWriteArrayList<>();
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void buildsOnceKeepsByContentAndSaysWhy() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    Path first = ensure(go, Map.of());
    assertThat(first.getParent().getFileName()).hasToString("sha256-" + Digests.ofFile(first));
    assertThat(said)
        .anySatisfy(line -> assertThat(line).startsWith("tool v1.2.3: cache: not there"))
        .anySatisfy(line -> assertThat(line).startsWith("tool v1.2.3: mirror: none configured"))
        .contains(
            "tool v1.2.3: path: not there",
            "tool v1.2.3: publisher: no binary for linux/amd64 known",
            "building tool v1.2.3, 1 of 1, about 2 min left: no published binary could be reached");
    said.clear();
    assertThat(ensure(go, Map.of())).isEqualTo(first);
    assertThat(go.builds()).isEqualTo(1);
    assertThat(said).isEmpty();
    assertThat(leftIn("builds/tool")).isEmpty();
  }

  @Test
  void buildsWithTheFlagsOfTheRecipeAndACleanEnvironment() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    ensure(
        go,
        Map.of(
            "GOFLAGS", "-tags=evil", "AWS_SECRET_ACCESS_KEY", "x", "GOPROXY", "https://p.example"));
    assertThat(Files.readString(go.folder.resolve("arguments")))
        .startsWith("build -mod=mod -trimpath -ldflags -s -w -o ")
        .endsWith(" example.org/tool\n");
    assertThat(Files.readString(go.folder.resolve("environment")))
        .contains("CGO_ENABLED=0\n", "GOFLAGS=-mod=mod\n", "GOWORK=off\n", "GOOS=linux\n")
        .contains("GOPROXY=https://p.example\n")
        .doesNotContain("AWS_SECRET_ACCESS_KEY", "evil");
  }

  @Test
  void getsAChangedProgramAnew() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    Path program = ensure(go, Map.of());
    FileTime time = Files.getLastModifiedTime(program);
    byte[] bytes = Files.readAllBytes(program);
    bytes[bytes.length - 2] ^= 1; // same size, and the old time put back
    Files.write(program, bytes);
    Files.setLastModifiedTime(program, time);
    Path again = ensure(go, Map.of());
    assertThat(go.builds()).isEqualTo(2);
    assertThat(Digests.ofFile(again)).isEqualTo(digestInName(again));
    assertThat(said).anySatisfy(line -> assertThat(line).contains("was changed: not used"));
  }

  @Test
  void readsTheBytesAgainWhenTheStampIsGoneOrForged() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    Path program = ensure(go, Map.of());
    Path stamp =
        leftIn("index").stream().filter(p -> p.toString().endsWith(".stamp")).findFirst().get();
    Files.writeString(stamp, "nonsense\n");
    assertThat(ensure(go, Map.of())).isEqualTo(program);
    assertThat(Files.readString(stamp)).contains(digestInName(program));
    assertThat(go.builds()).isEqualTo(1);
  }

  @Test
  void findsTheProgramAgainInACacheThatWasMoved() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    ensure(go, Map.of());
    Path moved = folder.resolve("moved");
    Files.move(folder.resolve("cache"), moved);
    Path program =
        FakeGo.service(FakeGo.lock(""), moved, List.of(), Map.of())
            .ensure(List.of("tool"), said::add)
            .get("tool");
    assertThat(program).startsWith(moved).exists();
  }

  @Test
  void ignoresAnIndexEntryThatIsCutShort() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    ensure(go, Map.of());
    Path entry =
        leftIn("index").stream().filter(p -> p.toString().endsWith(".json")).findFirst().get();
    Files.writeString(entry, "{\"tool\": \"to");
    ensure(go, Map.of());
    assertThat(go.builds()).isEqualTo(2);
    assertThat(said).anySatisfy(line -> assertThat(line).contains("unreadable index entry"));
  }

  @Test
  void takesAMirrorsProgramOnlyWithItsDigest() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    Path mirror = folder.resolve("mirror");
    Path tool = FakeGo.executable(mirror.resolve("tool/v1.2.3/linux-amd64/tool"), TOOL);
    Map<String, String> variables = Map.of("SSKUBA_TOOLCHAIN_MIRROR", mirror.toString());
    Path digest = tool.resolveSibling("tool.sha256");

    Files.writeString(digest, "0".repeat(64) + "  tool\n");
    ensure(go, variables);
    assertThat(said).anySatisfy(line -> assertThat(line).contains("wrong digest"));
    assertThat(go.builds()).isEqualTo(1);

    clearCache();
    Files.delete(digest);
    ensure(go, variables);
    assertThat(said).anySatisfy(line -> assertThat(line).contains("no digest file"));
    assertThat(go.builds()).isEqualTo(2);

    clearCache();
    Files.writeString(digest, Digests.ofFile(tool) + "  tool\n");
    assertThat(ensure(go, variables)).hasContent(TOOL);
    assertThat(go.builds()).isEqualTo(2);
  }

  @Test
  void refusesAMirrorsProgramOfAnotherVersion() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    Path mirror = folder.resolve("mirror");
    Path tool =
        FakeGo.executable(
            mirror.resolve("tool/v1.2.3/linux-amd64/tool"), TOOL.replace("1.2.3", "1.2.2"));
    Files.writeString(tool.resolveSibling("tool.sha256"), Digests.ofFile(tool));
    ensure(go, Map.of("SSKUBA_TOOLCHAIN_OFFLINE", mirror.toString()));
    assertThat(said).anySatisfy(line -> assertThat(line).contains("is v1.2.2: not used"));
    assertThat(go.builds()).isEqualTo(1);
    assertThat(Files.readString(go.folder.resolve("environment"))).contains("GOPROXY=off\n");
  }

  @Test
  void takesAMirrorOnTheWeb() throws Exception {
    byte[] tool = TOOL.getBytes(StandardCharsets.UTF_8);
    String digest = Digests.ofFile(Files.write(folder.resolve("t"), tool));
    try (RawServer server =
        new RawServer(
            "127.207.0.2",
            (request, out) -> {
              switch (request.path()) {
                case "/m/tool/v1.2.3/linux-amd64/tool" -> RawServer.ok(out, tool);
                case "/m/tool/v1.2.3/linux-amd64/tool.sha256" ->
                    RawServer.ok(out, (digest + "  tool\n").getBytes(StandardCharsets.UTF_8));
                default -> RawServer.head(out, "404 Not Found", 0);
              }
            })) {
      Path program =
          FakeGo.service(
                  FakeGo.lock(""),
                  cache(),
                  List.of(),
                  Map.of("SSKUBA_TOOLCHAIN_MIRROR", server.url("/m/").toString()))
              .ensure(List.of("tool"), said::add)
              .get("tool");
      assertThat(program).hasContent(TOOL);
    }
  }

  @Test
  void doesNotTrustAMirrorInTheClear() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    ensure(go, Map.of("SSKUBA_TOOLCHAIN_MIRROR", "http://mirror.example.org/tools"));
    assertThat(said).anySatisfy(line -> assertThat(line).contains("neither https nor a folder"));
  }

  @Test
  void downloadsFromThePublisherWithALockedDigest() throws Exception {
    byte[] tool = TOOL.getBytes(StandardCharsets.UTF_8);
    String digest = Digests.ofFile(Files.write(folder.resolve("t"), tool));
    try (RawServer server =
        new RawServer("127.207.0.3", (request, out) -> RawServer.ok(out, tool))) {
      ToolLock lock =
          FakeGo.lock(
              "publisher: {linux/amd64: {url: '%s', digest: 'sha256:%s'}}"
                  .formatted(server.url("/tool"), digest));
      ToolchainService service = FakeGo.service(lock, cache(), List.of(), Map.of());
      assertThat(service.ensure(List.of("tool"), said::add).get("tool")).hasContent(TOOL);
      assertThat(service.list().getFirst().source()).isEqualTo("publisher");
      assertThat(service.list().getFirst().verified()).startsWith("locked digest of http://127.");
    }
  }

  @Test
  void takesTheProgramOutOfThePublishersArchive() throws Exception {
    Path content = FakeGo.executable(folder.resolve("a/release/tool"), TOOL);
    Files.writeString(content.resolveSibling("README"), "x".repeat(700));
    Path archive = folder.resolve("tool.tar.gz");
    Process tar =
        new ProcessBuilder("tar", "-czf", archive.toString(), "-C", "a", "release")
            .directory(folder.toFile())
            .start();
    assertThat(tar.waitFor(10, TimeUnit.SECONDS)).isTrue();
    byte[] bytes = Files.readAllBytes(archive);
    try (RawServer server =
        new RawServer("127.207.0.4", (request, out) -> RawServer.ok(out, bytes))) {
      ToolLock lock =
          FakeGo.lock(
              "publisher: {linux/amd64: {url: '%s', entry: release/tool, digest: 'sha256:%s'}}"
                  .formatted(server.url("/tool.tar.gz"), Digests.ofFile(archive)));
      Path program =
          FakeGo.service(lock, cache(), List.of(), Map.of())
              .ensure(List.of("tool"), said::add)
              .get("tool");
      assertThat(program).hasContent(TOOL).isExecutable();
      assertThat(leftIn("partial")).isEmpty();
    }
  }

  @Test
  void doesNotUseADownloadThatCannotBeVerified() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    try (RawServer server =
        new RawServer("127.207.0.5", (request, out) -> RawServer.ok(out, new byte[1]))) {
      ToolLock lock =
          FakeGo.lock(
              "publisher: {linux/amd64: {url: '%s', digest: unverified}}"
                  .formatted(server.url("/tool")));
      FakeGo.service(lock, cache(), List.of(go.folder.resolve("go")), Map.of())
          .ensure(List.of("tool"), said::add);
      assertThat(said)
          .contains(
              "tool v1.2.3: publisher: no digest known, and its publisher signs no downloads: not used");
      assertThat(server.requests).isEmpty();
    }
  }

  @Test
  void takesTheUsersOwnOnlyInTheSameVersion() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    Path old = FakeGo.executable(folder.resolve("old/tool"), TOOL.replace("v1.2.3", "1.2.2"));
    Path hanging = FakeGo.executable(folder.resolve("hanging/tool"), "#!/bin/sh\nexec sleep 60\n");
    Path own = FakeGo.executable(folder.resolve("own/tool"), TOOL.replace("v1.2.3", "1.2.3"));
    String path =
        "%s:%s:%s:/usr/bin:/bin".formatted(old.getParent(), hanging.getParent(), own.getParent());
    assertThat(ensure(go, Map.of("PATH", path))).isEqualTo(own);
    assertThat(go.builds()).isZero();
    assertThat(said)
        .contains(
            "tool v1.2.3: path: " + old + " is 1.2.2",
            "tool v1.2.3: path: " + hanging + " did not say its version within 5 s");
    // It is changed, or goes: then it is looked for again.
    Files.writeString(own, TOOL.replace("v1.2.3", "v9"));
    assertThat(ensure(go, Map.of("PATH", own.getParent() + ":/usr/bin:/bin"))).isNotEqualTo(own);
    assertThat(go.builds()).isEqualTo(1);
  }

  @Test
  void saysWhatWasTriedWhenThereIsNoGo() {
    Problem problem =
        problemOf(
            () -> FakeGo.service(FakeGo.lock(""), cache(), List.of(), Map.of("PATH", "/none")));
    assertThat(problem.code()).isEqualTo(ProblemCode.TOOL_MISSING);
    assertThat(problem.facts().stream().map(Problem.Fact::label))
        .containsExactly("cache", "mirror", "path", "publisher", "go", "do");
    assertThat(problem.next()).containsExactly("sskuba-ctl toolchain install tool");
  }

  @Test
  void saysWhenGoIsTooOld() throws Exception {
    Path go =
        FakeGo.executable(
            folder.resolve("go/go"),
            "#!/bin/sh\n[ $1 = env ] && echo local || echo go version go1.25.1 linux/amd64\n");
    Problem problem =
        problemOf(() -> FakeGo.service(FakeGo.lock(""), cache(), List.of(go), Map.of()));
    assertThat(problem.facts())
        .contains(new Problem.Fact("go", go + " is Go 1.25.1, needed is 1.26.0 or newer"));
  }

  @Test
  void showsTheLastLinesOfAFailedBuild() throws Exception {
    FakeGo go =
        new FakeGo(
            folder.resolve("go"),
            """
            i=0; while [ $i -lt 100 ]; do echo "line $i" >&2; i=$((i + 1)); done
            echo "dial tcp: lookup proxy.example.org: no such host" >&2
            exit 1
            """);
    Problem problem = problemOf(() -> service(go, Map.of()));
    assertThat(problem.code()).isEqualTo(ProblemCode.TOOL_BUILD_FAILED);
    assertThat(
            problem.facts().stream()
                .filter(f -> f.label().equals("cause"))
                .findFirst()
                .get()
                .value())
        .endsWith("line 99\ndial tcp: lookup proxy.example.org: no such host")
        .doesNotContain("line 90\n");
    assertThat(leftIn("builds/tool")).isEmpty();
  }

  @Test
  void doesNotKeepABuildOfAnotherVersion() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.link("v9"));
    assertThat(problemOf(() -> service(go, Map.of())).summary()).endsWith("that was built is v9");
  }

  @Test
  void refusesAnUnknownName() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    SskubaException e =
        catchThrowableOfType(
            SskubaException.class,
            () -> service(go, Map.of()).ensure(List.of("tool", "tol"), said::add));
    assertThat(e.problem().code()).isEqualTo(ProblemCode.USAGE);
    assertThat(go.builds()).isZero();
  }

  @Test
  void saysWhenTheCacheCannotBeWritten() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    Files.writeString(cache(), "a file where the cache should be");
    SskubaException e =
        catchThrowableOfType(
            SskubaException.class, () -> service(go, Map.of()).ensure(List.of("tool"), said::add));
    assertThat(e.problem().code()).isEqualTo(ProblemCode.CACHE_UNWRITABLE);
  }

  @Test
  void twoProcessesBuildOnce() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS_WHEN_TOLD);
    Process other = ToolchainProcess.start(cache(), go);
    started.add(other);
    await("the other process builds", () -> go.builds() == 1);
    AtomicReference<Path> got = new AtomicReference<>();
    Thread here = Thread.ofVirtual().start(() -> got.set(unchecked(() -> ensure(go, Map.of()))));
    await("this process waits", () -> !said.isEmpty());
    assertThat(said.getFirst())
        .startsWith("tool v1.2.3: waiting for process " + other.pid() + " on ");
    go.goOn();
    assertThat(here.join(Duration.ofSeconds(20))).isTrue();
    assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(other.exitValue()).isZero();
    assertThat(got.get()).isNotNull();
    assertThat(go.builds()).isEqualTo(1);
  }

  @Test
  void aKilledBuildIsTakenUpByTheNext() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS_WHEN_TOLD);
    Process other = ToolchainProcess.start(cache(), go);
    started.add(other);
    await("the other process builds", () -> Files.exists(go.folder.resolve("arguments")));
    ProcessHandle child = go.process();
    other.destroyForcibly().waitFor();
    assertThat(leftIn("builds/tool")).hasSize(1);
    go.goOn();
    assertThat(ensure(go, Map.of())).exists();
    assertThat(leftIn("builds/tool")).isEmpty();
    await("the orphaned go ends", () -> !child.isAlive());
  }

  @Test
  void anInterruptEndsGo() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS_WHEN_TOLD);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread here =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    ensure(go, Map.of());
                  } catch (Throwable e) {
                    thrown.set(e);
                  }
                });
    await("go builds", () -> Files.exists(go.folder.resolve("arguments")));
    ProcessHandle child = go.process();
    here.interrupt();
    assertThat(here.join(Duration.ofSeconds(10))).isTrue();
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    await("go ends", () -> !child.isAlive());
    assertThat(leftIn("builds/tool")).isEmpty();
  }

  @Test
  void aTerminatedProcessTakesItsGoAlong() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS_WHEN_TOLD);
    Process other = ToolchainProcess.start(cache(), go);
    started.add(other);
    await("the other process builds", () -> Files.exists(go.folder.resolve("arguments")));
    ProcessHandle child = go.process();
    other.destroy();
    assertThat(other.waitFor(10, TimeUnit.SECONDS)).isTrue();
    await("go ends", () -> !child.isAlive());
  }

  @Test
  void whereFindsAndGetsNothing() throws Exception {
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    assertThat(service(go, Map.of()).where("tool")).isEmpty();
    assertThat(service(go, Map.of()).list().getFirst().path()).isNull();
    Path program = ensure(go, Map.of());
    assertThat(service(go, Map.of()).where("tool")).contains(program);
    assertThat(service(go, Map.of()).list().getFirst().digest())
        .isEqualTo("sha256:" + digestInName(program));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(program)))
        .isEqualTo("rwxr-xr-x");
  }

  private Path cache() {
    return folder.resolve("cache");
  }

  private ToolchainService service(FakeGo go, Map<String, String> variables) {
    return FakeGo.service(FakeGo.lock(""), cache(), List.of(go.folder.resolve("go")), variables);
  }

  private Path ensure(FakeGo go, Map<String, String> variables) throws InterruptedException {
    return service(go, variables).ensure(List.of("tool"), said::add).get("tool");
  }

  private void clearCache() throws IOException {
    said.clear();
    io.sskuba.io.AtomicFiles.deleteTree(cache());
  }

  private Problem problemOf(java.util.function.Supplier<ToolchainService> service) {
    SskubaException e =
        catchThrowableOfType(
            SskubaException.class, () -> service.get().ensure(List.of("tool"), said::add));
    return e.problem();
  }

  private List<Path> leftIn(String sub) throws IOException {
    Path at = cache().resolve(sub);
    if (!Files.exists(at)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(at)) {
      return files.toList();
    }
  }

  private static String digestInName(Path program) {
    return program.getParent().getFileName().toString().substring("sha256-".length());
  }

  private static <T> T unchecked(java.util.concurrent.Callable<T> work) {
    try {
      return work.call();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting until " + what).isLessThan(end);
      Thread.sleep(Duration.ofMillis(20));
    }
  }
}
