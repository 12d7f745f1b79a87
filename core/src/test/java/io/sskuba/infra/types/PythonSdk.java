package io.sskuba.infra.types;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Assumptions;

/// Reads the types of a published Pulumi package from its wheel on PyPI, and prints them in the
/// form of `core/src/main/resources/types`.
///
/// The wheels are fetched by pip into `SSKUBA_SDK_CACHE` (else a folder for temporary files). Where
/// that cannot be done, the calling test is skipped, loudly.
/// - Limits: 120 s for pip.
final class PythonSdk {
  private static final Pattern CLASS = Pattern.compile("^class (\\w+)\\b.*:$");
  private static final Pattern GETTER = Pattern.compile("@pulumi\\.getter\\(name=\"(\\w+)\"\\)");
  private static final Pattern RESULT = Pattern.compile("^    def (\\w+)\\(self\\) -> (.+):$");
  private static final Pattern FUNCTION = Pattern.compile("^def (get_\\w+)\\((.*)$");
  private static final Pattern ARGUMENT = Pattern.compile("__args__\\['(\\w+)'\\] = (\\w+)");
  private static final Pattern INVOKED =
      Pattern.compile("pulumi\\.runtime\\.invoke\\('([^']+)', .*typ=(\\w+)\\)");
  private static final Pattern TOKEN = Pattern.compile("@pulumi\\.type_token\\(\"([^\"]+)\"\\)");

  private final String pkg;
  private final String version;

  /// Folder of the package in the wheel to class name to class.
  private final Map<String, Map<String, Parsed>> classes = new TreeMap<>();

  /// Type token to the folder and name of its class.
  private final Map<String, Named> tokens = new TreeMap<>();

  /// Function token to the function.
  private final Map<String, Function> functions = new TreeMap<>();

  private PythonSdk(String pkg, String version) {
    this.pkg = pkg;
    this.version = version;
  }

  private record Named(String folder, String name) {}

  private record Parameter(String type, boolean required) {}

  /// @param inputs Pulumi name to Python type
  private record Function(String folder, Map<String, String> inputs, String result) {}

  /// @param parameters of the constructor, by Python name
  /// @param names Python name to Pulumi name
  /// @param results properties, by Python name
  private record Parsed(
      Map<String, Parameter> parameters, Map<String, String> names, Map<String, String> results) {
    String pulumi(String python) {
      return names.getOrDefault(python, python);
    }
  }

