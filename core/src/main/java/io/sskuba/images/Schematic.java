package io.sskuba.images;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/// What an Image Factory changes of Talos: its id is the SHA-256 of its canonical YAML, so the same
/// schematic has the same id in every factory, and can be known without asking one.
/// - Limits: names and arguments of [#PLAIN], which YAML writes without quotes.
/// - Source: siderolabs/image-factory, pkg/schematic (`Marshal`, `ID`); the YAML is
///   gopkg.in/yaml.v3 with its own indent of four.
///
/// @param extraKernelArgs in their order
/// @param extensions `siderolabs/NAME`, in their order: another order is another id
public record Schematic(List<String> extraKernelArgs, List<String> extensions) {
  /// Texts that are the same in YAML, quoted or not: they begin with a letter and are no word of
  /// YAML's own.
  private static final Pattern PLAIN = Pattern.compile("[a-z][a-zA-Z0-9_.,=/-]*");

  private static final Pattern WORDS = Pattern.compile("true|false|yes|no|on|off|y|n|null");

  public static final Schematic VANILLA = new Schematic(List.of(), List.of());

  public Schematic {
    extraKernelArgs = List.copyOf(extraKernelArgs);
    extensions = List.copyOf(extensions);
    for (List<String> texts : List.of(extraKernelArgs, extensions)) {
      for (String text : texts) {
        if (!PLAIN.matcher(text).matches() || WORDS.matcher(text).matches()) {
          throw new IllegalArgumentException("not a plain text of a schematic: " + text);
        }
      }
    }
  }

  /// The canonical YAML: the bytes that the id is of.
  public String yaml() {
    if (extraKernelArgs.isEmpty() && extensions.isEmpty()) {
      return "customization: {}\n";
    }
    StringBuilder yaml = new StringBuilder("customization:\n");
    if (!extraKernelArgs.isEmpty()) {
      yaml.append("    extraKernelArgs:\n");
      extraKernelArgs.forEach(a -> yaml.append("        - ").append(a).append('\n'));
    }
    if (!extensions.isEmpty()) {
      yaml.append("    systemExtensions:\n        officialExtensions:\n");
      extensions.forEach(e -> yaml.append("            - ").append(e).append('\n'));
    }
    return yaml.toString();
  }

  /// 64 hexadecimal digits.
  public String id() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(yaml().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What a factory is told, so that it knows the id.
  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    ObjectNode customization = json.putObject("customization");
    if (!extraKernelArgs.isEmpty()) {
      ArrayNode list = customization.putArray("extraKernelArgs");
      extraKernelArgs.forEach(list::add);
    }
    if (!extensions.isEmpty()) {
      ArrayNode list = customization.putObject("systemExtensions").putArray("officialExtensions");
      extensions.forEach(list::add);
    }
    return json;
  }
}
