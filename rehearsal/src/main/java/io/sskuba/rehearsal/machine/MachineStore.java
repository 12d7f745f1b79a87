package io.sskuba.rehearsal.machine;

import io.sskuba.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What a machine keeps when it is off: its config in the memory-backed folder (it holds keys), on
/// the disk folder only that Talos is installed. Beside its config lies what its platform shows it
/// as user data.
/// - Idempotent: yes. Errors: `IOException` of the file system.
public final class MachineStore {
  private static final String USER_DATA = "user-data.yaml";

  private final Path config;
  private final Path staged;
  private final Path installed;
  private final Path userData;
  private final Path disk;

  MachineStore(MachineIdentity identity) {
    this.config = identity.memory().resolve("config.yaml");
    this.staged = identity.memory().resolve("config-staged.yaml");
    this.userData = identity.memory().resolve(USER_DATA);
    this.installed = identity.disk().resolve("installed");
    this.disk = identity.disk();
  }

  /// The config to boot with: a staged one takes its place first.
  Optional<String> boot() throws IOException {
    Optional<String> next = read(staged);
    if (next.isPresent()) {
      write(next.get());
      Files.deleteIfExists(staged);
    }
    return read(config);
  }

  /// What the platform tells the machine when it boots.
  Optional<String> userData() throws IOException {
    return read(userData);
  }

  /// Puts a machine's user data where it reads it, before it is switched on.
  ///
  /// @param memory the machine's memory-backed folder
  /// @return whether it is new to the machine
  public static boolean showUserData(Path memory, String config) throws IOException {
    Path file = memory.resolve(USER_DATA);
    if (read(file).filter(config::equals).isPresent()) {
      return false;
    }
    AtomicFiles.writeString(file, config);
    return true;
  }

  void write(String text) throws IOException {
    AtomicFiles.writeString(config, text);
  }

  void stage(String text) throws IOException {
    AtomicFiles.writeString(staged, text);
  }

  void forgetConfig() throws IOException {
    Files.deleteIfExists(staged);
    Files.deleteIfExists(config);
  }

  boolean installed() {
    return Files.exists(installed);
  }

  void install(String version) throws IOException {
    AtomicFiles.writeString(installed, version + "\n");
  }

  /// Empties the disk; the folder itself stays, as a disk does.
  void wipeDisk() throws IOException {
    if (!Files.isDirectory(disk)) {
      return;
    }
    List<Path> entries;
    try (Stream<Path> found = Files.list(disk)) {
      entries = found.toList();
    }
    for (Path entry : entries) {
      AtomicFiles.deleteTree(entry);
    }
  }

  private static Optional<String> read(Path file) throws IOException {
    try {
      return Optional.of(Files.readString(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
