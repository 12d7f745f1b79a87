package io.sskuba.infra.azure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// Reads types out of the published Python SDK of a Pulumi package (a wheel): classes that
/// `pulumi-language-python` generated, so their form is regular.
///
/// The SDK says names, types, enumerations and what is required, but not which change makes a new
/// resource: that comes from [#REPLACES], after the provider's documentation.
final class AzureSdk {
  private static final int ENTRY_MAX = 16 << 20;
  private static final int OBJECTS_MAX = 2000;

  /// Inputs that name a thing, or what it lies in, besides `resourceGroupName` and `location`.
  /// - Source: https://www.pulumi.com/registry/packages/azure-native/api-docs/ ("forces a new
  ///   resource"), and what Resource Manager refuses to change.
  static final Map<String, List<String>> REPLACES = replaces();

  private static Map<String, List<String>> replaces() {
    Map<String, List<String>> map = new TreeMap<>();
    map.put("azure-native:resources:ResourceGroup", List.of());
    map.put("azure-native:network:VirtualNetwork", List.of("virtualNetworkName"));
    map.put("azure-native:network:Subnet", List.of("subnetName", "virtualNetworkName"));
    map.put("azure-native:network:NatGateway", List.of("natGatewayName", "zones"));
    map.put("azure-native:network:PublicIPAddress", List.of("publicIpAddressName", "zones"));
    map.put(
        "azure-native:network:ApplicationSecurityGroup", List.of("applicationSecurityGroupName"));
    map.put("azure-native:network:NetworkSecurityGroup", List.of("networkSecurityGroupName"));
    map.put("azure-native:network:LoadBalancer", List.of("loadBalancerName"));
    map.put(
        "azure-native:network:InboundNatRule", List.of("inboundNatRuleName", "loadBalancerName"));
    map.put("azure-native:network:NetworkInterface", List.of("networkInterfaceName"));
    map.put("azure-native:compute:AvailabilitySet", List.of("availabilitySetName"));
    map.put("azure-native:compute:VirtualMachine", List.of("vmName", "zones"));
    map.put("azure-native:managedidentity:UserAssignedIdentity", List.of("resourceName"));
    map.put(
        "azure-native:authorization:RoleAssignment",
        List.of("principalId", "principalType", "roleAssignmentName", "roleDefinitionId", "scope"));
    map.put(
        "azure-native:dns:RecordSet", List.of("recordType", "relativeRecordSetName", "zoneName"));
    return map;
  }

  static final List<String> FUNCTIONS = List.of("azure-native:compute:getGalleryImageVersion");

  /// Enumerations that the SDK itself says are out of date: any string is taken. Sizes of machines
  /// are listed per region by Azure, and looked up by preflight.
  private static final Set<String> OPEN = Set.of("VirtualMachineSizeTypes");

  private final ZipFile wheel;
  private final Map<String, String> texts = new HashMap<>();
  private final TreeMap<String, ObjectNode> objects = new TreeMap<>();
  private final Deque<String> wanted = new ArrayDeque<>();

  private AzureSdk(ZipFile wheel) {
    this.wheel = wheel;
  }

  /// The catalogue of the types in use.
  static ObjectNode catalogue(Path wheel, String version) throws IOException {
    try (ZipFile zip = new ZipFile(wheel.toFile())) {
      return new AzureSdk(zip).all(version);
    }
  }

  private ObjectNode all(String version) throws IOException {
    ObjectNode json = Json.object();
    json.put("package", "azure-native").put("version", version);
    json.put("source", "pulumi-azure-native " + version + " (PyPI)");
    ObjectNode types = json.putObject("types");
    for (Map.Entry<String, List<String>> entry : REPLACES.entrySet()) {
      types.set(entry.getKey(), type(entry.getKey(), entry.getValue()));
    }
    ObjectNode functions = Json.object();
    for (String token : FUNCTIONS) {
      functions.set(token, function(token));
    }
    while (!wanted.isEmpty()) {
      String ref = wanted.removeFirst();
      if (!objects.containsKey(ref)) {
        objects.put(ref, object(ref));
      }
      if (objects.size() > OBJECTS_MAX) {
        throw new IOException("more than " + OBJECTS_MAX + " object types");
      }
    }
    ObjectNode nested = json.putObject("objects");
    objects.forEach(nested::set);
    json.set("functions", functions);
    return json;
  }

