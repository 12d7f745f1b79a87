package io.sskuba.spec;

import java.util.List;

/// What a key of the cluster file may hold.
sealed interface Shape {
  record Text(Form form) implements Shape {}

  /// One of a few words.
  record Word(List<String> words) implements Shape {}

  /// A whole number.
  ///
  /// @param only the only values, or empty: all from `min` to `max`
  record Whole(int min, int max, List<Integer> only) implements Shape {}

  record Flag() implements Shape {}

  /// @param orOne one text may stand for a list of one
  record TextList(Form form, int sizeMin, int sizeMax, boolean orOne) implements Shape {}

  record WholeList(int min, int max, int sizeMax) implements Shape {}

  record TextMap(Form key, Form value, int sizeMax) implements Shape {}

  record Fields(List<SpecKey> keys) implements Shape {}

  record FieldsList(Fields item, int sizeMax) implements Shape {}

  /// One reference to a secret.
  record Secret() implements Shape {}

  /// A user name and password by reference.
  record Login() implements Shape {}

  /// Talos patches: mappings, or paths of files that hold them.
  record Patches(int sizeMax) implements Shape {}

  /// `{sizeGiB: N}`, or on metal a device.
  record Disk(Fields size) implements Shape {}

  /// `{tool: NAME, …}`: one known key, the rest is the tool's.
  record Options(SpecKey tool) implements Shape {}

  /// A key that is not specified yet.
  record Reserved() implements Shape {}
}
