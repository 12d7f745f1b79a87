package io.sskuba.secret;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.FileRights;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/// One cluster's folder for sockets and key material that a process must have as a file:
/// `RUNTIME/KEY-CLUSTERID`, 0700, memory-backed.
/// - Units: its path is at most 83 bytes, which leaves 24 for `/NAME` of a Unix socket (107 in
///   all); a longer one is shortened, the same way every time.
public final class RuntimeFolder {
  private static final int MAX_PATH = 83;
  private static final int KEPT = 10;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private RuntimeFolder() {}

  /// Where the folder is, made or not.
  /// - Errors: `RUNTIME_UNSAFE` when even the shortened path is too long.
  public static Path path(Path runtime, String key, String clusterId) {
    String name = key + "-" + clusterId;
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not the key and id of a cluster");
    }
    Path base = runtime.toAbsolutePath().normalize();
    Path natural = base.resolve(name);
    if (bytes(natural) <= MAX_PATH) {
      return natural;
    }
    String kept = key.substring(0, Math.min(KEPT, key.length()));
    Path shortened = base.resolve(kept + "-" + digest(name));
    if (bytes(shortened) <= MAX_PATH) {
      return shortened;
    }
    throw new SskubaException(
        Problem.of(
                ProblemCode.RUNTIME_UNSAFE,
                "the path of the runtime folder is too long for a Unix socket")
            .fact("folder", base.toString())
            .fact("limit", bytes(shortened) + " bytes, at most " + MAX_PATH)
            .next("export SSKUBA_RUNTIME_DIR=/dev/shm/sskuba-" + "$(id -u)"));
  }

  /// Makes the folder, or finds it as it must be.
  /// - Errors: `RUNTIME_UNSAFE` when it or its parent belongs to somebody else or is open to
  ///   others; it is then neither changed nor used.
  public static Path create(Path runtime, String key, String clusterId) {
    Path folder = path(runtime, key, clusterId);
    Path base = runtime.toAbsolutePath().normalize();
    try {
      AtomicFiles.privateFolder(base);
      refuse(base, FileRights.changeableByOthers(base));
      if (Files.isSymbolicLink(folder)) {
        refuse(folder, Optional.of("it is a symbolic link"));
      }
      AtomicFiles.privateFolder(folder);
      refuse(folder, FileRights.exposure(folder));
      return folder;
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.RUNTIME_UNSAFE, "the runtime folder cannot be made")
              .fact("folder", folder.toString())
              .fact("cause", e.toString())
              .next("sskuba-ctl doctor"),
          e);
    }
  }

  /// Removes the folder with all that is in it. Idempotent.
  public static void remove(Path runtime, String key, String clusterId) {
    Path folder = path(runtime, key, clusterId);
    try {
      if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        AtomicFiles.deleteTree(folder);
      }
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.RUNTIME_UNSAFE, "the runtime folder cannot be removed")
              .fact("folder", folder.toString())
              .fact("cause", e.toString())
              .exists(folder + ", which holds key material in memory")
              .next("sskuba-ctl doctor"),
          e);
    }
  }

  private static void refuse(Path folder, Optional<String> cause) {
    if (cause.isPresent()) {
      throw new SskubaException(
          Problem.of(ProblemCode.RUNTIME_UNSAFE, "the runtime folder is not private to this user")
              .fact("folder", folder.toString())
              .fact("cause", cause.get())
              .next("ls -ld " + folder));
    }
  }

  private static int bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8).length;
  }

  private static String digest(String name) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("no SHA-256 in this Java runtime", e);
    }
  }
}
