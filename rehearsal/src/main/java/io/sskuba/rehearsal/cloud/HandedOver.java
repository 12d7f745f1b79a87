package io.sskuba.rehearsal.cloud;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A machine's user data on its way from the engine to the simulated machine. It holds keys, so the
/// simulated account, which is a file, has only its digest.
///
/// @param base64 as it stands in the resource's inputs
/// @param config what it says
record HandedOver(String base64, String config) {

  /// Empty for a text that is no user data, such as the placeholder of a plan that is not filled.
  static Optional<HandedOver> of(String base64) {
    if (base64.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new HandedOver(
              base64, new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private String digest() {
    try {
      return "sha256:"
          + HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-256")
                      .digest(config.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Inputs with the digest in its place, wherever it stands in them.
  Map<String, Object> masked(Map<String, Object> inputs) {
    return map(inputs, base64, digest());
  }

  /// The inputs that an account holds, with the text that the engine knows in its place. Another
  /// digest stays, and shows as a difference.
  Map<String, Object> unmasked(Map<String, Object> held) {
    return map(held, digest(), base64);
  }

  private static Map<String, Object> map(Map<?, ?> map, String from, String to) {
    Map<String, Object> out = new LinkedHashMap<>();
    map.forEach((k, v) -> out.put(String.valueOf(k), value(v, from, to)));
    return out;
  }

  private static Object value(Object value, String from, String to) {
    return switch (value) {
      case String text -> text.replace(from, to);
      case Map<?, ?> map -> map(map, from, to);
      case List<?> list -> {
        List<Object> out = new ArrayList<>();
        list.forEach(item -> out.add(value(item, from, to)));
        yield out;
      }
      default -> value;
    };
  }

  @Override
  public String toString() {
    return "HandedOver[hidden]";
  }
}
