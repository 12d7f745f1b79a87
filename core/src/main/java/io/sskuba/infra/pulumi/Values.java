package io.sskuba.infra.pulumi;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.sskuba.infra.InfraPlan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Plain Java values to and from Pulumi's property values.
/// - Source: the engine's `sdk/go/common/resource/plugin/rpc.go` (signatures, unknown sentinels).
public final class Values {
  /// Key that marks an object as a special value.
  static final String SIGNATURE = "4dabf18193072939515e22adb298388d";

  static final String SECRET = "1b47061264138c4ac30d75fd1eb44270";

  /// The sentinel for a string that is not known before the change is made; others exist for other
  /// types, this one stands for any.
  static final String UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

  /// What a reader sees in place of a secret or a value that is not known yet.
  public static final String SECRET_SHOWN = "[secret]";

  public static final String UNKNOWN_SHOWN = "[known after apply]";

  private static final int DEPTH_MAX = 64;

  private Values() {}

  static Value unknown() {
    return Value.newBuilder().setStringValue(UNKNOWN).build();
  }

  static Value secret(Value value) {
    if (isSecret(value)) {
      return value;
    }
    return Value.newBuilder()
        .setStructValue(
            Struct.newBuilder()
                .putFields(SIGNATURE, Value.newBuilder().setStringValue(SECRET).build())
                .putFields("value", value))
        .build();
  }

  static boolean isSecret(Value value) {
    return value.hasStructValue()
        && SECRET.equals(
            value
                .getStructValue()
                .getFieldsOrDefault(SIGNATURE, Value.getDefaultInstance())
                .getStringValue());
  }

  static boolean isUnknown(Value value) {
    return value.hasStringValue() && value.getStringValue().equals(UNKNOWN);
  }

  /// A plain value, with references resolved by `refs`.
  static Value of(@Nullable Object value, Function<InfraPlan.Ref, Value> refs) {
    return of(value, refs, 0);
  }

  private static Value of(@Nullable Object value, Function<InfraPlan.Ref, Value> refs, int depth) {
    if (depth > DEPTH_MAX) {
      throw new IllegalArgumentException("input nested deeper than " + DEPTH_MAX);
    }
    return switch (value) {
      case null -> Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();
      case String text -> Value.newBuilder().setStringValue(text).build();
      case Boolean flag -> Value.newBuilder().setBoolValue(flag).build();
      case Number number -> Value.newBuilder().setNumberValue(number.doubleValue()).build();
      case InfraPlan.Ref ref -> refs.apply(ref);
      case InfraPlan.Secret secret -> secret(of(secret.value(), refs, depth + 1));
      case InfraPlan.Concat concat -> concat(concat, refs, depth + 1);
      case InfraPlan.Lookup lookup ->
          throw new IllegalArgumentException(
              lookup.property()
                  + " of "
                  + lookup.function()
                  + " was not looked up before the plan was run");
      case List<?> list -> {
        ListValue.Builder out = ListValue.newBuilder();
        for (Object item : list) {
          out.addValues(of(item, refs, depth + 1));
        }
        yield Value.newBuilder().setListValue(out).build();
      }
      case Map<?, ?> map -> {
        Struct.Builder out = Struct.newBuilder();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.putFields(String.valueOf(entry.getKey()), of(entry.getValue(), refs, depth + 1));
        }
        yield Value.newBuilder().setStructValue(out).build();
      }
      default ->
          throw new IllegalArgumentException("not a plan value: " + value.getClass().getName());
    };
  }

  /// One part that is unknown or secret makes the whole text so.
  private static Value concat(
      InfraPlan.Concat concat, Function<InfraPlan.Ref, Value> refs, int depth) {
    StringBuilder text = new StringBuilder();
    boolean unknown = false;
    boolean secret = false;
    for (Object part : concat.parts()) {
      Value value = of(part, refs, depth);
      if (isSecret(value)) {
        secret = true;
        value = value.getStructValue().getFieldsOrDefault("value", Value.getDefaultInstance());
      }
      unknown |= isUnknown(value);
      text.append(plain(value));
    }
    Value whole = unknown ? unknown() : Value.newBuilder().setStringValue(text.toString()).build();
    return secret ? secret(whole) : whole;
  }

  /// A struct of plain values without references, for providers.
  public static Struct struct(Map<String, ?> values) {
    Value value =
        of(
            values,
            ref -> {
              throw new IllegalArgumentException("a reference where none can be resolved");
            });
    return value.getStructValue();
  }

  /// Plain values of a struct; secrets are unwrapped, unknowns become [#UNKNOWN_SHOWN].
  public static Map<String, Object> plain(Struct struct) {
    Map<String, Object> out = new LinkedHashMap<>();
    struct.getFieldsMap().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> {
              Object value = plain(entry.getValue());
              if (value != null) {
                out.put(entry.getKey(), value);
              }
            });
    return out;
  }

  static @Nullable Object plain(Value value) {
    if (isSecret(value)) {
      return plain(value.getStructValue().getFieldsOrDefault("value", Value.getDefaultInstance()));
    }
    return switch (value.getKindCase()) {
      case STRING_VALUE -> isUnknown(value) ? UNKNOWN_SHOWN : value.getStringValue();
      case BOOL_VALUE -> value.getBoolValue();
      case NUMBER_VALUE -> number(value.getNumberValue());
      case LIST_VALUE -> {
        List<Object> out = new ArrayList<>();
        for (Value item : value.getListValue().getValuesList()) {
          Object plain = plain(item);
          if (plain != null) {
            out.add(plain);
          }
        }
        yield Collections.unmodifiableList(out);
      }
      case STRUCT_VALUE -> plain(value.getStructValue());
      default -> null;
    };
  }

  private static Number number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 9.0e15) {
      return (long) value;
    }
    return value;
  }

  /// Follows a path such as `status.addresses[0].ip` into outputs. A secret on the way makes the
  /// result secret; an unknown makes it unknown. Null when there is nothing at the path.
  static @Nullable Value at(Struct outputs, String path) {
    Value value = Value.newBuilder().setStructValue(outputs).build();
    boolean secret = false;
    for (String step : steps(path)) {
      if (isSecret(value)) {
        secret = true;
        value = value.getStructValue().getFieldsOrDefault("value", Value.getDefaultInstance());
      }
      if (isUnknown(value)) {
        break;
      }
      Value next = null;
      if (value.hasStructValue()) {
        next = value.getStructValue().getFieldsMap().get(step);
      } else if (value.hasListValue() && step.matches("[0-9]{1,6}")) {
        int index = Integer.parseInt(step);
        next =
            index < value.getListValue().getValuesCount()
                ? value.getListValue().getValues(index)
                : null;
      }
      if (next == null) {
        return null;
      }
      value = next;
    }
    return secret ? secret(value) : value;
  }

  /// `a.b[0]["c.d"]` as its steps.
  public static List<String> steps(String path) {
    List<String> out = new ArrayList<>();
    int at = 0;
    while (at < path.length()) {
      char c = path.charAt(at);
      if (c == '.') {
        at++;
      } else if (c == '[') {
        int end = path.startsWith("[\"", at) ? path.indexOf("\"]", at + 2) : path.indexOf(']', at);
        if (end < 0) {
          throw new IllegalArgumentException("not a property path: " + path);
        }
        boolean quoted = path.charAt(at + 1) == '"';
        out.add(path.substring(at + (quoted ? 2 : 1), end));
        at = end + (quoted ? 2 : 1);
      } else {
        int end = at;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
          end++;
        }
        out.add(path.substring(at, end));
        at = end;
      }
    }
    return out;
  }
}
