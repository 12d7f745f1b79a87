package io.sskuba.infra.types;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Concat;
import io.sskuba.infra.InfraPlan.Lookup;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.InfraPlan.Secret;
import io.sskuba.infra.pulumi.Values;
import io.sskuba.infra.types.TypeCatalog.FunctionType;
import io.sskuba.infra.types.TypeCatalog.Kind;
import io.sskuba.infra.types.TypeCatalog.ObjectType;
import io.sskuba.infra.types.TypeCatalog.Property;
import io.sskuba.infra.types.TypeCatalog.ResourceType;
import io.sskuba.spec.Nearest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Checks plans against the published types of the providers: what a provider would refuse, or
/// silently ignore, is found before anything is made.
///
/// Found are: unknown type tokens, unknown properties, values of a wrong type, missing required
/// inputs, strings that an enumeration does not have, unknown functions, references to resources
/// that do not come earlier or to outputs that do not exist or have another type. A secret is
/// checked as what it holds. Types of the engine itself (`pulumi:…`) are not checked.
public final class TypeCheck {
  private final Map<String, Resource> earlier;
  private final List<Finding> findings = new ArrayList<>();
  private int properties;

  private TypeCheck(Map<String, Resource> earlier) {
    this.earlier = earlier;
  }

  /// @param at the property's path in the resource, for example `rootBlockDevice.volumeType`; empty
  ///   for the resource itself
  public record Finding(String at, String reason) {}

  /// How much was checked.
  ///
  /// @param properties values that were held against a type, nested ones included
  public record Report(List<String> problems, int resources, int properties) {
    public Report {
      problems = List.copyOf(problems);
    }
  }

  /// All problems of a plan, as `RESOURCE.PROPERTY: reason`.
  public static List<String> problems(InfraPlan plan) {
    return report(plan).problems();
  }

  public static Report report(InfraPlan plan) {
    List<String> problems = new ArrayList<>();
    Map<String, Resource> earlier = new LinkedHashMap<>();
    int properties = 0;
    for (Resource resource : plan.resources()) {
      TypeCheck check = new TypeCheck(earlier);
      check.resource(resource.type(), resource.inputs());
      for (String needed : resource.dependsOn()) {
        if (!earlier.containsKey(needed)) {
          check.add("", "depends on " + needed + ", which is not an earlier resource");
        }
      }
      if (earlier.put(resource.name(), resource) != null) {
        check.add("", "two resources have this name");
      }
      check.findings.forEach(f -> problems.add(text(resource.name(), f)));
      properties += check.properties;
    }
    TypeCheck outputs = new TypeCheck(earlier);
    outputs.value("", Property.ANY, plan.outputs(), null);
    outputs.findings.forEach(f -> problems.add(text("outputs", f)));
    return new Report(problems, plan.resources().size(), properties);
  }

  /// All problems of one resource's inputs: plain values, without references.
  public static List<Finding> findings(String type, Map<String, Object> inputs) {
    TypeCheck check = new TypeCheck(Map.of());
    check.resource(type, inputs);
    return List.copyOf(check.findings);
  }

  /// The same as texts.
  public static List<String> problems(String type, Map<String, Object> inputs) {
    return findings(type, inputs).stream().map(f -> text(type, f)).toList();
  }

  private static String text(String owner, Finding finding) {
    String dot = finding.at().isEmpty() || finding.at().startsWith("[") ? "" : ".";
    return owner + dot + finding.at() + ": " + finding.reason();
  }

  private void add(String at, String reason) {
    findings.add(new Finding(at, reason));
  }

  private void resource(String token, Map<String, Object> inputs) {
    if (token.startsWith("pulumi:")) {
      return;
    }
    TypeCatalog catalog = TypeCatalog.find(packageOf(token)).orElse(null);
    if (catalog == null) {
      add("", "no published types of package " + packageOf(token));
      return;
    }
    ResourceType type = catalog.types().get(token);
    if (type == null) {
      add("", "unknown type " + token + nearest(token, catalog.types().keySet()));
      return;
    }
    fields("", type.inputs(), type.required(), inputs, catalog);
  }

  private static String packageOf(String token) {
    int colon = token.indexOf(':');
    return colon < 0 ? token : token.substring(0, colon);
  }

  private void fields(
      String at,
      Map<String, Property> known,
      Set<String> required,
      Map<?, ?> given,
      TypeCatalog catalog) {
    given.forEach(
        (key, value) -> {
          String name = String.valueOf(key);
          String path = at.isEmpty() ? name : at + "." + name;
          Property property = known.get(name);
          if (property == null) {
            add(path, "unknown property" + nearest(name, known.keySet()));
          } else {
            value(path, property, value, catalog);
          }
        });
    for (String name : required) {
      if (given.get(name) == null) {
        add(at.isEmpty() ? name : at + "." + name, "required, and not given");
      }
    }
  }

