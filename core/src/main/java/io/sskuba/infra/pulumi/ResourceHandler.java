package io.sskuba.infra.pulumi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What a resource provider of ours does, without the engine's protocol: [HandlerProvider] speaks
/// that. What a type takes, and what makes a new resource, its published types say.
///
/// Every call has a limit of its own. Errors: `SskubaException`; the engine shows its summary and
/// facts.
public interface ResourceHandler {
  /// The Pulumi package, which has a type catalogue.
  String pkg();

  /// Makes it, or adopts what is there under the inputs' key.
  Made create(String type, String name, Map<String, Object> inputs) throws InterruptedException;

  /// What it tells now; empty when it is gone.
  Optional<Map<String, Object>> read(String type, String id, Map<String, Object> inputs)
      throws InterruptedException;

  /// Brings what changes in place up to date. Returns the outputs.
  Map<String, Object> update(String type, String id, Map<String, Object> inputs)
      throws InterruptedException;

  /// Removes it; what is gone is removed already.
  ///
  /// @param state inputs and outputs as the engine knows them
  void delete(String type, String id, Map<String, Object> state) throws InterruptedException;

  /// @param outputs besides the inputs
  record Made(String id, Map<String, Object> outputs) {
    public Made {
      outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }
  }
}
