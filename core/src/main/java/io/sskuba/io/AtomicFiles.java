package io.sskuba.io;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/// Files that are either whole or not there.
/// - Idempotent: yes; a write replaces the file in one rename.
/// - Errors: `IOException` of the file system; the old file is then unchanged.
public final class AtomicFiles {
  private AtomicFiles() {}

  /// Writes `bytes` with mode 0600: temporary file beside the target, fsync, rename, fsync of the
  /// folder.
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, bytes, "rw-------");
  }

  /// As [#write(Path, byte[])], with a mode such as `rwxr-xr-x`.
  public static void write(Path file, byte[] bytes, String mode) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("not a file: " + file);
    }
    privateFolder(folder);
    Path temporary = Files.createTempFile(folder, ".tmp-", null);
    try {
      // A stream, not a channel: an interrupt would close a channel in the middle of the write.
      try (FileOutputStream out = new FileOutputStream(temporary.toFile())) {
        out.write(bytes);
        out.getFD().sync();
      }
      setMode(temporary, mode);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      syncFolder(folder);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /// Writes `bytes` with mode 0600 unless the file is there; a reader sees all of it or no file.
  /// Returns whether it was written.
  public static boolean writeIfAbsent(Path file, byte[] bytes) throws IOException {
    if (Files.exists(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Path folder =
        privateFolder(java.util.Objects.requireNonNull(file.toAbsolutePath().getParent()));
    Path whole = folder.resolve(Files.createTempFile(folder, ".tmp-", null).getFileName());
    try {
      write(whole, bytes);
      Files.createLink(file, whole);
      syncFolder(folder);
      return true;
    } catch (java.nio.file.FileAlreadyExistsException e) {
      return false;
    } finally {
      Files.deleteIfExists(whole);
    }
  }

  public static void writeString(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /// Makes a folder and its parents; folders that did not exist get mode 0700.
  public static Path privateFolder(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return folder;
    }
    Path parent = folder.getParent();
    if (parent != null) {
      privateFolder(parent);
    }
    try {
      Files.createDirectory(folder);
      setMode(folder, "rwx------");
    } catch (java.nio.file.FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
    return folder;
  }

  /// Removes a tree; what is already gone is no error. Symbolic links are removed, not followed.
  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path folder, @org.jspecify.annotations.Nullable IOException e) throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void setMode(Path path, String mode) throws IOException {
    if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }
  }

  /// Makes an empty file with mode 0600 from its first moment; does nothing when it is there.
  /// Returns whether it was made.
  public static boolean createPrivate(Path file) throws IOException {
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    try {
      if (posix) {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } else {
        Files.createFile(file);
      }
      return true;
    } catch (java.nio.file.FileAlreadyExistsException e) {
      return false;
    }
  }

  /// Takes every right of group and others from a folder of ours.
  public static void restrict(Path folder) throws IOException {
    setMode(folder, "rwx------");
  }

  /// Makes renames and removals in `folder` durable, as far as the file system can.
  public static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Some systems cannot open a folder; the rename is then as durable as they make it.
    }
  }
}
