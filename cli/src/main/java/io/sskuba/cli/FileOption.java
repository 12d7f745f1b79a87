package io.sskuba.cli;

import io.sskuba.io.Yaml;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.SplitStateStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `-f FILE`; `-` is standard input.
final class FileOption {
  /// One byte above the reader's limit of 1 MiB, so that the reader can tell that the file is too
  /// large.
  private static final int READ_MAX = (1 << 20) + 1;

  private final Session session;

  FileOption(Session session) {
    this.session = session;
  }

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      required = true,
      description = "The cluster file; - reads standard input.")
  String file = "-";

  byte[] bytes() {
    return bytes(session, file);
  }

  Path folder() {
    return folder(session, file);
  }

  static byte[] bytes(Session session, String file) {
    try (InputStream in =
        file.equals("-")
            ? System.in
            : Files.newInputStream(session.environment().workingFolder().resolve(file))) {
      byte[] read = in.readNBytes(READ_MAX);
      if (isOfThisMachine(read)) {
        session.onlyStateHere();
      }
      return read;
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.SPEC_UNREADABLE, "cannot read " + file)
              .fact("cause", e.getClass().getSimpleName() + ": " + e.getMessage()),
          e);
    }
  }

  /// Whether the file's target is this machine. A file that cannot be read so is for the reader to
  /// refuse.
  private static boolean isOfThisMachine(byte[] file) {
    try {
      return Yaml.load(new String(file, StandardCharsets.UTF_8)) instanceof Map<?, ?> root
          && root.get("target") instanceof Map<?, ?> target
          && target.get("provider") instanceof String provider
          && SplitStateStore.isOfThisMachine(provider);
    } catch (RuntimeException e) {
      return false;
    }
  }

  static Path folder(Session session, String file) {
    Path base = session.environment().workingFolder();
    if (file.equals("-")) {
      return base;
    }
    @Nullable Path parent = base.resolve(file).normalize().getParent();
    return parent == null ? base : parent;
  }
}
