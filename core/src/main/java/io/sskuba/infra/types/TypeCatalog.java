package io.sskuba.infra.types;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The published types of one Pulumi package, as far as our plans use them: the file
/// `/types/PACKAGE.json` of this program (format: `types/README.md` beside it).
///
/// @param source where the types were taken from, for people
/// @param types type token to type
/// @param objects nested object types by the names that `ref`s use
/// @param functions token to function, for example `aws:ec2/getAmi:getAmi`
public record TypeCatalog(
    String pkg,
    String version,
    String source,
    Map<String, ResourceType> types,
    Map<String, ObjectType> objects,
    Map<String, FunctionType> functions) {
  private static final Map<String, Optional<TypeCatalog>> LOADED = new ConcurrentHashMap<>();
  private static final int BYTES_MAX = 16 << 20;

  public TypeCatalog {
    types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
    objects = Collections.unmodifiableMap(new LinkedHashMap<>(objects));
    functions = Collections.unmodifiableMap(new LinkedHashMap<>(functions));
  }

  public enum Kind {
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    ARRAY,
    MAP,
    OBJECT,
    ANY;

    /// The word in the file.
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// The type of a property.
  ///
  /// @param items of an array or a map, else null
  /// @param ref key of `objects` for an object, else null
  /// @param allowed the only strings allowed; empty: any
  public record Property(
      Kind kind, @Nullable Property items, @Nullable String ref, List<String> allowed) {
    static final Property ANY = new Property(Kind.ANY, null, null, List.of());

    public Property {
      allowed = List.copyOf(allowed);
    }

    /// For messages: `array of string`, `object of aws:ec2/InstanceEbsBlockDevice`.
    @Override
    public String toString() {
      return switch (kind) {
        case ARRAY, MAP -> kind.word() + " of " + items;
        case OBJECT -> "object of " + ref;
        default -> kind.word();
      };
    }
  }

  /// @param outputs what the provider computes; every input is an output too, with its type
  /// @param replace inputs whose change makes a new resource
  public record ResourceType(
      Map<String, Property> inputs,
      Set<String> required,
      Map<String, Property> outputs,
      Set<String> replace,
      boolean deleteBeforeReplace) {
    public ResourceType {
      inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
      required = Collections.unmodifiableSet(new LinkedHashSet<>(required));
      outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
      replace = Collections.unmodifiableSet(new LinkedHashSet<>(replace));
    }

    /// The type of what a reference to `name` gives; null when there is no such output.
    public @Nullable Property output(String name) {
      Property output = outputs.get(name);
      return output == null || output.kind() == Kind.ANY
          ? inputs.getOrDefault(name, output)
          : output;
    }
  }

  public record ObjectType(Map<String, Property> properties, Set<String> required) {
    public ObjectType {
      properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
      required = Collections.unmodifiableSet(new LinkedHashSet<>(required));
    }
  }

  public record FunctionType(
      Map<String, Property> inputs, Set<String> required, Map<String, Property> outputs) {
    public FunctionType {
      inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
      required = Collections.unmodifiableSet(new LinkedHashSet<>(required));
      outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }
  }

  /// The catalogue of a package; empty when this program has none. Read once, when first asked for.
  /// - Errors: `IllegalArgumentException` when the file is broken.
  public static Optional<TypeCatalog> find(String pkg) {
    if (!pkg.matches("[a-z0-9][a-z0-9-]{0,63}")) {
      return Optional.empty();
    }
    return LOADED.computeIfAbsent(pkg, TypeCatalog::load);
  }

  /// The catalogue of a package that this program has types for.
  /// - Errors: `IllegalArgumentException` when there is none.
  public static TypeCatalog of(String pkg) {
    return find(pkg)
        .orElseThrow(() -> new IllegalArgumentException("no published types of package " + pkg));
  }

  private static Optional<TypeCatalog> load(String pkg) {
    try (InputStream in = TypeCatalog.class.getResourceAsStream("/types/" + pkg + ".json")) {
      return in == null
          ? Optional.empty()
          : Optional.of(parse(Json.parse(in.readNBytes(BYTES_MAX))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Reads a catalogue. A `ref` to an object that is not there is an error, so that no property
  /// goes unchecked by mistake.
  /// - Errors: `IllegalArgumentException`.
  public static TypeCatalog parse(JsonNode json) {
    Map<String, ResourceType> types = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.path("types").properties()) {
      JsonNode type = entry.getValue();
      types.put(
          entry.getKey(),
          new ResourceType(
              properties(type.path("inputs")),
              new LinkedHashSet<>(strings(type.path("required"))),
              properties(type.path("outputs")),
              new LinkedHashSet<>(strings(type.path("replace"))),
              type.path("deleteBeforeReplace").asBoolean()));
    }
    Map<String, ObjectType> objects = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.path("objects").properties()) {
      objects.put(
          entry.getKey(),
          new ObjectType(
              properties(entry.getValue().path("properties")),
              new LinkedHashSet<>(strings(entry.getValue().path("required")))));
    }
    Map<String, FunctionType> functions = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.path("functions").properties()) {
      functions.put(
          entry.getKey(),
          new FunctionType(
              properties(entry.getValue().path("inputs")),
              new LinkedHashSet<>(strings(entry.getValue().path("required"))),
              properties(entry.getValue().path("outputs"))));
    }
    TypeCatalog catalog =
        new TypeCatalog(
            json.path("package").asText(),
            json.path("version").asText(),
            json.path("source").asText(),
            types,
            objects,
            functions);
    catalog.types.forEach(
        (token, type) -> {
          catalog.checkRefs(token, type.inputs());
          catalog.checkRefs(token, type.outputs());
        });
    catalog.objects.forEach((name, type) -> catalog.checkRefs(name, type.properties()));
    return catalog;
  }

  private void checkRefs(String owner, Map<String, Property> properties) {
    properties.forEach(
        (name, property) -> {
          Property inner = property;
          while (inner.items() != null) {
            inner = inner.items();
          }
          if (inner.kind() == Kind.OBJECT && !objects.containsKey(inner.ref())) {
            throw new IllegalArgumentException(
                owner + "." + name + " is of an object type that is not there: " + inner.ref());
          }
        });
  }

  /// An object of names to types, or a list of names whose types are not known.
  private static Map<String, Property> properties(JsonNode json) {
    Map<String, Property> out = new LinkedHashMap<>();
    if (json.isArray()) {
      strings(json).forEach(name -> out.put(name, name.equals("id") ? ID : Property.ANY));
    } else {
      json.properties().forEach(e -> out.put(e.getKey(), property(e.getValue())));
    }
    return out;
  }

  private static final Property ID = new Property(Kind.STRING, null, null, List.of());

  private static Property property(JsonNode json) {
    String word = json.path("type").asText();
    Kind kind;
    try {
      kind = Kind.valueOf(word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not a type in a type catalogue: " + json, e);
    }
    boolean nested = kind == Kind.ARRAY || kind == Kind.MAP;
    Property items =
        nested ? (json.has("items") ? property(json.path("items")) : Property.ANY) : null;
    String ref = kind == Kind.OBJECT ? json.path("ref").asText() : null;
    return new Property(kind, items, ref, strings(json.path("enum")));
  }

  private static List<String> strings(JsonNode json) {
    List<String> out = new ArrayList<>();
    json.forEach(item -> out.add(item.asText()));
    return out;
  }
}
