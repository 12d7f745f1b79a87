package io.sskuba.infra.pulumi;

import io.sskuba.infra.InfraPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Prints a plan as a program that Pulumi YAML accepts.
///
/// Deterministic: resources in plan order, properties sorted. A reference becomes
/// `${KEY.PROPERTY}`, where KEY is the resource's name, or, when that cannot stand in a reference,
/// an identifier made of it (the name then stands in `name`). A text of parts becomes one string
/// with references in it, a lookup `fn::invoke`. A `$` that would be read as a reference or an
/// escape is doubled. A secret becomes `fn::secret` of a placeholder: a program holds no values of
/// secrets.
/// - Source: https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/
public final class PulumiYaml {
  private static final String SECRET_PLACEHOLDER = "REPLACE-ME";

  private PulumiYaml() {}

  /// @param project Pulumi project name
  /// @param providerVersions package to version; printed as each resource's `options.version`
  /// @param config stack configuration that the program needs, printed as its defaults
  public static String print(
      InfraPlan plan,
      String project,
      Map<String, String> providerVersions,
      Map<String, String> config) {
    Scope scope = new Scope(keys(plan), providerVersions);
    Map<String, Object> resources = new LinkedHashMap<>();
    for (InfraPlan.Resource resource : plan.resources()) {
      resources.put(key(scope, resource.name()), resource(resource, scope));
    }
    Map<String, Object> program = new LinkedHashMap<>();
    program.put("name", project);
    program.put("runtime", "yaml");
    if (!config.isEmpty()) {
      Map<String, Object> defaults = new TreeMap<>();
      config.forEach((name, value) -> defaults.put(name, Map.of("value", value)));
      program.put("config", defaults);
    }
    program.put("resources", resources);
    if (!plan.outputs().isEmpty()) {
      program.put("outputs", value(new TreeMap<>(plan.outputs()), scope));
    }
    return YamlText.document(program);
  }

  private static Map<String, Object> resource(InfraPlan.Resource resource, Scope scope) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", resource.type());
    if (!key(scope, resource.name()).equals(resource.name())) {
      out.put("name", resource.name());
    }
    if (!resource.inputs().isEmpty()) {
      out.put("properties", value(new TreeMap<>(resource.inputs()), scope));
    }
    Map<String, Object> options = new LinkedHashMap<>();
    if (!resource.dependsOn().isEmpty()) {
      options.put(
          "dependsOn", resource.dependsOn().stream().map(n -> "${" + key(scope, n) + "}").toList());
    }
    String version = scope.versions().get(PlanRuntime.packageOf(resource.type()));
    if (version != null) {
      options.put("version", version);
    }
    if (!options.isEmpty()) {
      out.put("options", options);
    }
    return out;
  }

  private static @Nullable Object value(@Nullable Object value, Scope scope) {
    return switch (value) {
      case InfraPlan.Ref ref -> reference(ref, scope);
      case InfraPlan.Secret secret -> secret(secret, scope);
      case InfraPlan.Concat concat -> concat(concat, scope);
      case InfraPlan.Lookup lookup -> invoke(lookup, scope);
      case String text -> escape(text);
      case List<?> list -> {
        List<@Nullable Object> out = new ArrayList<>();
        for (Object item : list) {
          out.add(value(item, scope));
        }
        yield out;
      }
      case Map<?, ?> map -> {
        Map<String, @Nullable Object> sorted = new TreeMap<>();
        map.forEach((k, v) -> sorted.put(String.valueOf(k), value(v, scope)));
        yield sorted;
      }
      case null -> null;
      default -> value;
    };
  }

  /// Pulumi YAML reads `$$` as `$` and `${` as the start of a reference, anywhere in a string.
  private static String escape(String text) {
    return text.contains("${") || text.contains("$$") ? text.replace("$", "$$") : text;
  }

  /// A `$` of a literal part is doubled, so that it makes no reference with its neighbour.
  private static String concat(InfraPlan.Concat concat, Scope scope) {
    StringBuilder out = new StringBuilder();
    for (Object part : concat.parts()) {
      switch (part) {
        case InfraPlan.Ref ref -> out.append(reference(ref, scope));
        case String text -> out.append(text.replace("$", "$$"));
        default -> out.append(part);
      }
    }
    return out.toString();
  }

  private static Map<String, Object> invoke(InfraPlan.Lookup lookup, Scope scope) {
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("function", lookup.function());
    call.put("arguments", java.util.Objects.requireNonNull(value(lookup.arguments(), scope)));
    String version = scope.versions().get(PlanRuntime.packageOf(lookup.function()));
    if (version != null) {
      call.put("options", Map.of("version", version));
    }
    call.put("return", lookup.property());
    return Map.of("fn::invoke", call);
  }

  private static Object secret(InfraPlan.Secret secret, Scope scope) {
    Object inner =
        switch (secret.value()) {
          case InfraPlan.Ref ref -> reference(ref, scope);
          case List<?> _ -> List.of(SECRET_PLACEHOLDER);
          default -> SECRET_PLACEHOLDER;
        };
    return Map.of("fn::secret", inner);
  }

  /// `${KEY.a[0]["b.c"]}`: steps that are no identifiers in brackets and quotes.
  private static String reference(InfraPlan.Ref ref, Scope scope) {
    StringBuilder out = new StringBuilder("${").append(key(scope, ref.resource()));
    for (String step : Values.steps(ref.property())) {
      if (step.matches("[0-9]+")) {
        out.append('[').append(step).append(']');
      } else if (step.matches("[A-Za-z_$][A-Za-z0-9_$]*")) {
        out.append('.').append(step);
      } else {
        String quoted = step.replace("\\", "\\\\").replace("\"", "\\\"");
        out.append("[\"").append(quoted).append("\"]");
      }
    }
    return out.append('}').toString();
  }

  private static String key(Scope scope, String name) {
    String key = scope.keys().get(name);
    if (key == null) {
      throw new IllegalArgumentException("no resource named " + name + " in the plan");
    }
    return key;
  }

  /// @param keys resource name to program key
  /// @param versions package to version
  private record Scope(Map<String, String> keys, Map<String, String> versions) {}

  /// A program key per resource: the name where it can stand in a reference, else an identifier
  /// made of it, made unique.
  private static Map<String, String> keys(InfraPlan plan) {
    Map<String, String> keys = new LinkedHashMap<>();
    for (InfraPlan.Resource resource : plan.resources()) {
      String base = resource.name().replaceAll("[^A-Za-z0-9_-]", "-");
      if (!base.matches("[A-Za-z_].*") || base.equals("pulumi")) {
        base = "r-" + base;
      }
      String key = base;
      for (int n = 2; keys.containsValue(key); n++) {
        key = base + "-" + n;
      }
      keys.put(resource.name(), key);
    }
    return keys;
  }
}
