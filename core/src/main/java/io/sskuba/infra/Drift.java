package io.sskuba.infra;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One thing that is not as the engine's state left it: it was changed behind our back, or it is
/// what a lost answer made.
///
/// Values are as the engine shows them: a secret is a placeholder on both sides, so a changed one
/// does not show.
///
/// @param path of the property, `ingress[0].fromPort`; null unless `kind` is [Kind#CHANGED]
/// @param was what the state says, null when it had none
/// @param now what the provider says, null when there is none any more
public record Drift(
    Kind kind,
    String type,
    String name,
    @Nullable String path,
    @Nullable Object was,
    @Nullable Object now) {
  /// What a reader can take in; the resource is named in any case.
  private static final int PROPERTIES_MAX = 50;

  private static final int DEPTH_MAX = 64;
  private static final int VALUE_MAX = 120;

  /// How it differs.
  public enum Kind {
    CHANGED,
    GONE,
    /// There, by our tags, and not in the state.
    FOUND;

    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  public static Drift gone(String type, String name) {
    return new Drift(Kind.GONE, type, name, null, null, null);
  }

  public static Drift found(String type, String name) {
    return new Drift(Kind.FOUND, type, name, null, null, null);
  }

  /// A resource's changed properties, by path.
  /// - Limits: the first 50.
  public static List<Drift> changed(
      String type, String name, Map<String, ?> was, Map<String, ?> now) {
    List<Drift> found = new ArrayList<>();
    compare(type, name, "", was, now, found, 0);
    return List.copyOf(found);
  }

  private static void compare(
      String type,
      String name,
      String path,
      @Nullable Object was,
      @Nullable Object now,
      List<Drift> into,
      int depth) {
    if (same(was, now) || into.size() >= PROPERTIES_MAX) {
      return;
    }
    if (was instanceof Map<?, ?> a && now instanceof Map<?, ?> b && depth < DEPTH_MAX) {
      Set<Object> keys = new LinkedHashSet<>(a.keySet());
      keys.addAll(b.keySet());
      for (Object key : keys) {
        String step = String.valueOf(key);
        // The engine's own bookkeeping.
        if (!step.startsWith("__")) {
          compare(type, name, member(path, step), a.get(key), b.get(key), into, depth + 1);
        }
      }
    } else if (was instanceof List<?> a && now instanceof List<?> b && depth < DEPTH_MAX) {
      for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
        compare(
            type,
            name,
            path + "[" + i + "]",
            i < a.size() ? a.get(i) : null,
            i < b.size() ? b.get(i) : null,
            into,
            depth + 1);
      }
    } else {
      into.add(new Drift(Kind.CHANGED, type, name, path, was, now));
    }
  }

  /// As Pulumi writes property paths: steps that are no identifiers in brackets and quotes.
  private static String member(String path, String step) {
    if (!step.matches("[A-Za-z_$][A-Za-z0-9_$]*")) {
      return path + "[\"" + step.replace("\\", "\\\\").replace("\"", "\\\"") + "\"]";
    }
    return path.isEmpty() ? step : path + "." + step;
  }

  /// An engine may write 1 where the provider says 1.0, and nothing where it says an empty list.
  private static boolean same(@Nullable Object was, @Nullable Object now) {
    if (was instanceof Number a && now instanceof Number b) {
      return Double.compare(a.doubleValue(), b.doubleValue()) == 0;
    }
    return Objects.equals(was, now) || (nothing(was) && nothing(now));
  }

  private static boolean nothing(@Nullable Object value) {
    return value == null
        || (value instanceof Collection<?> list && list.isEmpty())
        || (value instanceof Map<?, ?> map && map.isEmpty());
  }

  /// `TYPE NAME`.
  public String resource() {
    return type + " " + name;
  }

  /// What happened to it, in one line: `tags.owner: was "ada", now nothing`.
  public String happened() {
    return switch (kind) {
      case GONE -> "gone";
      case FOUND -> "there, and not in the state";
      case CHANGED -> path + ": was " + shown(was) + ", now " + shown(now);
    };
  }

  private static String shown(@Nullable Object value) {
    String text =
        switch (value) {
          case null -> "nothing";
          case String word -> '"' + word + '"';
          default -> String.valueOf(value);
        };
    return text.length() > VALUE_MAX ? text.substring(0, VALUE_MAX) + "…" : text;
  }
}
