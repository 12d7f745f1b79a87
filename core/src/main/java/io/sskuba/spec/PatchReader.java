package io.sskuba.spec;

import io.sskuba.io.Yaml;
import io.sskuba.spec.ClusterSpec.Patch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/// Talos strategic-merge patches: mappings of the cluster file, or files beside it.
/// - Limits: a file has at most 1 MiB, like the cluster file.
final class PatchReader {
  static final int FILE_BYTES_MAX = 1 << 20;

  private final Issues issues;
  private final Path baseFolder;

  PatchReader(Issues issues, Path baseFolder) {
    this.issues = issues;
    this.baseFolder = baseFolder;
  }

  @Nullable Patch patch(Node node, String path) {
    Position at = Nodes.at(node);
    if (node instanceof MappingNode mapping) {
      if (mapping.getValue().isEmpty()) {
        issues.add(at, path + " is an empty mapping", "a Talos strategic-merge patch");
        return null;
      }
      Object plain = Nodes.plain(node, issues);
      return plain == null
          ? null
          : new Patch(Yaml.dump(plain), issues.file() + ":" + at.line() + ":" + at.column());
    }
    String file = Nodes.text(node);
    if (file == null) {
      issues.add(at, path + " is " + Nodes.kind(node), "a mapping, or the path of a file");
      return null;
    }
    if (!Form.FILE_PATH.accepts(file)) {
      String hint = file.indexOf('\n') >= 0 ? "; write the patch as a mapping, not as text" : "";
      issues.add(at, path + " is no path" + hint, Form.FILE_PATH.expected());
      return null;
    }
    return fromFile(file, at, path);
  }

  private @Nullable Patch fromFile(String file, Position at, String path) {
    String text = contents(file, at, path);
    if (text == null) {
      return null;
    }
    String wrong = wrongIn(text);
    if (wrong != null) {
      issues.add(at, path + ": " + Issues.quote(file) + " " + wrong, "strategic-merge patches");
      return null;
    }
    return new Patch(text, file);
  }

  private @Nullable String contents(String file, Position at, String path) {
    try {
      Path resolved = baseFolder.toAbsolutePath().resolve(file).normalize();
      if (!Files.isRegularFile(resolved)) {
        String why = Files.exists(resolved) ? "is no file" : "does not exist";
        issues.add(
            at, path + ": " + Issues.quote(file) + " " + why, "a file beside the cluster file");
        return null;
      }
      byte[] bytes;
      try (InputStream in = Files.newInputStream(resolved)) {
        bytes = in.readNBytes(FILE_BYTES_MAX + 1);
      }
      if (bytes.length > FILE_BYTES_MAX) {
        issues.add(at, path + ": " + Issues.quote(file) + " is too large", "at most 1 MiB");
        return null;
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      issues.add(at, path + ": " + Issues.quote(file) + " is not UTF-8", "UTF-8");
    } catch (IOException | InvalidPathException e) {
      issues.add(at, path + ": " + Issues.quote(file) + " cannot be read", "a readable file");
    }
    return null;
  }

  /// Null, or what is wrong with the text of a patch.
  private static @Nullable String wrongIn(String text) {
    Issues inner = new Issues("patch");
    if (!text.isBlank() && !SpecSource.acceptable(text, inner)) {
      SpecIssue first = inner.sorted().getFirst();
      return "line " + first.line() + ": " + first.message();
    }
    try {
      List<Object> documents = Yaml.loadAll(text);
      for (Object document : documents) {
        if (document instanceof List) {
          return "is a JSON patch (RFC 6902)";
        }
        if (!(document instanceof Map<?, ?> map) || map.isEmpty()) {
          return "holds something that is no mapping";
        }
      }
      return documents.isEmpty() ? "is empty" : null;
    } catch (MarkedYamlEngineException e) {
      Position at = Position.of(e.getProblemMark());
      return "line " + at.line() + ": " + (e.getProblem() == null ? "malformed" : e.getProblem());
    } catch (YamlEngineException e) {
      return "is not YAML";
    }
  }
}