  private ObjectNode type(String token, List<String> replaces) throws IOException {
    String module = token.split(":", -1)[1];
    String name = token.split(":", -1)[2];
    String text = file(module, "@pulumi.type_token(\"" + token + "\")");
    int resource = text.indexOf("@pulumi.type_token(\"" + token + "\")");
    String arguments = classText(text, name + "(?:Init)?Args");
    ObjectNode json = Json.object();
    Map<String, ObjectNode> inputs = new TreeMap<>();
    TreeSet<String> required = new TreeSet<>();
    parameters(module, arguments, inputs, required);
    ObjectNode in = json.putObject("inputs");
    inputs.forEach(in::set);
    array(json.putArray("required"), required);
    Map<String, ObjectNode> outputs = outputs(text.substring(resource), "pulumi.Output[");
    outputs.put("id", Json.object().put("type", "string"));
    ObjectNode out = json.putObject("outputs");
    outputs.forEach(out::set);
    TreeSet<String> replace = new TreeSet<>(replaces);
    for (String always : List.of("resourceGroupName", "location")) {
      if (inputs.containsKey(always)) {
        replace.add(always);
      }
    }
    for (String input : replace) {
      if (!inputs.containsKey(input)) {
        throw new IOException(token + " has no input " + input);
      }
    }
    array(json.putArray("replace"), replace);
    // The plan gives names, so the new one cannot be there before the old one is gone.
    json.put("deleteBeforeReplace", true);
    return json;
  }

  private ObjectNode function(String token) throws IOException {
    String module = token.split(":", -1)[1];
    String text = file(module, "pulumi.runtime.invoke('" + token + "'");
    Matcher signature =
        Pattern.compile("def get_[a-z_]+_output\\((.*?)\\) -> ", Pattern.DOTALL).matcher(text);
    if (!signature.find()) {
      throw new IOException(token + ": no signature");
    }
    Map<String, String> names = new HashMap<>();
    Matcher given = Pattern.compile("__args__\\['(\\w+)'] = (\\w+)").matcher(text);
    while (given.find()) {
      names.put(given.group(2), given.group(1));
    }
    Map<String, ObjectNode> inputs = new TreeMap<>();
    TreeSet<String> required = new TreeSet<>();
    for (String line : signature.group(1).lines().map(String::strip).toList()) {
      Matcher parameter = PARAMETER.matcher(line);
      if (parameter.matches() && names.containsKey(parameter.group(1))) {
        String name = names.get(parameter.group(1));
        inputs.put(name, property(module, parameter.group(2)));
        if (!parameter.group(2).contains("Optional[Optional[")) {
          required.add(name);
        }
      }
    }
    ObjectNode json = Json.object();
    ObjectNode in = json.putObject("inputs");
    inputs.forEach(in::set);
    array(json.putArray("required"), required);
    ObjectNode out = json.putObject("outputs");
    int result = text.indexOf("Result:");
    outputs(text.substring(result, text.indexOf("class Awaitable")), "").forEach(out::set);
    return json;
  }

  private ObjectNode object(String ref) throws IOException {
    String module = ref.split(":", -1)[1].split("/", -1)[0];
    String name = ref.substring(ref.indexOf('/') + 1);
    Map<String, ObjectNode> inputs = new TreeMap<>();
    TreeSet<String> required = new TreeSet<>();
    parameters(module, classText(entry(module, "_inputs.py"), name + "Args"), inputs, required);
    ObjectNode json = Json.object();
    ObjectNode properties = json.putObject("properties");
    inputs.forEach(properties::set);
    array(json.putArray("required"), required);
    return json;
  }

