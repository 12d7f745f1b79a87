package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher over builds of a tiny program that says its name and arguments.
class LauncherTest {
  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  @TempDir Path folder;
  private Path home;

  @BeforeEach
  void install() throws IOException {
    home = Files.createDirectories(folder.resolve("a folder with blanks"));
    copy(Ctl.root().resolve("sskuba-ctl"), home.resolve("sskuba-ctl"));
    copy(Ctl.root().resolve("dev/jdk"), home.resolve("dev/jdk"));
    copy(Ctl.root().resolve("dev/jvm.options"), home.resolve("dev/jvm.options"));
  }

  @Test
  void runsTheBuildThatIsCurrent() throws Exception {
    build("one");
    assertSays(run(Map.of(), "a b", "", "*"), "one [a b, , *]");
    // A second build beside it: new code at once, though the first has an AOT cache.
    train("one");
    assertSays(run(Map.of()), "one []");
    build("two");
    assertSays(run(Map.of()), "two []");
  }

  @Test
  void doesNotUseTheCacheOfAnotherBuild() throws Exception {
    build("one");
    train("one");
    build("two");
    // As if a build had been copied over another, cache and all: JDK 25.0.3 would run the old
    // classes.
    Files.copy(dist("one").resolve("sskuba.aot"), dist("two").resolve("sskuba.aot"));
    Files.copy(dist("one").resolve("aot.stamp"), dist("two").resolve("aot.stamp"));
    assertSays(run(Map.of()), "two []");
  }

  @Test
  void keepsStandardOutputCleanWithoutACacheOrWithABrokenOne() throws Exception {
    build("one");
    train("one");
    Files.writeString(dist("one").resolve("sskuba.aot"), "this is no cache");
    assertSays(run(Map.of()), "one []");
    Files.delete(dist("one").resolve("sskuba.aot"));
    assertSays(run(Map.of()), "one []");
  }

  @Test
  void leavesAnotherJavaInJavaHomeAlone() throws Exception {
    build("one");
    Path old = folder.resolve("jdk-17");
    Files.createDirectories(old.resolve("bin"));
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
    executable(old.resolve("bin/java"), "#!/bin/sh\necho the wrong java\n");
    assertSays(run(Map.of("JAVA_HOME", old.toString())), "one []");
  }

  @Test
  void usesAnotherJdk25InJavaHome() throws Exception {
    build("one");
    Path other = folder.resolve("jdk-25");
    Files.createDirectories(other.resolve("bin"));
    Files.writeString(other.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25.0.9\"\n");
    executable(other.resolve("bin/java"), "#!/bin/sh\necho the other java\n");
    assertSays(run(Map.of("JAVA_HOME", other.toString())), "the other java");
  }

  @Test
  void worksThroughALinkFromAnywhere() throws Exception {
    build("one");
    Path link = Files.createSymbolicLink(folder.resolve("link"), home.resolve("sskuba-ctl"));
    assertSays(start(Map.of(), Path.of("/"), link.toString(), "x"), "one [x]");
    assertSays(start(Map.of(), folder, "./link", "x"), "one [x]");
    assertSays(start(Map.of(), home, "sh", "sskuba-ctl", "x"), "one [x]");
  }

  @Test
  void passesOnTheExitCode() throws Exception {
    build("one");
    assertThat(run(Map.of(), "exit").exit()).isEqualTo(9);
  }

