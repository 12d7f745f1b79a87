package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.testkit.Peers;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A user at a terminal: runs `sskuba-ctl` as a process, with folders of its own. Closing it ends
/// every process that runs under those folders and removes them.
final class Ctl implements AutoCloseable {
  /// What a whole apply or delete may take on a busy machine.
  static final Duration LONG = Duration.ofMinutes(4);

  static final Duration SHORT = Duration.ofSeconds(60);
  private static final List<String> NEEDED =
      List.of(
          "etcd",
          "kube-apiserver",
          "kube-controller-manager",
          "kube-scheduler",
          "pulumi",
          "kubectl");

  /// What a command left behind.
  record Said(List<String> command, int exit, String out, String err) {
    Said exits(int expected) {
      assertThat(exit)
          .as("exit code of %s%nout: %s%nerr: %s", command, out, err)
          .isEqualTo(expected);
      return this;
    }

    JsonNode json() {
      return Json.parse(out);
    }
  }

  final Path folder;
  final Path runtime;
  final Map<String, String> environment = new HashMap<>();

  /// What each command is started by, such as `unshare`; empty: by nothing.
  List<String> before = List.of();

  private Ctl(Path folder, Path runtime) {
    this.folder = folder;
    this.runtime = runtime;
  }

  /// A new user. The calling test is skipped if a program that a cluster runs on is missing.
  static Ctl open() throws IOException {
    Path bin = Path.of("");
    for (String peer : NEEDED) {
      bin = Peers.require(peer).getParent();
    }
    Path memory = Path.of("/dev/shm");
    Path folder = Files.createTempDirectory("sska-");
    // The path of a socket is limited to some hundred characters: a short one.
    Path runtime =
        Files.isWritable(memory)
            ? Files.createTempDirectory(memory, "ska-")
            : Files.createTempDirectory("ska-");
    Ctl ctl = new Ctl(folder, runtime);
    ctl.environment.put("PATH", bin + File.pathSeparator + "/usr/bin:/bin");
    ctl.environment.put("HOME", folder.resolve("home").toString());
    ctl.environment.put("XDG_STATE_HOME", folder.resolve("state").toString());
    ctl.environment.put("XDG_CONFIG_HOME", folder.resolve("config").toString());
    ctl.environment.put("SSKUBA_RUNTIME_DIR", runtime.resolve("r").toString());
    String cache = System.getenv("SSKUBA_CACHE_DIR");
    ctl.environment.put(
        "SSKUBA_CACHE_DIR",
        // All users of a machine's tests share it, so that each program is looked at once. Who
        // needs an empty one takes a folder of its own.
        cache == null || cache.isEmpty()
            ? Files.createDirectories(Path.of("target/cache").toAbsolutePath()).toString()
            : cache);
    Files.createDirectories(folder.resolve("home"));
    return ctl;
  }

  /// A command with its deadline; fails if it takes longer.
  Said run(Duration limit, String... arguments) throws IOException, InterruptedException {
    return start(arguments).end(limit);
  }

  Said run(String... arguments) throws IOException, InterruptedException {
    return run(LONG, arguments);
  }

