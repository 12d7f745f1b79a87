package io.sskuba.spec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// YAML nodes as plain values.
final class Nodes {
  /// Longer numbers are no numbers anybody means, and parsing them is quadratic.
  private static final int DIGITS_MAX = 40;

  private Nodes() {}

  static Position at(Node node) {
    return Position.of(node.getStartMark());
  }

  /// What a node is, in words: `text`, `a number`, …
  static String kind(Node node) {
    if (node instanceof MappingNode) {
      return "a mapping";
    }
    if (node instanceof SequenceNode) {
      return "a list";
    }
    Tag tag = node.getTag();
    if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      return "a number";
    }
    if (tag.equals(Tag.BOOL)) {
      return "true or false";
    }
    return tag.equals(Tag.NULL) ? "empty" : "text";
  }

  static @Nullable String text(Node node) {
    return node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.STR)
        ? scalar.getValue()
        : null;
  }

  /// The whole number, or null when it is none or does not fit.
  static @Nullable Integer whole(Node node) {
    return node instanceof ScalarNode scalar
            && scalar.getTag().equals(Tag.INT)
            && number(scalar) instanceof Integer n
        ? n
        : null;
  }

  static @Nullable Boolean flag(Node node) {
    return node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)
        ? Boolean.valueOf(scalar.getValue().equalsIgnoreCase("true"))
        : null;
  }

  /// Maps, lists and scalars that JSON can carry. Whatever it cannot (`.nan`, keys that are no
  /// scalars, a key twice) becomes an issue and null.
  static @Nullable Object plain(Node node, Issues issues) {
    return switch (node) {
      case MappingNode mapping -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
          if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            issues.add(at(tuple.getKeyNode()), "a key is " + kind(tuple.getKeyNode()), "text");
            continue;
          }
          if (map.containsKey(key.getValue())) {
            issues.add(at(key), "key " + Issues.quote(key.getValue()) + " stands here twice");
            continue;
          }
          map.put(key.getValue(), plain(tuple.getValueNode(), issues));
        }
        yield map;
      }
      case SequenceNode sequence -> {
        List<@Nullable Object> list = new ArrayList<>();
        for (Node item : sequence.getValue()) {
          list.add(plain(item, issues));
        }
        yield list;
      }
      case ScalarNode scalar -> scalar(scalar, issues);
      default -> throw new IllegalStateException("a composed node is one of three kinds");
    };
  }

  private static @Nullable Object scalar(ScalarNode scalar, Issues issues) {
    Tag tag = scalar.getTag();
    if (tag.equals(Tag.NULL)) {
      return null;
    }
    if (tag.equals(Tag.BOOL)) {
      return flag(scalar);
    }
    if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      Number number = number(scalar);
      if (number == null) {
        issues.add(at(scalar), "the number is out of range", "a finite number of usual size");
      }
      return number;
    }
    return scalar.getValue();
  }

  /// YAML 1.2.2 §10.3: decimal, `0o` octal, `0x` hexadecimal, floats. Null when it does not fit.
  private static @Nullable Number number(ScalarNode scalar) {
    String text = scalar.getValue();
    if (text.length() > DIGITS_MAX) {
      return null;
    }
    try {
      if (scalar.getTag().equals(Tag.FLOAT)) {
        double value = new BigDecimal(text).doubleValue();
        return Double.isInfinite(value) ? null : value;
      }
      BigInteger value =
          text.startsWith("0o")
              ? new BigInteger(text.substring(2), 8)
              : text.startsWith("0x")
                  ? new BigInteger(text.substring(2), 16)
                  : new BigInteger(text);
      if (value.bitLength() < 32) {
        return value.intValue();
      }
      return value.bitLength() < 64 ? value.longValue() : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
