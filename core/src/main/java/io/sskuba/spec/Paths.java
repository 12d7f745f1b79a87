package io.sskuba.spec;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/// Paths of the file: relative ones are relative to the cluster file, and nothing is expanded.
final class Paths {
  private Paths() {}

  static @Nullable String resolve(
      Path baseFolder, String file, Node node, String path, Issues issues) {
    try {
      return baseFolder.toAbsolutePath().resolve(file).normalize().toString();
    } catch (InvalidPathException e) {
      issues.add(Nodes.at(node), path + " is no path", Form.FILE_PATH.expected());
      return null;
    }
  }
}
