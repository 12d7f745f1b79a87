package io.sskuba.infra;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The resources of one stack, as data. The same plan feeds the engine and prints as Pulumi YAML.
///
/// @param resources in dependency order: a resource refers only to earlier ones
/// @param outputs stack outputs: name to a value that may hold [Ref]s
public record InfraPlan(List<Resource> resources, Map<String, Object> outputs) {

  public InfraPlan {
    resources = List.copyOf(resources);
    outputs = Map.copyOf(outputs);
  }

  /// One resource.
  ///
  /// @param type Pulumi type token, for example `aws:ec2/vpc:Vpc` or `sskuba:local:Machine`
  /// @param name logical name, unique in the plan; part of the URN
  /// @param inputs plain values (String, Number, Boolean, List, Map), [Ref]s, [Concat]s, [Secret]s
  ///   and [Lookup]s anywhere inside
  /// @param dependsOn names of earlier resources without an input that says so
  public record Resource(
      String type, String name, Map<String, Object> inputs, List<String> dependsOn) {
    public Resource {
      inputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
      dependsOn = List.copyOf(dependsOn);
    }
  }

  /// An output of an earlier resource; `property` `id` is its provider id.
  ///
  /// @param property a name or a path into nested outputs, for example `status.addresses[0]`
  public record Ref(String resource, String property) {}

  /// Names of the resources that this one needs: those it refers to and those it says.
  public static Set<String> needs(Resource resource) {
    Set<String> needed = new LinkedHashSet<>(resource.dependsOn());
    needed.addAll(references(resource.inputs()));
    return needed;
  }

  /// Names of the resources that a value refers to, in the order met.
  public static Set<String> references(@Nullable Object value) {
    Set<String> names = new LinkedHashSet<>();
    collect(value, names);
    return names;
  }

  private static void collect(@Nullable Object value, Set<String> into) {
    switch (value) {
      case Ref ref -> into.add(ref.resource());
      case Secret secret -> collect(secret.value(), into);
      case Concat concat -> collect(concat.parts(), into);
      case List<?> list -> list.forEach(item -> collect(item, into));
      case Map<?, ?> map -> map.values().forEach(item -> collect(item, into));
      case null, default -> {}
    }
  }

  /// The first value that is still to be looked up, or null.
  public static @Nullable Lookup firstLookup(@Nullable Object value) {
    return switch (value) {
      case Lookup lookup -> lookup;
      case Secret secret -> firstLookup(secret.value());
      case Concat concat -> firstLookup(concat.parts());
      case Map<?, ?> map -> firstLookup(List.copyOf(map.values()));
      case List<?> list ->
          list.stream()
              .map(InfraPlan::firstLookup)
              .filter(java.util.Objects::nonNull)
              .findFirst()
              .orElse(null);
      case null, default -> null;
    };
  }

  /// A text made of texts and [Ref]s, for example an address and a port.
  public record Concat(List<Object> parts) {
    public Concat {
      parts = List.copyOf(parts);
    }

    public static Concat of(Object... parts) {
      return new Concat(List.of(parts));
    }
  }

  /// A value that the provider looks up when the program runs, where it was not looked up before
  /// and kept in [Choices]. Its answer counts when the resource is made: later runs leave that
  /// input as it is.
  ///
  /// @param function token, for example `aws:ec2/getAmi:getAmi`
  /// @param arguments plain values
  /// @param property the property of the answer
  public record Lookup(String function, Map<String, Object> arguments, String property) {
    public Lookup {
      arguments = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    }
  }

  /// A value that the engine keeps only as ciphertext and never shows.
  public record Secret(Object value) {
    @Override
    public String toString() {
      return "Secret[hidden]";
    }
  }
}
