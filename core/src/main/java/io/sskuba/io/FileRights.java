package io.sskuba.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// Who else can get at a file.
public final class FileRights {
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);
  private static final Set<PosixFilePermission> OTHERS_WRITE =
      EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private FileRights() {}

  /// Why `file` is not private to this user, or empty when it is, and where the system has no such
  /// rights. Symbolic links are followed.
  public static Optional<String> exposure(Path file) throws IOException {
    return exposure(file, OTHERS);
  }

  /// Why others could change what lies in `folder`, or empty.
  public static Optional<String> changeableByOthers(Path folder) throws IOException {
    return exposure(folder, OTHERS_WRITE);
  }

  private static Optional<String> exposure(Path file, Set<PosixFilePermission> refused)
      throws IOException {
    Set<String> views = file.getFileSystem().supportedFileAttributeViews();
    if (!views.contains("posix") || !views.contains("unix")) {
      return Optional.empty();
    }
    Set<PosixFilePermission> rights = Files.getPosixFilePermissions(file);
    if (rights.stream().anyMatch(refused::contains)) {
      return Optional.of("its mode is " + PosixFilePermissions.toString(rights));
    }
    Object owner = Files.getAttribute(file, "unix:uid");
    Path self = Path.of("/proc/self");
    if (Files.exists(self, LinkOption.NOFOLLOW_LINKS)
        && !owner.equals(Files.getAttribute(self, "unix:uid"))) {
      return Optional.of("it belongs to the user with uid " + owner);
    }
    return Optional.empty();
  }
}