  private void value(
      String at, Property type, @Nullable Object value, @Nullable TypeCatalog catalog) {
    properties++;
    switch (value) {
      case null -> {}
      case Ref ref -> reference(at, type, ref);
      case Secret secret -> value(at, type, secret.value(), catalog);
      case Concat concat -> {
        concat.parts().forEach(part -> value(at, Property.ANY, part, catalog));
        fits(at, type, Kind.STRING, "text");
      }
      case Lookup lookup -> lookup(at, type, lookup);
      case String text when text.equals(Values.UNKNOWN_SHOWN) -> {}
      case String text -> {
        if (fits(at, type, Kind.STRING, '"' + shortened(text) + '"')
            && !type.allowed().isEmpty()
            && !type.allowed().contains(text)) {
          add(
              at,
              "\""
                  + shortened(text)
                  + "\" is not one of "
                  + String.join(", ", type.allowed())
                  + nearest(text, type.allowed()));
        }
      }
      case Boolean flag -> fits(at, type, Kind.BOOLEAN, flag.toString());
      case Number number -> number(at, type, number);
      case List<?> list -> {
        if (fits(at, type, Kind.ARRAY, "a list")) {
          Property items = type.items() == null ? Property.ANY : type.items();
          for (int i = 0; i < list.size(); i++) {
            value(at + "[" + i + "]", items, list.get(i), catalog);
          }
        }
      }
      case Map<?, ?> map -> map(at, type, map, catalog);
      default -> add(at, "not a plan value: " + value.getClass().getSimpleName());
    }
  }

  private void number(String at, Property type, Number number) {
    boolean whole = number.doubleValue() == Math.rint(number.doubleValue());
    if (type.kind() == Kind.INTEGER && !whole) {
      add(at, "takes integer, not " + number);
    } else if (type.kind() != Kind.INTEGER) {
      fits(at, type, Kind.NUMBER, number.toString());
    }
  }

  private void map(String at, Property type, Map<?, ?> map, @Nullable TypeCatalog catalog) {
    if (type.kind() == Kind.OBJECT && catalog != null) {
      ObjectType object = catalog.objects().get(type.ref());
      if (object == null) {
        add(at, "of an object type that is not known: " + type.ref());
        return;
      }
      fields(at, object.properties(), object.required(), map, catalog);
    } else if (fits(at, type, Kind.MAP, "a map")) {
      Property items = type.items() == null ? Property.ANY : type.items();
      map.forEach((k, v) -> value(at + "[\"" + k + "\"]", items, v, catalog));
    }
  }

  private boolean fits(String at, Property type, Kind is, String shown) {
    if (type.kind() == is || type.kind() == Kind.ANY) {
      return true;
    }
    add(at, "takes " + type + ", not " + shown);
    return false;
  }

  private void reference(String at, Property type, Ref ref) {
    Resource resource = earlier.get(ref.resource());
    if (resource == null) {
      add(
          at,
          "refers to "
              + ref.resource()
              + ", which is not an earlier resource"
              + nearest(ref.resource(), earlier.keySet()));
      return;
    }
    if (ref.property().equals("id")) {
      fits(at, type, Kind.STRING, "the id of " + ref.resource());
      return;
    }
    TypeCatalog catalog = TypeCatalog.find(packageOf(resource.type())).orElse(null);
    ResourceType owner = catalog == null ? null : catalog.types().get(resource.type());
    if (catalog == null || owner == null) {
      return;
    }
    List<String> steps = Values.steps(ref.property());
    Property output = steps.isEmpty() ? null : owner.output(steps.getFirst());
    for (int i = 1; i < steps.size() && output != null; i++) {
      output = step(catalog, output, steps.get(i));
    }
    if (output == null) {
      Set<String> names = new java.util.TreeSet<>(owner.outputs().keySet());
      names.addAll(owner.inputs().keySet());
      add(at, ref.resource() + " has no output " + ref.property() + nearest(ref.property(), names));
    } else if (!alike(type, output)) {
      add(at, "takes " + type + ", not " + ref.resource() + "." + ref.property() + ": " + output);
    }
  }

  private static @Nullable Property step(TypeCatalog catalog, Property of, String name) {
    return switch (of.kind()) {
      case ANY -> of;
      case ARRAY -> name.matches("[0-9]{1,6}") ? of.items() : null;
      case MAP -> of.items();
      case OBJECT -> {
        ObjectType object = catalog.objects().get(of.ref());
        yield object == null ? Property.ANY : object.properties().get(name);
      }
      default -> null;
    };
  }

  private static boolean alike(Property wanted, Property given) {
    if (wanted.kind() == Kind.ANY || given.kind() == Kind.ANY) {
      return true;
    }
    if (wanted.kind() == Kind.NUMBER && given.kind() == Kind.INTEGER) {
      return true;
    }
    if (wanted.kind() != given.kind()) {
      return false;
    }
    return wanted.items() == null || given.items() == null || alike(wanted.items(), given.items());
  }

  private void lookup(String at, Property type, Lookup lookup) {
    TypeCatalog catalog = TypeCatalog.find(packageOf(lookup.function())).orElse(null);
    FunctionType function = catalog == null ? null : catalog.functions().get(lookup.function());
    if (catalog == null || function == null) {
      Set<String> known = catalog == null ? Set.of() : catalog.functions().keySet();
      add(at, "unknown function " + lookup.function() + nearest(lookup.function(), known));
      return;
    }
    fields(
        at + "(" + lookup.function() + ")",
        function.inputs(),
        function.required(),
        lookup.arguments(),
        catalog);
    Property output = function.outputs().get(lookup.property());
    if (output == null) {
      add(
          at,
          lookup.function()
              + " gives no "
              + lookup.property()
              + nearest(lookup.property(), function.outputs().keySet()));
    } else if (!alike(type, output)) {
      add(at, "takes " + type + ", not " + lookup.property() + ": " + output);
    }
  }

  private static String nearest(String wrong, Collection<String> names) {
    String nearest = Nearest.of(wrong, names);
    return nearest == null ? "" : "; did you mean " + nearest + "?";
  }

  private static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
