package io.sskuba.machineconfig;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Talos's rules for the documents beside the v1alpha1 one, for the kinds that we write.
final class DocumentRules {
  private static final int FQDN_MAX = 253;
  private static final int LABEL_MAX = 63;

  private DocumentRules() {}

  static String id(Map<String, Object> document) {
    String name = text(document, "name");
    return StrategicMerge.kind(document) + (name.isEmpty() ? "" : "/" + name);
  }

  static List<String> check(Map<String, Object> document) {
    return switch (StrategicMerge.kind(document)) {
      case "HostnameConfig" -> hostname(document);
      case "Layer2VIPConfig" -> required(document, "link", "link must be specified");
      case "LinkAliasConfig" ->
          Docs.at(document, "selector", "match") == null
              ? List.of("link selector is required")
              : List.of();
      default -> List.of();
    };
  }

  private static List<String> hostname(Map<String, Object> document) {
    List<String> errors = new ArrayList<>();
    String auto = text(document, "auto");
    String hostname = text(document, "hostname");
    if (auto.isEmpty() && hostname.isEmpty()) {
      errors.add("either 'auto' or 'hostname' must be set");
    }
    if (!hostname.isEmpty() && !auto.isEmpty() && !auto.equals("off")) {
      errors.add("'auto' and 'hostname' cannot be set at the same time");
    }
    if (hostname.length() > FQDN_MAX) {
      errors.add("fqdn is too long: " + hostname.length());
    }
    String label = hostname.split("\\.", 2)[0];
    if (!hostname.isEmpty() && (label.isEmpty() || label.length() > LABEL_MAX)) {
      errors.add("invalid hostname \"" + label + "\"");
    }
    return errors;
  }

  private static List<String> required(Map<String, Object> document, String key, String text) {
    return text(document, key).isEmpty() ? List.of(text) : List.of();
  }

  private static String text(Map<String, Object> document, String key) {
    @Nullable Object value = document.get(key);
    return value == null ? "" : value.toString();
  }
}
