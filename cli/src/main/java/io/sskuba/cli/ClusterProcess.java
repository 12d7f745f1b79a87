package io.sskuba.cli;

import io.sskuba.apply.Kubeconfigs;
import io.sskuba.io.AtomicFiles;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.RuntimeFolder;
import io.sskuba.state.ClusterRecord;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/// A process of the user's with the credentials of one cluster, in files of the memory-backed
/// folder that go with it.
final class ClusterProcess {
  private final Session session;

  ClusterProcess(Session session) {
    this.session = session;
  }

  int run(ClusterRecord record, List<String> command) throws IOException, InterruptedException {
    String kubeconfig = Kubeconfigs.kubeconfig(session.ports(), record.key());
    String talosconfig = Kubeconfigs.talosconfig(session.ports(), record.key());
    Path folder =
        RuntimeFolder.create(session.places().runtime(), record.key(), record.clusterId())
            .resolve("exec-" + HexFormat.of().formatHex(session.ports().random().bytes(4)));
    try {
      AtomicFiles.write(folder.resolve("kubeconfig"), kubeconfig.getBytes(StandardCharsets.UTF_8));
      AtomicFiles.write(
          folder.resolve("talosconfig"), talosconfig.getBytes(StandardCharsets.UTF_8));
      Process process = start(folder, command);
      passOnSignals(process);
      return process.waitFor();
    } finally {
      AtomicFiles.deleteTree(folder);
    }
  }

  /// Ctrl-C reaches the child from the terminal; this process must outlive it to take the
  /// credentials away and to hand on its exit code. Other signals came to us alone.
  private static void passOnSignals(Process process) {
    Signal.handle(new Signal("INT"), _ -> {});
    Signal.handle(new Signal("TERM"), _ -> process.destroy());
    Signal.handle(new Signal("HUP"), _ -> process.destroy());
  }

  private Process start(Path folder, List<String> command) throws InterruptedException {
    List<String> full = new ArrayList<>(command);
    ProcessBuilder builder = new ProcessBuilder(full).inheritIO();
    builder.directory(session.environment().workingFolder().toFile());
    builder.environment().put("KUBECONFIG", folder.resolve("kubeconfig").toString());
    builder.environment().put("TALOSCONFIG", folder.resolve("talosconfig").toString());
    for (String tool : List.of("kubectl", "talosctl")) {
      offer(tool, command.getFirst(), builder);
    }
    // ProcessBuilder looks a program up in this JVM's PATH, not in the child's.
    full.set(0, resolved(command.getFirst(), builder.environment().get("PATH")));
    try {
      return builder.start();
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.USAGE, "cannot run " + command.getFirst())
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  /// The user's own tool, else the toolchain's: got now if it is the command, else only if it is
  /// there already.
  private void offer(String tool, String program, ProcessBuilder builder)
      throws InterruptedException {
    if (onPath(tool, session.environment().get("PATH")).isPresent()) {
      return;
    }
    Optional<Path> found = Wiring.toolchain(session).where(tool);
    if (found.isEmpty() && program.equals(tool)) {
      found =
          Optional.ofNullable(
              session
                  .ports()
                  .toolchain()
                  .ensure(List.of(tool), line -> session.err().println(line))
                  .get(tool));
    }
    found.ifPresent(
        path ->
            builder
                .environment()
                .merge(
                    "PATH",
                    path.resolveSibling("").toString(),
                    (old, own) -> old + File.pathSeparator + own));
  }

  private static String resolved(String program, @Nullable String path) {
    return onPath(program, path).map(Path::toString).orElse(program);
  }

  private static Optional<Path> onPath(String program, @Nullable String path) {
    if (path == null || program.contains("/")) {
      return Optional.empty();
    }
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path file = Path.of(folder.isEmpty() ? "." : folder, program);
      if (Files.isExecutable(file) && !Files.isDirectory(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }
}
