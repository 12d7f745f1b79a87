package io.sskuba.spec;

import io.sskuba.spec.ClusterSpec.Provider;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One row of the description of the cluster file.
///
/// @param doc what it means, in plain words: `explain`, the JSON Schema and the documents print it
/// @param required always needed where its parent is given
/// @param providers the only targets that have it; empty means all
/// @param requiredOn targets that need it
/// @param fallback the default in words, or null when there is none
record SpecKey(
    String name,
    Shape shape,
    String doc,
    boolean required,
    Set<Provider> providers,
    Set<Provider> requiredOn,
    @Nullable String fallback) {

  static SpecKey of(String name, Shape shape, String doc) {
    return new SpecKey(name, shape, doc, false, Set.of(), Set.of(), null);
  }

  SpecKey needed() {
    return new SpecKey(name, shape, doc, true, providers, requiredOn, fallback);
  }

  SpecKey on(Provider... some) {
    return new SpecKey(name, shape, doc, required, Set.of(some), requiredOn, fallback);
  }

  SpecKey neededOn(Provider... some) {
    return new SpecKey(name, shape, doc, required, providers, Set.of(some), fallback);
  }

  SpecKey fallback(String words) {
    return new SpecKey(name, shape, doc, required, providers, requiredOn, words);
  }

  boolean allowedOn(@Nullable Provider provider) {
    return providers.isEmpty() || provider == null || providers.contains(provider);
  }

  boolean isNeededOn(@Nullable Provider provider) {
    return required || (provider != null && requiredOn.contains(provider));
  }

  /// The keys below this one: of the mapping, or of each item.
  List<SpecKey> children() {
    return switch (shape) {
      case Shape.Fields fields -> fields.keys();
      case Shape.FieldsList list -> list.item().keys();
      case Shape.Disk disk -> disk.size().keys();
      case Shape.Options options -> List.of(options.tool());
      default -> List.of();
    };
  }

  /// How the key is written in a path: items of a list get `[]`.
  String step() {
    return switch (shape) {
      case Shape.FieldsList _, Shape.TextList _, Shape.WholeList _, Shape.Patches _ -> name + "[]";
      default -> name;
    };
  }
}