  /// A program of the user's with the credentials of the cluster, as `exec` gives them.
  Said exec(String name, String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("exec", name, "--"));
    all.addAll(List.of(command));
    return run(SHORT, all.toArray(String[]::new));
  }

  Said kubectl(String name, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    return exec(name, command.toArray(String[]::new));
  }

  Said talosctl(String name, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("talosctl"));
    command.addAll(List.of(arguments));
    return exec(name, command.toArray(String[]::new));
  }

  JsonNode status(String name) throws IOException, InterruptedException {
    return run(SHORT, "status", name, "-o", "json").exits(0).json();
  }

  Running start(String... arguments) throws IOException {
    List<String> whole = new ArrayList<>(before);
    whole.addAll(command(arguments));
    return new Running(List.of(arguments), process(whole));
  }

  /// Names a launcher, such as that of an unpacked archive: the journeys then run it instead of the
  /// classes of this build.
  private static final String LAUNCHER = "SSKUBA_ACCEPTANCE_LAUNCHER";

  /// The whole command line of a command, for those who start it another way.
  static List<String> command(String... arguments) {
    String launcher = System.getenv(LAUNCHER);
    List<String> command =
        new ArrayList<>(
            launcher != null && !launcher.isEmpty()
                ? List.of(launcher)
                : List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    // The launcher's: with the first compiler alone an RSA key takes up to half a
                    // minute.
                    "@" + root().resolve("dev/jvm.options"),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "io.sskuba.cli.Main"));
    command.addAll(List.of(arguments));
    return command;
  }

  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.isDirectory(here.resolve("examples")) ? here : here.getParent();
  }

  /// Any other program, in the same environment.
  Said tool(Map<String, String> more, String... command) throws IOException, InterruptedException {
    ProcessBuilder builder = builder(List.of(command));
    builder.environment().putAll(more);
    return new Running(List.of(command), builder.start()).end(SHORT);
  }

  private Process process(List<String> command) throws IOException {
    return builder(command).start();
  }

  private ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }

  /// A cluster file of this user.
  Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  Path state() {
    return folder.resolve("state/sskuba");
  }

  /// The record of a cluster as it lies on the disk.
  JsonNode record(String name) throws IOException {
    return Json.parse(
        Files.readString(state().resolve("clusters").resolve(name).resolve("record.json")));
  }

  /// How often etcd was bootstrapped, by what the runs said.
  long bootstraps(String name) throws IOException {
    Path log = state().resolve("clusters").resolve(name).resolve("events.jsonl");
    try (Stream<String> lines = Files.lines(log)) {
      return lines
          .filter(line -> line.contains("\"log\"") && line.contains("etcd bootstrapped on"))
          .count();
    }
  }

  /// Processes that run under this user's folders: command lines by id.
  Map<Long, String> processes() throws IOException {
    Map<Long, String> found = new TreeMap<>();
    long own = ProcessHandle.current().pid();
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      for (Path process : (Iterable<Path>) all::iterator) {
        String id = process.getFileName().toString();
        if (!id.chars().allMatch(Character::isDigit) || Long.parseLong(id) == own) {
          continue;
        }
        String line = text(process.resolve("cmdline")).replace('\0', ' ');
        if (line.contains(runtime.toString()) || line.contains(folder.toString())) {
          found.put(Long.parseLong(id), line);
        }
      }
    }
    return found;
  }

  /// The ids of this user's processes whose command line holds all of `parts`.
  List<Long> pids(String... parts) throws IOException {
    return processes().entrySet().stream()
        .filter(e -> Stream.of(parts).allMatch(e.getValue()::contains))
        .map(Map.Entry::getKey)
        .toList();
  }

  long hostPid() throws IOException {
    List<Long> found = pids("io.sskuba.rehearsal.host.HostMain");
    assertThat(found).as("host processes of %s", processes().values()).hasSize(1);
    return found.getFirst();
  }

  static void kill(long pid) throws InterruptedException {
    ProcessHandle.of(pid)
        .ifPresent(
            process -> {
              process.destroyForcibly();
              process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
            });
  }

  /// Loopback addresses of a cluster's network on which somebody listens, `HEX-ADDRESS:PORT` as the
  /// kernel writes them, reversed into `a.b.c.d:port`.
  static List<String> listening(String block) throws IOException {
    List<String> found = new ArrayList<>();
    Pattern line =
        Pattern.compile("\\s*\\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A .*");
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      for (String row : text(Path.of(table)).split("\n")) {
        Matcher matcher = line.matcher(row);
        if (matcher.matches()) {
          String hex = matcher.group(1);
          String word = hex.substring(hex.length() - 8);
          List<String> bytes = new ArrayList<>();
          for (int i = 6; i >= 0; i -= 2) {
            bytes.add(String.valueOf(Integer.parseInt(word.substring(i, i + 2), 16)));
          }
          String address = String.join(".", bytes);
          if (address.startsWith(block)) {
            found.add(address + ":" + Integer.parseInt(matcher.group(2), 16));
          }
        }
      }
    }
    return found;
  }

  /// All files under a folder, relative; empty if there is none.
  static List<String> files(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(p -> Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS) || !isFolder(p))
          .map(p -> folder.relativize(p).toString())
          .sorted()
          .toList();
    }
  }

  private static boolean isFolder(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  /// Waits for something to be so.
  static void await(Duration limit, String what, Check check)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!check.holds()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("within " + limit + " not: " + what);
      }
      Thread.sleep(200);
    }
  }

  @FunctionalInterface
  interface Check {
    boolean holds() throws IOException, InterruptedException;
  }

  @Override
  public void close() throws IOException {
    // The host first: it would start its programs again.
    for (int round = 0; round < 3; round++) {
      for (long pid : pids("io.sskuba")) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      }
      for (long pid : processes().keySet()) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      }
    }
    if (System.getenv("SSKUBA_KEEP") == null) {
      remove(runtime);
      remove(folder);
    }
  }

  static void remove(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /// A command that goes on.
  static final class Running {
    private static final int MOST = 4 << 20;
    private final List<String> command;
    private final Process process;
    private final StringBuffer out = new StringBuffer();
    private final StringBuffer err = new StringBuffer();
    private final List<Thread> readers = new ArrayList<>();

    Running(List<String> command, Process process) throws IOException {
      this.command = command;
      this.process = process;
      process.getOutputStream().close();
      readers.add(read(process.inputReader(StandardCharsets.UTF_8), out));
      readers.add(read(process.errorReader(StandardCharsets.UTF_8), err));
    }

    private static Thread read(BufferedReader reader, StringBuffer into) {
      return Thread.ofVirtual()
          .start(
              () -> {
                try (reader) {
                  for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    if (into.length() < MOST) {
                      into.append(line).append('\n');
                    }
                  }
                } catch (IOException e) {
                  into.append("[unreadable: ").append(e.getMessage()).append("]\n");
                }
              });
    }

    long pid() {
      return process.pid();
    }

    String err() {
      return err.toString();
    }

    /// Waits until a line of standard error fits. False if the command ended before.
    boolean reaches(Predicate<String> wanted, Duration limit) throws InterruptedException {
      long end = System.nanoTime() + limit.toNanos();
      while (System.nanoTime() < end) {
        boolean over = !process.isAlive();
        if (err.toString().lines().anyMatch(wanted)) {
          return true;
        }
        if (over) {
          return false;
        }
        Thread.sleep(5);
      }
      throw new AssertionError(command + " did not get there; it said\n" + err);
    }

    boolean reaches(String part) throws InterruptedException {
      return reaches(line -> line.contains(part), LONG);
    }

    /// Waits for the start of a phase, by `--events -`.
    boolean starts(String phase) throws InterruptedException {
      return reaches("phaseStarted", phase);
    }

    boolean reaches(String event, String phase) throws InterruptedException {
      return reaches(
          line ->
              line.contains("\"kind\":\"" + event + "\"")
                  && line.contains("\"phase\":\"" + phase + "\""),
          LONG);
    }

    void kill() throws InterruptedException {
      process.destroyForcibly();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    void signal(String name) throws IOException, InterruptedException {
      // A shell starts what it starts with `&` with SIGINT ignored, down to our own children, and
      // Java leaves an ignored signal ignored. SIGTERM parks in the same way.
      String sent = name.equals("INT") && interruptsIgnored() ? "TERM" : name;
      int exit =
          new ProcessBuilder("/bin/kill", "-" + sent, String.valueOf(process.pid()))
              .start()
              .waitFor();
      assertThat(exit).as("kill -%s", name).isZero();
    }

    private static boolean interruptsIgnored() throws IOException {
      Path status = Path.of("/proc/self/status");
      if (!Files.exists(status)) {
        return false;
      }
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("SigIgn:")) {
          return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0;
        }
      }
      return false;
    }

    Said end(Duration limit) throws InterruptedException {
      try {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new AssertionError(command + " takes longer than " + limit + "; so far\n" + err);
        }
        for (Thread reader : readers) {
          // A child that inherited the stream may hold it open: what is there by now counts.
          reader.join(Duration.ofSeconds(5));
        }
      } finally {
        process.destroyForcibly();
      }
      return new Said(command, process.exitValue(), out.toString(), err.toString());
    }
  }
}
