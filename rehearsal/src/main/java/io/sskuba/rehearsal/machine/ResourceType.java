package io.sskuba.rehearsal.machine;

import com.google.protobuf.ByteString;
import io.sskuba.talos.api.cosi.NamespaceSpec;
import io.sskuba.talos.api.cosi.ResourceDefinitionSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One type of COSI resource that machines show: its definition as Talos registers it, and how its
/// items are worked out.
///
/// @param display singular name, as tables show it
/// @param aliases further names, beside those that Talos derives
/// @param columns name and JSONPath of each column, in order
/// @param sensitive shown to administrators only
/// @param owner controller that owns items of it
record ResourceType(
    String name,
    String display,
    String namespace,
    List<String> aliases,
    Map<String, String> columns,
    boolean sensitive,
    String owner,
    Function<SimMachine, List<Item>> source) {

  /// @param spec value to dump as YAML; a `String` is YAML already
  /// @param proto protobuf form, for the types that talosctl decodes from it
  record Item(String id, Object spec, @Nullable ByteString proto) {}

  static final List<String> NAMESPACES =
      List.of(
          "cluster",
          "config",
          "controlplane",
          "etcd",
          "files",
          "hardware",
          "k8s",
          "meta",
          "network",
          "perf",
          "runtime",
          "secrets");

  private static final ResourceType DEFINITIONS =
      new ResourceType(
          "ResourceDefinitions.meta.cosi.dev",
          "ResourceDefinition",
          "meta",
          List.of(),
          columns("Aliases", "{.aliases[:]}"),
          false,
          "",
          machine -> definitions());

  private static final ResourceType NAMESPACE =
      new ResourceType(
          "Namespaces.meta.cosi.dev",
          "Namespace",
          "meta",
          List.of("ns"),
          Map.of(),
          false,
          "",
          machine -> namespaces());

  static final List<ResourceType> ALL = all();

  private static List<ResourceType> all() {
    List<ResourceType> types = new ArrayList<>(List.of(DEFINITIONS, NAMESPACE));
    types.addAll(MachineResources.types());
    return List.copyOf(types);
  }

  /// By canonical name.
  static Optional<ResourceType> of(String name) {
    return ALL.stream().filter(type -> type.name().equals(name)).findFirst();
  }

  static Map<String, String> columns(String... namesAndPaths) {
    Map<String, String> columns = new LinkedHashMap<>();
    for (int i = 0; i < namesAndPaths.length; i += 2) {
      columns.put(namesAndPaths[i], namesAndPaths[i + 1]);
    }
    return columns;
  }

  List<Item> items(SimMachine machine) {
    return source.apply(machine);
  }

  String id() {
    return name.toLowerCase(Locale.ROOT);
  }

  /// The names that users may give, as COSI derives them: singular, initials.
  private List<String> shownAliases() {
    List<String> all = new ArrayList<>(aliases);
    all.add(display.toLowerCase(Locale.ROOT));
    String plural = name.substring(0, name.indexOf('.'));
    String initials = plural.replaceAll("[^A-Z]", "").toLowerCase(Locale.ROOT);
    if (initials.length() > 1) {
      all.add(initials);
      if (!initials.endsWith("s")) {
        all.add(initials + "s");
      }
    }
    return all;
  }

  private List<String> allAliases() {
    String plural = name.substring(0, name.indexOf('.')).toLowerCase(Locale.ROOT);
    List<String> suffix = Arrays.asList(name.substring(name.indexOf('.') + 1).split("\\."));
    List<String> all = new ArrayList<>(List.of(plural));
    for (int i = 1; i < suffix.size(); i++) {
      all.add(plural + "." + String.join(".", suffix.subList(0, i)));
    }
    all.addAll(shownAliases());
    return all;
  }

  private static List<Item> definitions() {
    return ALL.stream().map(ResourceType::definition).toList();
  }

  private Item definition() {
    ResourceDefinitionSpec.Builder proto =
        ResourceDefinitionSpec.newBuilder()
            .setResourceType(name)
            .setDisplayType(display)
            .setDefaultNamespace(namespace)
            .addAllAliases(shownAliases())
            .addAllAllAliases(allAliases())
            .setSensitivity(
                sensitive
                    ? ResourceDefinitionSpec.Sensitivity.SENSITIVE
                    : ResourceDefinitionSpec.Sensitivity.NON_SENSITIVE);
    List<Object> printed = new ArrayList<>();
    columns.forEach(
        (column, path) -> {
          proto.addPrintColumns(
              ResourceDefinitionSpec.PrintColumn.newBuilder().setName(column).setJsonPath(path));
          printed.add(Map.of("name", column, "jsonPath", path));
        });
    Map<String, Object> yaml = new LinkedHashMap<>();
    yaml.put("type", name);
    yaml.put("displayType", display);
    yaml.put("defaultNamespace", namespace);
    yaml.put("aliases", shownAliases());
    yaml.put("allAliases", allAliases());
    yaml.put("printColumns", printed);
    if (sensitive) {
      yaml.put("sensitivity", "sensitive");
    }
    return new Item(id(), yaml, proto.build().toByteString());
  }

  private static List<Item> namespaces() {
    return NAMESPACES.stream()
        .map(
            name ->
                new Item(
                    name,
                    Map.of("description", "Talos " + name + " resources."),
                    NamespaceSpec.newBuilder()
                        .setDescription("Talos " + name + " resources.")
                        .build()
                        .toByteString()))
        .toList();
  }
}