  static PythonSdk of(String pkg, String version) {
    var sdk = new PythonSdk(pkg, version);
    try (ZipFile wheel = new ZipFile(wheel(pkg, version).toFile())) {
      for (ZipEntry entry : wheel.stream().filter(e -> e.getName().endsWith(".py")).toList()) {
        String folder = entry.getName().substring(0, entry.getName().lastIndexOf('/') + 1);
        try (var in = wheel.getInputStream(entry)) {
          String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
          sdk.read(folder, text);
          sdk.readFunction(folder, text);
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return sdk;
  }

  private static Path wheel(String pkg, String version) throws IOException {
    String configured = System.getenv("SSKUBA_SDK_CACHE");
    Path cache =
        configured != null && !configured.isEmpty()
            ? Path.of(configured)
            : Path.of(System.getProperty("java.io.tmpdir"), "sskuba-sdks");
    Path file = cache.resolve("pulumi_" + pkg + "-" + version + "-py3-none-any.whl");
    if (!Files.exists(file)) {
      Files.createDirectories(cache);
      fetch("pulumi-" + pkg + "==" + version, cache);
    }
    Assumptions.assumeTrue(
        Files.exists(file), "SKIPPED: the SDK of " + pkg + " " + version + " cannot be had by pip");
    return file;
  }

  private static void fetch(String requirement, Path into) throws IOException {
    Process pip;
    try {
      pip =
          new ProcessBuilder(
                  "pip", "download", "-q", "--no-deps", "-d", into.toString(), requirement)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      return;
    }
    try {
      pip.waitFor(120, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      pip.destroyForcibly();
    }
  }

  private void read(String folder, String text) {
    String pending = "";
    String name = "";
    String getter = "";
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    Map<String, String> names = new LinkedHashMap<>();
    Map<String, String> results = new LinkedHashMap<>();
    boolean constructor = false;
    for (String line : text.lines().toList()) {
      Matcher begins = CLASS.matcher(line);
      Matcher token = TOKEN.matcher(line);
      Matcher named = GETTER.matcher(line);
      if (token.find()) {
        pending = token.group(1);
      } else if (begins.matches()) {
        name = begins.group(1);
        parameters = new LinkedHashMap<>();
        names = new LinkedHashMap<>();
        results = new LinkedHashMap<>();
        constructor = false;
        classes
            .computeIfAbsent(folder, _ -> new TreeMap<>())
            .putIfAbsent(name, new Parsed(parameters, names, results));
        if (!pending.isEmpty()) {
          tokens.put(pending, new Named(folder, name));
          pending = "";
        }
      } else if (line.contains("def __init__(__self__, *,") && parameters.isEmpty()) {
        constructor = true;
      } else if (constructor) {
        constructor = !parameter(line.strip(), parameters);
      } else if (named.find()) {
        getter = named.group(1);
      } else if (line.strip().startsWith("def ")) {
        String python = line.strip().substring(4, line.strip().indexOf('('));
        if (!getter.isEmpty()) {
          names.put(python, getter);
          getter = "";
        }
        Matcher result = RESULT.matcher(line);
        if (result.matches()) {
          results.putIfAbsent(python, result.group(2));
        }
      }
    }
  }

  /// A file holds at most one function: its arguments, and what it is called.
  private void readFunction(String folder, String text) {
    Map<String, String> types = new LinkedHashMap<>();
    Map<String, String> inputs = new TreeMap<>();
    boolean signature = false;
    for (String line : text.lines().toList()) {
      Matcher begins = FUNCTION.matcher(line);
      Matcher argument = ARGUMENT.matcher(line);
      Matcher invoked = INVOKED.matcher(line);
      String one = line.strip();
      if (begins.matches() && types.isEmpty()) {
        signature = true;
        one = begins.group(2);
      }
      if (signature) {
        signature = !one.contains("opts: ");
        int colon = one.indexOf(':');
        int end = one.lastIndexOf(" = None");
        if (signature && colon > 0 && end > colon) {
          types.put(one.substring(0, colon), one.substring(colon + 1, end).strip());
        }
      } else if (argument.find() && types.containsKey(argument.group(2))) {
        inputs.put(argument.group(1), types.get(argument.group(2)));
      } else if (invoked.find()) {
        functions.put(invoked.group(1), new Function(folder, inputs, invoked.group(2)));
        return;
      }
    }
  }

  /// Reads `name: TYPE = None,`. Returns whether it was the last.
  private static boolean parameter(String line, Map<String, Parameter> parameters) {
    boolean last = line.endsWith("):");
    String text = line.substring(0, line.length() - (last ? 2 : 1));
    boolean optional = text.endsWith(" = None");
    int colon = text.indexOf(':');
    String type = text.substring(colon + 1, text.length() - (optional ? 7 : 0)).strip();
    parameters.put(text.substring(0, colon), new Parameter(type, !optional));
    return last;
  }

  /// The document of these types.
  ///
  /// @param rules what the provider's documentation says and the SDK does not
  /// @param lookups function token to its required inputs, which the SDK does not say either
  ObjectNode document(Map<String, TypeFacts> rules, Map<String, List<String>> lookups) {
    ObjectNode json = Json.object().put("package", pkg).put("version", version);
    json.put("source", "pulumi-" + pkg + "==" + version + " (PyPI)");
    ObjectNode types = json.putObject("types");
    Map<String, ObjectNode> objects = new TreeMap<>();
    Deque<Named> open = new ArrayDeque<>();
    Set<Named> seen = new LinkedHashSet<>();
    new TreeMap<>(rules).forEach((token, facts) -> types.set(token, type(token, facts, open)));
    ObjectNode invoked = Json.object();
    new TreeMap<>(lookups)
        .forEach((token, required) -> invoked.set(token, function(token, required, open)));
    while (!open.isEmpty()) {
      Named next = open.pop();
      if (seen.add(next)) {
        ObjectNode object = Json.object();
        Parsed parsed = parsed(next.folder(), next.name());
        object.set("properties", properties(parsed, next.folder(), Map.of(), open));
        object.set("required", required(parsed));
        objects.put(key(next), object);
      }
    }
    ObjectNode all = json.putObject("objects");
    objects.forEach(all::set);
    rules.forEach(
        (token, facts) ->
            facts
                .enums()
                .forEach(
                    (path, values) -> {
                      if (path.contains("/")) {
                        enumerate(all, path, values);
                      }
                    }));
    if (!invoked.isEmpty()) {
      json.set("functions", invoked);
    }
    return json;
  }

  private ObjectNode function(String token, List<String> required, Deque<Named> open) {
    Function function = functions.get(token);
    if (function == null) {
      throw new IllegalArgumentException("the SDK has no function " + token);
    }
    ObjectNode json = Json.object();
    ObjectNode inputs = json.putObject("inputs");
    function.inputs().forEach((n, t) -> inputs.set(n, shape(t, function.folder(), open)));
    required.forEach(json.putArray("required")::add);
    Parsed result = parsed(function.folder(), function.result());
    Map<String, ObjectNode> sorted = new TreeMap<>();
    result
        .results()
        .forEach((p, t) -> sorted.put(result.pulumi(p), shape(t, function.folder(), open)));
    ObjectNode outputs = json.putObject("outputs");
    sorted.forEach(outputs::set);
    return json;
  }

  /// `docker:index/ContainerMount.type`.
  private static void enumerate(ObjectNode objects, String path, List<String> values) {
    int dot = path.lastIndexOf('.');
    var object = objects.path(path.substring(0, dot));
    if (object.path("properties").get(path.substring(dot + 1)) instanceof ObjectNode property) {
      values.forEach(property.putArray("enum")::add);
    } else {
      throw new IllegalArgumentException("no property " + path);
    }
  }

  private ObjectNode type(String token, TypeFacts facts, Deque<Named> open) {
    Named resource = tokens.get(token);
    if (resource == null) {
      throw new IllegalArgumentException("the SDK has no type " + token);
    }
    Parsed arguments = parsed(resource.folder(), resource.name() + "Args");
    ObjectNode type = Json.object();
    ObjectNode inputs = properties(arguments, resource.folder(), facts.enums(), open);
    type.set("inputs", inputs);
    type.set("required", required(arguments));
    Parsed state = parsed(resource.folder(), "_" + resource.name() + "State");
    ObjectNode outputs = properties(state, resource.folder(), Map.of(), open);
    inputs.fieldNames().forEachRemaining(outputs::remove);
    outputs.putObject("id").put("type", "string");
    type.set("outputs", outputs);
    facts.replace().stream().sorted().forEach(type.putArray("replace")::add);
    for (String name : facts.replace()) {
      if (!inputs.has(name)) {
        throw new IllegalArgumentException(token + " has no input " + name);
      }
    }
    type.put("deleteBeforeReplace", facts.deleteBeforeReplace());
    return type;
  }

  private Parsed parsed(String folder, String name) {
    Parsed found = classes.getOrDefault(folder, Map.of()).get(name);
    if (found == null) {
      throw new IllegalArgumentException("the SDK has no class " + folder + name);
    }
    return found;
  }

  private ObjectNode properties(
      Parsed parsed, String folder, Map<String, List<String>> enums, Deque<Named> open) {
    Map<String, ObjectNode> sorted = new TreeMap<>();
    parsed
        .parameters()
        .forEach(
            (python, parameter) ->
                sorted.put(parsed.pulumi(python), shape(parameter.type(), folder, open)));
    ObjectNode json = Json.object();
    sorted.forEach(
        (name, shape) -> {
          if (enums.containsKey(name)) {
            enums.get(name).forEach(shape.putArray("enum")::add);
          }
          json.set(name, shape);
        });
    return json;
  }

  private static ArrayNode required(Parsed parsed) {
    ArrayNode json = Json.MAPPER.createArrayNode();
    parsed.parameters().entrySet().stream()
        .filter(e -> e.getValue().required())
        .map(e -> parsed.pulumi(e.getKey()))
        .sorted()
        .forEach(json::add);
    return json;
  }

  private ObjectNode shape(String python, String folder, Deque<Named> open) {
    String inner = inside(inside(python, "pulumi.Input["), "Optional[");
    if (!inner.equals(python)) {
      return shape(inner, folder, open);
    }
    ObjectNode json = Json.object();
    if (python.startsWith("Sequence[")) {
      json.put("type", "array").set("items", shape(inside(python, "Sequence["), folder, open));
    } else if (python.startsWith("Mapping[str, ")) {
      json.put("type", "map").set("items", shape(inside(python, "Mapping[str, "), folder, open));
    } else if (python.startsWith("'") && !python.contains(".")) {
      Named named = new Named(folder, python.substring(1, python.length() - 1));
      open.push(named);
      json.put("type", "object").put("ref", key(named));
    } else {
      json.put("type", plain(python));
    }
    return json;
  }

  private static String plain(String python) {
    return switch (python) {
      case "_builtins.str" -> "string";
      case "_builtins.int" -> "integer";
      case "_builtins.float" -> "number";
      case "_builtins.bool" -> "boolean";
      default -> "any";
    };
  }

  private static String inside(String text, String wrapper) {
    return text.startsWith(wrapper) && text.endsWith("]")
        ? text.substring(wrapper.length(), text.length() - 1)
        : text;
  }

  /// `f5bigip:ltm/NodeFqdn`.
  private String key(Named named) {
    List<String> folders = new ArrayList<>(List.of(named.folder().split("/")));
    folders.removeFirst();
    String module = folders.isEmpty() ? "index" : String.join("/", folders);
    return pkg + ":" + module + "/" + named.name().replaceAll("Args$", "");
  }

  /// What the documentation of a resource type says beside its SDK.
  ///
  /// @param replace inputs whose change makes a new resource
  /// @param deleteBeforeReplace whether two cannot exist side by side
  /// @param enums input name, or `OBJECT.PROPERTY`, to the allowed texts
  record TypeFacts(
      List<String> replace, boolean deleteBeforeReplace, Map<String, List<String>> enums) {}
}