  private static final Pattern PARAMETER = Pattern.compile("(\\w+): (.*?)(?: = None)?,?");
  private static final Pattern GETTER =
      Pattern.compile(
          "@pulumi\\.getter(?:\\(name=\"(\\w+)\"\\))?\\n    def (\\w+)\\(self\\) -> (.*):");

  private void parameters(
      String module, String classText, Map<String, ObjectNode> inputs, TreeSet<String> required)
      throws IOException {
    Map<String, String> names = new HashMap<>();
    Matcher getter = GETTER.matcher(classText);
    while (getter.find()) {
      names.put(getter.group(2), getter.group(1) == null ? getter.group(2) : getter.group(1));
    }
    int from = classText.indexOf("def __init__(__self__");
    String signature = classText.substring(from, classText.indexOf("):\n", from));
    for (String line : signature.lines().skip(1).map(String::strip).toList()) {
      Matcher parameter = PARAMETER.matcher(line);
      if (!parameter.matches()) {
        throw new IOException("not a parameter: " + line);
      }
      String name = names.get(parameter.group(1));
      if (name == null) {
        throw new IOException("no property for parameter " + parameter.group(1));
      }
      inputs.put(name, property(module, parameter.group(2)));
      if (!line.contains(" = None")) {
        required.add(name);
      }
    }
  }

  /// Plain values with their types; what is built of others as `any`: an input of that name says
  /// more.
  private static Map<String, ObjectNode> outputs(String text, String wrapper) {
    Map<String, ObjectNode> outputs = new TreeMap<>();
    Matcher getter = GETTER.matcher(text);
    while (getter.find()) {
      String name = getter.group(1) == null ? getter.group(2) : getter.group(1);
      String type = getter.group(3).replace(wrapper, "").replace("Optional[", "");
      Matcher plain = Pattern.compile("_builtins\\.(str|int|float|bool)]*").matcher(type);
      String word = plain.matches() ? word(plain.group(1)) : "any";
      outputs.put(name, Json.object().put("type", word));
    }
    return outputs;
  }

  private static String word(String python) {
    return switch (python) {
      case "str" -> "string";
      case "int" -> "integer";
      case "float" -> "number";
      default -> "boolean";
    };
  }

  /// A type of the SDK, for example `pulumi.Input[Optional[Sequence[pulumi.Input['SubnetArgs']]]]`.
  private ObjectNode property(String module, String python) throws IOException {
    String type = python.strip();
    for (String outer : List.of("pulumi.Input[", "Optional[")) {
      if (type.startsWith(outer)) {
        return property(module, type.substring(outer.length(), type.length() - 1));
      }
    }
    ObjectNode json = Json.object();
    if (type.startsWith("Sequence[")) {
      json.put("type", "array");
      json.set("items", property(module, type.substring(9, type.length() - 1)));
    } else if (type.startsWith("Mapping[str, ")) {
      json.put("type", "map");
      json.set("items", property(module, type.substring(13, type.length() - 1)));
    } else if (type.startsWith("Union[_builtins.str, '")) {
      enumeration(module, type.substring(22, type.length() - 2), json);
    } else if (type.startsWith("_builtins.")) {
      json.put("type", word(type.substring(10)));
    } else if (type.startsWith("'") && type.endsWith("Args'")) {
      String ref = "azure-native:" + module + "/" + type.substring(1, type.length() - 5);
      json.put("type", "object").put("ref", ref);
      wanted.add(ref);
    } else if (type.startsWith("'")) {
      enumeration(module, type.substring(1, type.length() - 1), json);
    } else if (type.equals("Any")) {
      json.put("type", "any");
    } else {
      throw new IOException("not a type that this reads: " + python);
    }
    return json;
  }

