package io.sskuba.apply;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.pulumi.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A plan's inputs as a reader may see them: references as `${NAME.PROPERTY}`, no secret.
final class PlanValues {
  private PlanValues() {}

  static Map<String, Object> shown(Map<String, Object> inputs) {
    Map<String, Object> out = new LinkedHashMap<>();
    inputs.forEach(
        (key, value) -> {
          Object shown = shown(value);
          if (shown != null) {
            out.put(key, shown);
          }
        });
    return out;
  }

  private static @Nullable Object shown(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case InfraPlan.Secret _ -> Values.SECRET_SHOWN;
      case InfraPlan.Ref ref -> reference(ref);
      case InfraPlan.Lookup lookup -> "${" + lookup.function() + "." + lookup.property() + "}";
      case InfraPlan.Concat concat -> concat(concat);
      case Map<?, ?> map -> {
        Map<String, Object> out = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          Object shown = shown(entry.getValue());
          if (shown != null) {
            out.put(String.valueOf(entry.getKey()), shown);
          }
        }
        yield out;
      }
      case List<?> list -> {
        List<Object> out = new ArrayList<>();
        for (Object item : list) {
          Object shown = shown(item);
          if (shown != null) {
            out.add(shown);
          }
        }
        yield out;
      }
      default -> value;
    };
  }

  private static String reference(InfraPlan.Ref ref) {
    return "${" + ref.resource() + "." + ref.property() + "}";
  }

  /// One secret part hides the whole.
  private static String concat(InfraPlan.Concat concat) {
    StringBuilder text = new StringBuilder();
    for (Object part : concat.parts()) {
      if (part instanceof InfraPlan.Secret) {
        return Values.SECRET_SHOWN;
      }
      text.append(shown(part));
    }
    return text.toString();
  }
}
