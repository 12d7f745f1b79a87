package io.sskuba.rehearsal.kubelet;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.logging.Level;
import java.util.logging.Logger;

/// A kubelet's log file, opened for each line so that a thousand kubelets hold no file handles.
/// - Limits: 1 MiB, then the file becomes `NAME.1` and a new one begins.
final class KubeletLog {
  private static final Logger FALLBACK = Logger.getLogger(KubeletLog.class.getName());
  private static final long MAX = 1 << 20;

  private final Path file;
  private final TimeSource time;

  KubeletLog(Path file, TimeSource time) {
    this.file = file;
    this.time = time;
  }

  synchronized void line(String text) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        AtomicFiles.privateFolder(folder);
      }
      if (Files.exists(file) && Files.size(file) > MAX) {
        Files.move(
            file,
            file.resolveSibling(file.getFileName() + ".1"),
            StandardCopyOption.REPLACE_EXISTING);
      }
      Files.writeString(
          file,
          time.now() + " " + text + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      FALLBACK.log(Level.FINE, "kubelet log not written", e);
    }
  }
}
