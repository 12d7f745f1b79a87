package io.sskuba.io;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Why a file cannot be written through no fault of ours: the one place that knows how systems,
/// Java and Go programs word it.
public enum DiskFault {
  FULL("no space left on device", "enospc", "not enough space on the disk"),
  QUOTA("disk quota exceeded", "edquot"),
  READ_ONLY("read-only file system", "erofs"),
  DENIED("permission denied");

  /// Chains of causes are short; a longer one is a loop.
  private static final int CAUSES_MAX = 20;

  private final String words;
  private final String[] others;

  DiskFault(String words, String... others) {
    this.words = words;
    this.others = others;
  }

  /// As people read it.
  public String words() {
    return words;
  }

  /// Whether it is the disk and not the user's rights: nothing that anybody said is wrong then.
  public boolean ofDisk() {
    return this != DENIED;
  }

  /// What a failure says of the disk, by type or by text, its causes included.
  public static Optional<DiskFault> of(@Nullable Throwable failure) {
    Throwable at = failure;
    for (int i = 0; at != null && i < CAUSES_MAX; i++, at = at.getCause()) {
      if (at instanceof AccessDeniedException) {
        return Optional.of(DENIED);
      }
      if (at instanceof ReadOnlyFileSystemException) {
        return Optional.of(READ_ONLY);
      }
      String reason = at instanceof FileSystemException f ? f.getReason() : at.getMessage();
      Optional<DiskFault> said = of(reason);
      if (said.isPresent()) {
        return said;
      }
    }
    return Optional.empty();
  }

  /// What the message of a program says of the disk.
  public static Optional<DiskFault> of(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return Optional.empty();
    }
    String lower = text.toLowerCase(Locale.ROOT);
    for (DiskFault fault : values()) {
      if (lower.contains(fault.words)) {
        return Optional.of(fault);
      }
      for (String other : fault.others) {
        if (lower.contains(other)) {
          return Optional.of(fault);
        }
      }
    }
    return Optional.empty();
  }

  /// Whether a failure is one of files at all, and not of a network.
  public static boolean isOfFiles(@Nullable Throwable failure) {
    return failure instanceof FileSystemException
        || (failure instanceof UncheckedIOException u && isOfFiles(u.getCause()));
  }
}
