package io.sskuba.spec;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.io.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// JSON Schema 2020-12 for the keywords that ours uses; any other keyword fails the test.
final class SchemaChecker {
  private static final Set<String> ANNOTATIONS =
      Set.of("$schema", "title", "description", "$defs", "then");
  private final JsonNode root = SpecJsonSchema.generate();
  private final List<String> wrong = new ArrayList<>();

  static List<String> check(String yaml) {
    SchemaChecker checker = new SchemaChecker();
    checker.check(checker.root, Json.MAPPER.valueToTree(Yaml.load(yaml)), "");
    return checker.wrong;
  }

  private boolean accepts(JsonNode schema, JsonNode value) {
    SchemaChecker inner = new SchemaChecker();
    inner.check(schema, value, "");
    return inner.wrong.isEmpty();
  }

  private void check(JsonNode schema, JsonNode value, String at) {
    if (schema.isBoolean()) {
      require(schema.asBoolean(), at, "nothing is allowed here");
      return;
    }
    for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
      keyword(keyword.getKey(), keyword.getValue(), schema, value, at);
    }
  }

  private void require(boolean right, String at, String message) {
    if (!right) {
      wrong.add(at + ": " + message);
    }
  }

  private void keyword(String name, JsonNode rule, JsonNode schema, JsonNode value, String at) {
    switch (name) {
      case "$ref" -> check(root.at(rule.asText().substring(1)), value, at);
      case "type" -> require(isType(rule.asText(), value), at, "not " + rule.asText());
      case "const" -> require(rule.equals(value), at, "not " + rule);
      case "enum" -> require(contains(rule, value), at, "not in " + rule);
      case "pattern" ->
          require(
              !value.isTextual() || Pattern.compile(rule.asText()).matcher(value.asText()).find(),
              at,
              "not " + rule);
      case "maxLength" ->
          require(
              !value.isTextual()
                  || value.asText().codePointCount(0, value.asText().length()) <= rule.asInt(),
              at,
              "too long");
      case "minimum" -> require(!value.isNumber() || value.asLong() >= rule.asLong(), at, "small");
      case "maximum" -> require(!value.isNumber() || value.asLong() <= rule.asLong(), at, "large");
      case "minItems" -> require(!value.isArray() || value.size() >= rule.asInt(), at, "few");
      case "maxItems" -> require(!value.isArray() || value.size() <= rule.asInt(), at, "many");
      case "minProperties" -> require(!value.isObject() || value.size() >= rule.asInt(), at, "few");
      case "maxProperties" ->
          require(!value.isObject() || value.size() <= rule.asInt(), at, "many");
      case "required" ->
          rule.forEach(k -> require(!value.isObject() || value.has(k.asText()), at, "lacks " + k));
      case "items" ->
          value.forEach(
              item -> {
                if (value.isArray()) check(rule, item, at + "[]");
              });
      case "properties", "additionalProperties", "propertyNames" ->
          object(name, rule, schema, value, at);
      case "not" -> require(!accepts(rule, value), at, "not allowed");
      case "allOf" -> rule.forEach(part -> check(part, value, at));
      case "anyOf" -> require(matching(rule, value) > 0, at, "none of the alternatives");
      case "oneOf" -> require(matching(rule, value) == 1, at, "not one of the alternatives");
      case "if" -> {
        if (accepts(rule, value)) {
          check(schema.path("then"), value, at);
        }
      }
      default -> {
        if (!ANNOTATIONS.contains(name)) {
          throw new AssertionError("the checker lacks the keyword " + name);
        }
      }
    }
  }

  private void object(String name, JsonNode rule, JsonNode schema, JsonNode value, String at) {
    if (!value.isObject()) {
      return;
    }
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      String path = at + "/" + entry.getKey();
      boolean known = schema.path("properties").has(entry.getKey());
      switch (name) {
        case "properties" -> {
          if (known) {
            check(rule.get(entry.getKey()), entry.getValue(), path);
          }
        }
        case "additionalProperties" -> {
          if (!known) {
            check(rule, entry.getValue(), path);
          }
        }
        default -> check(rule, Json.MAPPER.getNodeFactory().textNode(entry.getKey()), path);
      }
    }
  }

  private int matching(JsonNode rules, JsonNode value) {
    int matching = 0;
    for (JsonNode rule : rules) {
      matching += accepts(rule, value) ? 1 : 0;
    }
    return matching;
  }

  private static boolean contains(JsonNode list, JsonNode value) {
    for (JsonNode item : list) {
      if (item.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isType(String type, JsonNode value) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "boolean" -> value.isBoolean();
      case "null" -> value.isNull();
      default -> throw new AssertionError("the checker lacks the type " + type);
    };
  }
}
