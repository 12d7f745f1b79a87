package io.sskuba.toolchain;

import io.sskuba.io.Yaml;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The lock file: the single pin of versions, and the Go modules beside it.
/// - Errors: `IllegalArgumentException` when the lock file breaks its own rules; that is a defect
///   of this build.
final class ToolLock {
  private static final String FOLDER = "/toolchain/";
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

  private final Map<String, Tool> tools;
  private final Modules modules;

  private ToolLock(Map<String, Tool> tools, Modules modules) {
    this.tools = tools;
    this.modules = modules;
  }

  /// Where the module files come from.
  @FunctionalInterface
  interface Modules {
    /// @param file `go.mod` or `go.sum`
    byte[] read(String module, String file);
  }

  /// The lock file of this build.
  static ToolLock bundled() {
    return parse(
        new String(resource("lock.yaml"), StandardCharsets.UTF_8),
        (module, file) -> resource(module + "/" + file));
  }

  static ToolLock parse(String yaml, Modules modules) {
    Map<String, Tool> tools = new LinkedHashMap<>();
    Map<?, ?> root = map(Objects.requireNonNull(Yaml.load(yaml), "empty lock file"), "lock file");
    map(root.get("tools"), "tools")
        .forEach(
            (name, node) -> {
              String text = String.valueOf(name);
              tools.put(text, tool(text, map(node, text)));
            });
    return new ToolLock(tools, modules);
  }

  /// All tools, in the order of the file.
  List<Tool> tools() {
    return List.copyOf(tools.values());
  }

  @Nullable Tool find(String name) {
    return tools.get(name);
  }

  byte[] module(String module, String file) {
    return modules.read(module, file);
  }

  /// The digest of all that decides what the program is. A new recipe never finds an old program.
  String recipe(Tool tool, Platform platform) {
    String text =
        String.join(
            "\n",
            tool.name(),
            tool.version(),
            platform.toString(),
            tool.build().mainPackage(),
            String.join(" ", GoBuilder.arguments(tool.build())),
            String.valueOf(tool.published().get(platform.toString())));
    return Digests.of(
        text.getBytes(StandardCharsets.UTF_8),
        module(tool.build().module(), "go.mod"),
        module(tool.build().module(), "go.sum"));
  }

  private static Tool tool(String name, Map<?, ?> node) {
    require(NAME.matcher(name).matches(), name + ": not a tool's name");
    Object pattern = node.get("versionPattern");
    Map<String, Tool.Published> published = new LinkedHashMap<>();
    if (node.get("publisher") != null) {
      map(node.get("publisher"), name + ".publisher")
          .forEach(
              (platform, one) ->
                  published.put(String.valueOf(platform), published(name, map(one, name))));
    }
    return new Tool(
        name,
        string(node, "version", name),
        strings(node.get("versionArgs")),
        pattern == null ? null : Pattern.compile(pattern.toString()),
        published,
        signature(name, node.get("signature")),
        build(name, map(node.get("build"), name + ".build")));
  }

  private static Tool.Published published(String name, Map<?, ?> node) {
    String digest = string(node, "digest", name);
    require(
        digest.equals("unverified") || DIGEST.matcher(digest).matches(),
        name + ": digest is neither sha256:HEX nor unverified");
    Object entry = node.get("entry");
    return new Tool.Published(
        URI.create(string(node, "url", name).replace("NAME", name)),
        entry == null ? null : entry.toString(),
        digest.equals("unverified") ? null : digest);
  }

  private static Tool.@Nullable Signature signature(String name, @Nullable Object node) {
    if (node == null) {
      return null;
    }
    Map<?, ?> map = map(node, name + ".signature");
    require(string(map, "scheme", name).equals("sigstore"), name + ": unknown signature scheme");
    Object bundle = map.get("bundle");
    Object folder = map.get("folder");
    List<SigstoreEngine.Signer> signers = new ArrayList<>();
    require(map.get("signers") instanceof List<?>, name + ": no signers");
    for (Object one : (List<?>) Objects.requireNonNull(map.get("signers"))) {
      Map<?, ?> signer = map(one, name + ".signers");
      boolean pattern = signer.get("identityPattern") != null;
      signers.add(
          new SigstoreEngine.Signer(
              string(signer, pattern ? "identityPattern" : "identity", name),
              pattern,
              string(signer, "issuer", name)));
    }
    return new Tool.Signature(
        bundle == null ? Tool.Signature.Form.DETACHED : Tool.Signature.Form.BUNDLE,
        bundle == null ? "" : bundle.toString(),
        folder == null ? null : URI.create(folder.toString()),
        signers,
        string(map, "source", name));
  }

  private static Tool.GoBuild build(String name, Map<?, ?> node) {
    return new Tool.GoBuild(
        string(node, "module", name),
        string(node, "package", name),
        strings(node.get("ldflags")),
        Duration.ofSeconds(Long.parseLong(string(node, "seconds", name))));
  }

  private static byte[] resource(String path) {
    try (InputStream in = ToolLock.class.getResourceAsStream(FOLDER + path)) {
      if (in == null) {
        throw new IllegalArgumentException("not in this build: " + FOLDER + path);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String string(Map<?, ?> node, String key, String where) {
    Object value = node.get(key);
    require(value != null, where + ": no " + key);
    return String.valueOf(value);
  }

  private static List<String> strings(@Nullable Object node) {
    List<String> out = new ArrayList<>();
    if (node instanceof List<?> list) {
      list.forEach(item -> out.add(String.valueOf(item)));
    }
    return out;
  }

  private static Map<?, ?> map(@Nullable Object node, String where) {
    if (node instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException(where + ": not a mapping");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
