package io.sskuba.infra;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Machine configurations that go to machines as user data (`delivery: userData`): a plan says
/// where one belongs, and holds it only for as long as the engine runs with it.
///
/// A plan that is printed, kept or compared has placeholders, so that no key is in it.
public final class UserData {
  private static final String PREFIX = "sskuba:user-data:";

  private UserData() {}

  /// Where the configuration of a machine belongs: the value of an input, in base64 once filled in.
  public static InfraPlan.Secret of(String machine) {
    return of(machine, "");
  }

  /// The same with a text before it, for example `USERDATA=`.
  public static InfraPlan.Secret of(String machine, String before) {
    return new InfraPlan.Secret(before + PREFIX + machine);
  }

  /// Configurations as [#fill] takes them.
  public static Map<String, byte[]> bytes(Map<String, String> configs) {
    Map<String, byte[]> bytes = new LinkedHashMap<>();
    configs.forEach((name, text) -> bytes.put(name, text.getBytes(StandardCharsets.UTF_8)));
    return bytes;
  }

  /// The plan with the configurations in it.
  /// - Errors: `IllegalArgumentException` when one is missing.
  ///
  /// @param configs machine name to the bytes of its configuration
  public static InfraPlan fill(InfraPlan plan, Map<String, byte[]> configs) {
    return fill(plan, new Filling(configs, false));
  }

  /// The plan with the configurations that are known in it; placeholders stay where one is not.
  public static InfraPlan fillKnown(InfraPlan plan, Map<String, byte[]> configs) {
    return fill(plan, new Filling(configs, true));
  }

  /// @param lenient leaves a placeholder where there is no configuration
  private record Filling(Map<String, byte[]> configs, boolean lenient) {}

  private static InfraPlan fill(InfraPlan plan, Filling filling) {
    List<InfraPlan.Resource> resources = new ArrayList<>();
    for (InfraPlan.Resource resource : plan.resources()) {
      Map<String, Object> inputs = new LinkedHashMap<>();
      resource.inputs().forEach((name, value) -> inputs.put(name, filled(value, filling, false)));
      resources.add(
          new InfraPlan.Resource(resource.type(), resource.name(), inputs, resource.dependsOn()));
    }
    return new InfraPlan(resources, plan.outputs());
  }

  /// @param secret whether the value lies in a secret: placeholders stand nowhere else
  private static Object filled(Object value, Filling filling, boolean secret) {
    return switch (value) {
      case InfraPlan.Secret whole -> new InfraPlan.Secret(filled(whole.value(), filling, true));
      case String text when secret && text.contains(PREFIX) -> encoded(text, filling);
      case Map<?, ?> map -> {
        Map<String, Object> out = new LinkedHashMap<>();
        map.forEach((k, v) -> out.put(String.valueOf(k), filled(v, filling, secret)));
        yield out;
      }
      case List<?> list -> {
        List<Object> out = new ArrayList<>();
        list.forEach(item -> out.add(filled(item, filling, secret)));
        yield out;
      }
      default -> value;
    };
  }

  private static String encoded(String text, Filling filling) {
    int at = text.indexOf(PREFIX);
    String machine = text.substring(at + PREFIX.length());
    byte @Nullable [] config = filling.configs().get(machine);
    if (config == null) {
      if (filling.lenient()) {
        return text;
      }
      throw new IllegalArgumentException("no configuration of machine " + machine);
    }
    return text.substring(0, at)
        + new String(Base64.getEncoder().encode(config), StandardCharsets.US_ASCII);
  }
}
