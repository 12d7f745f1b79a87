package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What `./package` gives to users: the same bytes from two clones, an archive for each system, all
/// of it named in the bill of materials; the one for Linux x64 makes a cluster with its own Java.
class PackageLongIT {
  private static final Duration LIMIT = Duration.ofMinutes(20);
  private Ctl ctl;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  /// Packs a clone of this tree's last commit, in a folder of its own.
  private Path packed(String name) throws Exception {
    Path clone = ctl.folder.resolve(name);
    run(ctl.folder, "git", "clone", "-q", Ctl.root().toString(), clone.toString());
    Path out = ctl.folder.resolve(name + "-out");
    run(clone, clone.resolve("package").toString(), out.toString());
    return out;
  }

  /// In our own environment: Maven wants its home.
  private void run(Path folder, String... command) throws Exception {
    Path log = Files.createTempFile(ctl.folder, "run", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().remove("SSKUBA_NO_BUILD");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void isTheSameFromEveryCloneAndRunsByItself() throws Exception {
    Path out = packed("one");
    Path again = packed("two");
    assertThat(Files.readString(again.resolve("SHA256SUMS")))
        .isEqualTo(Files.readString(out.resolve("SHA256SUMS")));
    run(out, "sha256sum", "-c", "SHA256SUMS");
    List<Path> archives = new ArrayList<>();
    try (var files = Files.newDirectoryStream(out, "sskuba-*-{x64,arm64}.{tar.gz,zip}")) {
      files.forEach(archives::add);
    }
    assertThat(archives).hasSize(6);

    Path linux = unpacked(out, "linux-x64");
    assertBillNamesAll(linux);
    Map<String, String> bare = Map.of("PATH", "/usr/bin:/bin", "JAVA_HOME", "");
    String launcher = linux.resolve("sskuba-ctl").toString();
    assertThat(ctl.tool(bare, launcher, "version").exits(0).out()).contains("Java 25");
    ctl.tool(bare, launcher, "validate", "-f", linux.resolve("examples/aws.yaml").toString())
        .exits(0);
    Path file = ctl.file("packed.yaml", Clusters.yaml("packed", 1, 1));
    ctl.tool(Map.of(), launcher, "apply", "-f", file.toString()).exits(0);
    ctl.tool(Map.of(), launcher, "delete", "packed", "--yes").exits(0);

    Path mac = unpacked(out, "macos-arm64");
    assertThat(mac.resolve("jdk")).doesNotExist();
    assertThat(mac.resolve("sskuba-ctl")).isExecutable();
    try (var files = Files.newDirectoryStream(out, "*windows-x64.zip")) {
      for (Path zip : files) {
        assertWindows(zip);
      }
    }
  }

  private Path unpacked(Path out, String system) throws Exception {
    try (var files = Files.newDirectoryStream(out, "*-" + system + ".tar.gz")) {
      Path archive = files.iterator().next();
      run(out, "tar", "-xzf", archive.toString());
      return out.resolve(archive.getFileName().toString().replace(".tar.gz", ""));
    }
  }

  private static void assertBillNamesAll(Path folder) throws Exception {
    JsonNode bom = Json.parse(Files.readString(folder.resolve("sbom.cdx.json")));
    assertThat(bom.path("bomFormat").asText()).isEqualTo("CycloneDX");
    Set<String> named = new TreeSet<>();
    for (JsonNode component : bom.path("components")) {
      named.add(component.path("name").asText() + "-" + component.path("version").asText());
    }
    Set<String> jars = new TreeSet<>();
    try (var files = Files.walk(folder.resolve("dist"))) {
      files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".jar"))
          .forEach(f -> jars.add(f.substring(0, f.length() - 4)));
    }
    assertThat(jars).isNotEmpty();
    assertThat(named).containsAll(jars);
  }

  private static void assertWindows(Path zip) throws Exception {
    try (ZipFile opened = new ZipFile(zip.toFile())) {
      String folder = zip.getFileName().toString().replace(".zip", "/");
      String launcher =
          new String(
              opened.getInputStream(opened.getEntry(folder + "sskuba-ctl.cmd")).readAllBytes(),
              java.nio.charset.StandardCharsets.US_ASCII);
      assertThat(launcher.lines()).hasSizeGreaterThan(10);
      assertThat(launcher.replace("\r\n", "")).doesNotContain("\n").doesNotContain("@BUILD@");
      String classes =
          launcher.substring(launcher.indexOf("\\dist\\") + 6, launcher.indexOf("\\lib\\*"));
      assertThat(opened.getEntry(folder + "dist/" + classes + "/lib/sskuba-cli-0.1.0.jar"))
          .isNotNull();
      assertThat(opened.getEntry(folder + "dev/jvm.options")).isNotNull();
    }
  }
}
