package io.sskuba.secret;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// JSON in its one canonical form (RFC 8785), so that equal documents have equal digests.
/// - Limits: 1,000 levels deep.
/// - Errors: `IllegalArgumentException` for what has no canonical form: numbers that a double
///   cannot hold exactly or that are not finite, and text that is no Unicode.
public final class CanonicalJson {
  private static final int MAX_DEPTH = 1_000;
  private static final BigInteger EXACT = BigInteger.TWO.pow(53);

  private CanonicalJson() {}

  public static byte[] bytes(JsonNode node) {
    StringBuilder out = new StringBuilder();
    write(node, out, 0);
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void write(JsonNode node, StringBuilder out, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("JSON of more than 1,000 levels");
    }
    switch (node.getNodeType()) {
      case OBJECT -> writeObject(node, out, depth);
      case ARRAY -> {
        out.append('[');
        for (int i = 0; i < node.size(); i++) {
          out.append(i == 0 ? "" : ",");
          write(node.get(i), out, depth + 1);
        }
        out.append(']');
      }
      case STRING -> writeText(node.textValue(), out);
      case NUMBER -> writeNumber(node, out);
      case BOOLEAN -> out.append(node.booleanValue());
      case NULL -> out.append("null");
      default -> throw new IllegalArgumentException("not a JSON value: " + node.getNodeType());
    }
  }

  /// Names are sorted by their UTF-16 code units, which is how Java compares strings.
  private static void writeObject(JsonNode node, StringBuilder out, int depth) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    names.sort(String::compareTo);
    out.append('{');
    for (int i = 0; i < names.size(); i++) {
      out.append(i == 0 ? "" : ",");
      writeText(names.get(i), out);
      out.append(':');
      write(node.get(names.get(i)), out, depth + 1);
    }
    out.append('}');
  }

  private static void writeText(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\f' -> out.append("\\f");
        case '\r' -> out.append("\\r");
        default -> {
          if (c < 0x20) {
            out.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
          } else if (Character.isSurrogate(c)) {
            if (!Character.isHighSurrogate(c)
                || i + 1 == text.length()
                || !Character.isLowSurrogate(text.charAt(i + 1))) {
              throw new IllegalArgumentException("text with half a surrogate pair");
            }
            out.append(c).append(text.charAt(++i));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static void writeNumber(JsonNode node, StringBuilder out) {
    if (node.isIntegralNumber()) {
      BigInteger value = node.bigIntegerValue();
      if (value.abs().compareTo(EXACT) > 0) {
        throw new IllegalArgumentException("a number that a double cannot hold exactly");
      }
      out.append(value);
      return;
    }
    out.append(number(node.doubleValue()));
  }

  /// A double as ECMAScript writes it (Number::toString).
  static String number(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("a number that is not finite");
    }
    if (value == 0) {
      return "0"; // -0 too
    }
    BigDecimal shortest = shortest(Math.abs(value));
    String digits = shortest.unscaledValue().toString();
    int point = digits.length() - shortest.scale(); // digits before the decimal point
    String sign = value < 0 ? "-" : "";
    if (digits.length() <= point && point <= 21) {
      return sign + digits + "0".repeat(point - digits.length());
    }
    if (point > 0 && point <= 21) {
      return sign + digits.substring(0, point) + "." + digits.substring(point);
    }
    if (point > -6 && point <= 0) {
      return sign + "0." + "0".repeat(-point) + digits;
    }
    int exponent = point - 1;
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + Math.abs(exponent);
  }

  /// The shortest decimal that is read back as `value`. Java's own is that, but for never being
  /// shorter than two digits: the smallest double is `4.9E-324` there, and `5e-324` here.
  private static BigDecimal shortest(double value) {
    BigDecimal java = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (java.precision() == 2) {
      BigDecimal one = java.round(new MathContext(1, RoundingMode.HALF_EVEN)).stripTrailingZeros();
      if (one.doubleValue() == value) {
        return one;
      }
    }
    return java;
  }
}