  @Test
  void saysThatNothingIsBuilt() throws Exception {
    Said said = run(Map.of());
    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err()).startsWith("error: SSK-LAUNCH-002: nothing is built in ");
  }

  @Test
  void triesAFailedBuildAgainOnlyWhenToldToOrWhenASourceChanged() throws Exception {
    copy(Ctl.root().resolve("dev/build"), home.resolve("dev/build"));
    copy(Ctl.root().resolve("dev/maven"), home.resolve("dev/maven"));
    Path source = Files.writeString(home.resolve("pom.xml"), "<project/>");
    Path count = folder.resolve("count");
    executable(
        Files.createDirectories(folder.resolve("bin")).resolve("mvn"),
        """
        #!/bin/sh
        case $1 in -v) echo "Apache Maven 3.9.9"; exit 0 ;; esac
        echo once >>%s
        echo "[ERROR] no such library"
        exit 1
        """
            .formatted(count));
    Map<String, String> variables =
        Map.of("PATH", folder.resolve("bin") + ":/usr/bin:/bin", "JAVA_HOME", JAVA_HOME.toString());
    Said first = run(variables);
    assertThat(first.exit()).isEqualTo(1);
    assertThat(first.err()).contains("SSK-LAUNCH-003", "no such library", "build.log", "retry ");

    Said second = run(variables);
    assertThat(second.exit()).isEqualTo(1);
    assertThat(second.err())
        .startsWith("error: SSK-LAUNCH-003: the build failed on ")
        .contains("not tried again", "  log   " + home, "  retry " + home.resolve("dev/build"))
        .doesNotContain("building");
    assertThat(Files.readAllLines(count)).hasSize(1);

    assertThat(start(variables, folder, home.resolve("dev/build").toString()).exit()).isEqualTo(1);
    assertThat(Files.readAllLines(count)).as("asked for by hand").hasSize(2);

    Files.setLastModifiedTime(
        source,
        java.nio.file.attribute.FileTime.from(
            Files.getLastModifiedTime(home.resolve("target/build.failed"))
                .toInstant()
                .plusSeconds(2)));
    assertThat(run(variables).exit()).isEqualTo(1);
    assertThat(Files.readAllLines(count)).as("a source changed").hasSize(3);
  }

  private record Said(int exit, String out, String err) {}

  private static void assertSays(Said said, String line) {
    assertThat(said.err()).isEmpty();
    assertThat(said.out()).isEqualTo(line + "\n");
    assertThat(said.exit()).isZero();
  }

  private Said run(Map<String, String> variables, String... arguments) throws Exception {
    List<String> argv = new ArrayList<>(List.of(home.resolve("sskuba-ctl").toString()));
    argv.addAll(List.of(arguments));
    return start(variables, folder, argv.toArray(String[]::new));
  }

  private Said start(Map<String, String> variables, Path in, String... argv) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(argv)
            .directory(in.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("HOME", folder.toString());
    builder.environment().putAll(variables);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private Path dist(String build) {
    return home.resolve("dist").resolve(build);
  }

  /// Makes a build whose program says `name`, and makes it the current one.
  private void build(String name) throws IOException {
    Path source = folder.resolve(name).resolve("io/sskuba/cli/Main.java");
    Files.createDirectories(source.getParent());
    Files.writeString(
        source,
        """
        package io.sskuba.cli;
        public class Main {
          public static void main(String[] args) {
            System.out.println("%s " + java.util.List.of(args));
            if (args.length > 0 && args[0].equals("exit")) System.exit(9);
          }
        }
        """
            .formatted(name));
    assertThat(
            ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "--release", "25", source.toString()))
        .isZero();
    Path lib = Files.createDirectories(dist(name).resolve("lib"));
    try (OutputStream out = Files.newOutputStream(lib.resolve("app.jar"));
        JarOutputStream jar = new JarOutputStream(out)) {
      jar.putNextEntry(new JarEntry("io/sskuba/cli/Main.class"));
      jar.write(Files.readAllBytes(source.resolveSibling("Main.class")));
    }
    Files.writeString(
        home.resolve("dist/current"),
        "build_id='%s'\nbuild_java='%s'\n".formatted(name, JAVA_HOME),
        StandardCharsets.UTF_8);
  }

  /// Gives a build its AOT cache, as `dev/build` does.
  private void train(String name) throws Exception {
    Said said =
        start(
            Map.of(),
            folder,
            JAVA_HOME.resolve("bin/java").toString(),
            "-XX:AOTCacheOutput=" + dist(name).resolve("sskuba.aot"),
            "@" + home.resolve("dev/jvm.options"),
            "-Dsskuba.home=" + home,
            "-cp",
            dist(name).resolve("lib/app.jar").toString(),
            "io.sskuba.cli.Main");
    assertThat(said.exit()).isZero();
    assertThat(dist(name).resolve("sskuba.aot")).exists();
    Files.writeString(
        dist(name).resolve("aot.stamp"), "%s %s %s\n".formatted(name, JAVA_HOME, dist(name)));
  }

  private static void executable(Path file, String text) throws IOException {
    Files.writeString(file, text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
  }
}
