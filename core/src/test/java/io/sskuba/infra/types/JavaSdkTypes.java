package io.sskuba.infra.types;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.pulumi.core.Either;
import com.pulumi.core.annotations.CustomType;
import com.pulumi.core.annotations.EnumType;
import com.pulumi.core.annotations.Export;
import com.pulumi.core.annotations.Import;
import io.sskuba.io.Json;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Reads the types of a Pulumi package from its Java SDK (`com.pulumi:PACKAGE`) by reflection, and
/// writes them as `types/PACKAGE.json`.
///
/// A type `PKG:MODULE/file:Name` is the classes `ROOT.MODULE.Name` and `NameArgs`; a function
/// `PKG:MODULE/getName:getName` the classes `inputs.GetNameArgs` and `outputs.GetNameResult`.
/// Enumerations of more than 30 values (instance types) are left out: clouds add to them all the
/// time.
final class JavaSdkTypes {
  private static final int ENUM_MAX = 30;

  private final String root;
  private final String pkg;
  private final Map<String, ObjectNode> objects = new TreeMap<>();

  JavaSdkTypes(String pkg, String root) {
    this.pkg = pkg;
    this.root = root;
  }

  /// What the SDK does not say of a type.
  record Rules(List<String> replace, boolean deleteBeforeReplace) {}

  ObjectNode read(String version, Map<String, Rules> types, Collection<String> functions) {
    ObjectNode json = Json.object();
    json.put("package", pkg).put("version", version);
    json.put("source", "com.pulumi:" + pkg + ":" + version + " (Maven Central)");
    ObjectNode out = json.putObject("types");
    new TreeMap<>(types).forEach((token, rules) -> out.set(token, type(token, rules)));
    ObjectNode nested = json.putObject("objects");
    ObjectNode calls = json.putObject("functions");
    new TreeSet<>(functions).forEach(token -> calls.set(token, function(token)));
    objects.forEach(nested::set);
    return json;
  }

  private ObjectNode type(String token, Rules rules) {
    String name = className(token);
    ObjectNode type = inputs(load(name + "Args"), "inputs");
    ObjectNode outputs = type.putObject("outputs");
    for (Field field : fields(load(name))) {
      Export export = field.getAnnotation(Export.class);
      if (export != null) {
        outputs.set(export.name(), property(field.getGenericType()));
      }
    }
    outputs.putObject("id").put("type", "string");
    ArrayNode replace = type.putArray("replace");
    for (String input : rules.replace()) {
      if (!type.path("inputs").has(input)) {
        throw new IllegalArgumentException(token + " has no input " + input);
      }
      replace.add(input);
    }
    type.put("deleteBeforeReplace", rules.deleteBeforeReplace());
    return type;
  }

  private ObjectNode function(String token) {
    String name = className(token);
    int dot = name.lastIndexOf('.');
    String simple =
        name.substring(dot + 1, dot + 2).toUpperCase(Locale.ROOT) + name.substring(dot + 2);
    String module = name.substring(0, dot);
    ObjectNode function = inputs(load(module + ".inputs." + simple + "Args"), "inputs");
    ObjectNode outputs = function.putObject("outputs");
    plainFields(load(module + ".outputs." + simple + "Result"))
        .forEach((n, field) -> outputs.set(n, property(field.getGenericType())));
    return function;
  }

  /// `com.pulumi.aws.ec2.Vpc` of `aws:ec2/vpc:Vpc`.
  private String className(String token) {
    String[] parts = token.split(":", -1);
    String module =
        parts[1].contains("/") ? parts[1].substring(0, parts[1].indexOf('/')) : parts[1];
    return root + "." + module + "." + parts[2];
  }

  private ObjectNode inputs(Class<?> args, String key) {
    ObjectNode out = Json.object();
    ObjectNode inputs = out.putObject(key);
    TreeSet<String> required = new TreeSet<>();
    Map<String, Field> sorted = new TreeMap<>();
    for (Field field : fields(args)) {
      Import input = field.getAnnotation(Import.class);
      if (input != null) {
        sorted.put(input.name(), field);
        if (input.required()) {
          required.add(input.name());
        }
      }
    }
    sorted.forEach((name, field) -> inputs.set(name, property(field.getGenericType())));
    required.forEach(out.putArray("required")::add);
    return out;
  }

  private static List<Field> fields(Class<?> type) {
    List<Field> out = new ArrayList<>();
    for (Field field : type.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
        out.add(field);
      }
    }
    out.sort((a, b) -> a.getName().compareTo(b.getName()));
    return out;
  }

  private static Map<String, Field> plainFields(Class<?> type) {
    Map<String, Field> out = new TreeMap<>();
    // A name that is a word of Java has an underscore after it.
    fields(type).forEach(field -> out.put(field.getName().replaceAll("_$", ""), field));
    return out;
  }

  private ObjectNode property(Type type) {
    ObjectNode json = Json.object();
    if (type instanceof ParameterizedType generic) {
      Class<?> raw = (Class<?>) generic.getRawType();
      Type[] inner = generic.getActualTypeArguments();
      if (List.class.isAssignableFrom(raw)) {
        json.put("type", "array").set("items", property(inner[0]));
        return json;
      }
      if (Map.class.isAssignableFrom(raw)) {
        json.put("type", "map").set("items", property(inner[1]));
        return json;
      }
      if (Either.class.isAssignableFrom(raw)) {
        ObjectNode enumerated = property(inner[1]);
        return enumerated.path("type").asText().equals("string")
            ? enumerated
            : json.put("type", "any");
      }
      return property(inner[0]); // Output, Optional
    }
    Class<?> raw = (Class<?>) type;
    if (raw.isAnnotationPresent(EnumType.class)) {
      return enumerated(raw);
    }
    String word =
        switch (raw.getName()) {
          case "java.lang.String" -> "string";
          case "java.lang.Integer" -> "integer";
          case "java.lang.Double" -> "number";
          case "java.lang.Boolean" -> "boolean";
          default -> raw.getName().startsWith(root + ".") ? "object" : "any";
        };
    json.put("type", word);
    if (word.equals("object")) {
      json.put("ref", object(raw));
    }
    return json;
  }

  private static ObjectNode enumerated(Class<?> type) {
    ObjectNode json = Json.object().put("type", "string");
    Object[] values = type.getEnumConstants();
    if (values.length <= ENUM_MAX) {
      ArrayNode allowed = json.putArray("enum");
      try {
        Method value = type.getMethod("getValue");
        for (Object constant : values) {
          allowed.add(String.valueOf(value.invoke(constant)));
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
    return json;
  }

  /// `aws:ec2/Name` for an object that is given, `aws:ec2/Name#output` for one that comes back.
  private String object(Class<?> type) {
    boolean output = type.isAnnotationPresent(CustomType.class);
    String module = type.getPackageName().substring(root.length() + 1).replaceAll("\\..*", "");
    String name =
        pkg
            + ":"
            + module
            + "/"
            + type.getSimpleName().replaceAll("Args$", "")
            + (output ? "#output" : "");
    if (objects.putIfAbsent(name, Json.object()) != null) {
      return name;
    }
    if (output) {
      ObjectNode json = Json.object();
      ObjectNode properties = json.putObject("properties");
      plainFields(type).forEach((n, field) -> properties.set(n, property(field.getGenericType())));
      json.putArray("required");
      objects.put(name, json);
    } else {
      objects.put(name, inputs(type, "properties"));
    }
    return name;
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, JavaSdkTypes.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("the SDK has no class " + name, e);
    }
  }
}