  private void enumeration(String module, String name, ObjectNode json) throws IOException {
    String text = classText(entry(module, "_enums.py"), name);
    Matcher kind = Pattern.compile("class \\w+\\(_builtins\\.(\\w+), Enum\\)").matcher(text);
    if (!kind.find()) {
      throw new IOException("not an enumeration: " + name);
    }
    json.put("type", word(kind.group(1)));
    if (kind.group(1).equals("str") && !OPEN.contains(name)) {
      Matcher value = Pattern.compile("(?m)^    \\w+ = \"(.*)\"$").matcher(text);
      ArrayNode values = json.putArray("enum");
      while (value.find()) {
        values.add(value.group(1));
      }
    }
  }

  /// From `class NAME` to the next class.
  private static String classText(String text, String name) throws IOException {
    Matcher start = Pattern.compile("(?m)^class " + name + "[(:]").matcher(text);
    if (!start.find()) {
      throw new IOException("no class " + name);
    }
    Matcher end = Pattern.compile("(?m)^(?:class |@pulumi\\.)").matcher(text);
    return end.find(start.end())
        ? text.substring(start.start(), end.start())
        : text.substring(start.start());
  }

  /// The file of a module that holds this text.
  private String file(String module, String holding) throws IOException {
    List<ZipEntry> entries = new ArrayList<>(wheel.stream().map(e -> (ZipEntry) e).toList());
    String folder = "pulumi_azure_native/" + module + "/";
    for (ZipEntry entry : entries) {
      if (entry.getName().startsWith(folder) && !entry.getName().startsWith(folder + "_")) {
        String text = text(entry);
        if (text.contains(holding)) {
          return text;
        }
      }
    }
    throw new IOException("no file of " + module + " with " + holding);
  }

  private String entry(String module, String file) throws IOException {
    ZipEntry entry = wheel.getEntry("pulumi_azure_native/" + module + "/" + file);
    if (entry == null) {
      throw new IOException("the wheel has no " + module + "/" + file);
    }
    return text(entry);
  }

  private String text(ZipEntry entry) throws IOException {
    String known = texts.get(entry.getName());
    if (known != null) {
      return known;
    }
    try (var in = wheel.getInputStream(entry)) {
      String text = new String(in.readNBytes(ENTRY_MAX), StandardCharsets.UTF_8);
      texts.put(entry.getName(), text);
      return text;
    }
  }

  private static void array(ArrayNode out, Iterable<String> values) {
    values.forEach(out::add);
  }

  /// As the file holds it: one line a type, so that a change shows as what it is.
  static String text(ObjectNode catalogue) {
    StringBuilder out = new StringBuilder("{\n");
    for (String key : List.of("package", "version", "source")) {
      out.append("  \"").append(key).append("\": ").append(catalogue.path(key)).append(",\n");
    }
    String before = "";
    for (String part : List.of("types", "objects", "functions")) {
      out.append(before).append("  \"").append(part).append("\": {");
      String comma = "\n";
      for (Map.Entry<String, JsonNode> entry : catalogue.path(part).properties()) {
        out.append(comma).append("    \"").append(entry.getKey()).append("\": ");
        out.append(Json.compact(entry.getValue()));
        comma = ",\n";
      }
      out.append("\n  }");
      before = ",\n";
    }
    return out.append("\n}\n").toString();
  }

  /// Counts for reports.
  static Map<String, Integer> counts(ObjectNode catalogue) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    int[] inputs = {0};
    catalogue.path("types").forEach(t -> inputs[0] += t.path("inputs").size());
    catalogue.path("objects").forEach(t -> inputs[0] += t.path("properties").size());
    counts.put("types", catalogue.path("types").size());
    counts.put("objects", catalogue.path("objects").size());
    counts.put("properties", inputs[0]);
    return counts;
  }
}
