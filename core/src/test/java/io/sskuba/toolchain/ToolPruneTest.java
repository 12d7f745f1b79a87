package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.TimeSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolPruneTest {
  @TempDir Path folder;
  private final List<Process> started = new ArrayList<>();
  private final List<String> said = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void removesWhatIsOldAndKeepsWhatTheLockNames() throws Exception {
    Path old = program("a", "v1", "old", 40);
    Path current = program("a", "v2", "current", 40);
    Path recent = program("b", "v1", "other", 1);
    assertThat(prune("current")).containsExactly("a v1");
    assertThat(old).doesNotExist();
    assertThat(current).exists();
    assertThat(recent).as("another sskuba may use it").exists();
    assertThat(index()).hasSize(4); // two entries and their stamps
    assertThat(prune("current")).isEmpty();
  }

  @Test
  void keepsWhatAClustersHostWasToldToRun() throws Exception {
    Path old = program("a", "v1", "old", 40);
    Path host = folder.resolve("runtime/demo-1/host.json");
    Files.createDirectories(host.getParent());
    Files.writeString(host, "{\"binaries\": {\"a\": \"" + old + "\"}}");
    assertThat(prune("current")).isEmpty();
    Files.delete(host);
    assertThat(prune("current")).containsExactly("a v1");
  }

  @Test
  void keepsWhatRuns() throws Exception {
    Path old = program("a", "v1", "old", 40);
    Files.delete(old);
    Files.copy(Path.of("/bin/sleep").toRealPath(), old);
    Process process = new ProcessBuilder(old.toString(), "60").start();
    started.add(process);
    for (int i = 0; i < 100 && !process.info().command().orElse("").contains("sha256-"); i++) {
      process.waitFor(50, TimeUnit.MILLISECONDS);
    }
    assertThat(prune("current")).isEmpty();
    assertThat(old).exists();
    process.destroyForcibly().waitFor();
    assertThat(prune("current")).containsExactly("a v1");
  }

  @Test
  void leavesAloneWhatIsBeingGot() throws Exception {
    Path old = program("a", "v1", "old", 40);
    try (ToolGuard _ =
        ToolGuard.take(
            cache().resolve("locks/a.lock"),
            "a",
            TimeSource.system(),
            Duration.ofSeconds(1),
            said::add)) {
      assertThat(prune("current")).isEmpty();
      assertThat(old).exists();
    }
    assertThat(prune("current")).containsExactly("a v1");
  }

  @Test
  void removesAProgramThatNoEntryNamesButNotAFreshOne() throws Exception {
    Path orphan = program("a", "v1", "old", 40);
    Path fresh = program("b", "v1", "old", 40);
    for (Path file : index()) {
      Files.delete(file);
    }
    Files.setLastModifiedTime(fresh.getParent(), FileTime.from(TimeSource.system().now()));
    assertThat(prune("current")).containsExactly("a that no index entry names");
    assertThat(orphan).doesNotExist();
    assertThat(fresh).exists();
  }

  @Test
  void removesAfterAnInstallWhatWasNotUsedForThirtyDays() throws Exception {
    Path old = program("tool", "v1", "old", 31);
    Path younger = program("b", "v1", "old", 29);
    FakeGo go = new FakeGo(folder.resolve("go"), FakeGo.BUILDS);
    FakeGo.service(
            FakeGo.lock(""), cache(), List.of(go.folder.resolve("go")), Map.of("PATH", "/bin"))
        .ensure(List.of("tool"), said::add);
    assertThat(old).doesNotExist();
    assertThat(younger).exists();
    assertThat(said).anySatisfy(line -> assertThat(line).startsWith("tool v1: removed"));
  }

  private List<String> prune(String current) throws Exception {
    return new ToolPrune(cache(), folder.resolve("runtime"), TimeSource.system())
        .prune(Set.of(current), Duration.ZERO, said::add);
  }

  private Path cache() {
    return folder.resolve("cache");
  }

  private Path program(String name, String version, String recipe, int days) throws Exception {
    Instant used = TimeSource.system().now().minus(Duration.ofDays(days));
    String digest = Digests.of((name + version).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Path program = cache().resolve("sha256-" + digest).resolve(name);
    FakeGo.executable(program, "#!/bin/sh\n");
    Path entry = cache().resolve("index").resolve(name + "-" + version + ".json");
    Files.createDirectories(entry.getParent());
    Files.writeString(
        entry,
        """
        {"tool": "%s", "version": "%s", "platform": "linux/amd64", "recipe": "%s", "digest": "%s",
         "source": "built", "verified": "test", "at": "%s", "path": "%s"}"""
            .formatted(name, version, recipe, digest, used, cache().relativize(program)));
    Path stamp = Files.writeString(entry.resolveSibling(entry.getFileName() + ".stamp"), "x");
    Files.setLastModifiedTime(stamp, FileTime.from(used));
    Files.setLastModifiedTime(program.getParent(), FileTime.from(used));
    return program;
  }

  private List<Path> index() throws Exception {
    try (var files = Files.list(cache().resolve("index"))) {
      return files.toList();
    }
  }
}
