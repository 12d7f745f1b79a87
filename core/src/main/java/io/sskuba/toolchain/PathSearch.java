package io.sskuba.toolchain;

import io.sskuba.io.Environment;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Looks for programs on PATH. Relative entries are left out: what they name depends on where one
/// stands.
final class PathSearch {
  private static final int FOLDERS_MAX = 200;

  private PathSearch() {}

  static List<Path> all(Environment environment, String program) {
    String path = environment.get("PATH");
    List<Path> found = new ArrayList<>();
    if (path == null) {
      return found;
    }
    for (String folder : path.split(java.io.File.pathSeparator, FOLDERS_MAX)) {
      try {
        Path file = Path.of(folder).resolve(program);
        if (file.isAbsolute() && Files.isRegularFile(file) && Files.isExecutable(file)) {
          found.add(file);
        }
      } catch (InvalidPathException e) {
        // An entry that is no path names no folder.
      }
    }
    return found;
  }
}
