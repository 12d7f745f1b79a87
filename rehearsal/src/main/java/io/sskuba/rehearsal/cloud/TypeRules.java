package io.sskuba.rehearsal.cloud;

import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a provider knows of its types before it acts: the published types.
public interface TypeRules {
  /// All type tokens.
  Set<String> types();

  /// Everything that is wrong with these inputs, as property and reason.
  List<Map.Entry<String, String>> problems(String type, Map<String, Object> inputs);

  /// Whether a change of this input makes a new resource.
  boolean replaces(String type, String input);

  /// Whether the old one has to go first.
  boolean deleteBeforeReplace(String type);
}
