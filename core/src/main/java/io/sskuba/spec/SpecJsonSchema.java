package io.sskuba.spec;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec.Provider;
import java.util.List;
import java.util.function.Predicate;

/// The JSON Schema (draft 2020-12) of the cluster file, made from its one description, for editors
/// and other tools.
///
/// It accepts every file that the reader accepts. Rules between keys, and the parts of a form that
/// no pattern can say, are the reader's alone.
public final class SpecJsonSchema {
  private SpecJsonSchema() {}

  /// The schema; the same on every call.
  public static ObjectNode generate() {
    ObjectNode schema = Json.object();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", "sskuba cluster file, " + SpecSchema.API_VERSION);
    schema.setAll(fields(SpecSchema.ROOT.keys()));
    providers(schema);
    ObjectNode definitions = schema.putObject("$defs");
    definitions.set("secret", secret());
    definitions.set("credential", credential());
    return schema;
  }

  private static ObjectNode fields(List<SpecKey> keys) {
    ObjectNode schema = typed("object");
    schema.put("additionalProperties", false);
    ArrayNode required = Json.MAPPER.createArrayNode();
    ObjectNode properties = schema.putObject("properties");
    for (SpecKey key : keys) {
      ObjectNode property = shape(key.shape());
      property.put("description", description(key));
      properties.set(key.name(), property);
      if (key.required()) {
        required.add(key.name());
      }
    }
    if (!required.isEmpty()) {
      schema.set("required", required);
    }
    return schema;
  }

  private static String description(SpecKey key) {
    String fallback = key.fallback();
    return fallback == null ? key.doc() : key.doc() + " Default: " + fallback + ".";
  }

  private static ObjectNode typed(String type) {
    return Json.object().put("type", type);
  }

  private static ObjectNode shape(Shape shape) {
    return switch (shape) {
      case Shape.Text text -> text(text.form());
      case Shape.Word word -> {
        ObjectNode schema = typed("string");
        word.words().forEach(schema.putArray("enum")::add);
        yield schema;
      }
      case Shape.Whole whole -> {
        ObjectNode schema = typed("integer");
        if (whole.only().isEmpty()) {
          schema.put("minimum", whole.min()).put("maximum", whole.max());
        } else {
          whole.only().forEach(schema.putArray("enum")::add);
        }
        yield schema;
      }
      case Shape.Flag _ -> typed("boolean");
      case Shape.TextList list -> {
        ObjectNode array = array(text(list.form()), list.sizeMin(), list.sizeMax());
        if (!list.orOne()) {
          yield array;
        }
        ObjectNode either = Json.object();
        either.putArray("anyOf").add(text(list.form())).add(array);
        yield either;
      }
      case Shape.WholeList list ->
          array(
              typed("integer").put("minimum", list.min()).put("maximum", list.max()),
              0,
              list.sizeMax());
      case Shape.TextMap map -> {
        ObjectNode schema = typed("object").put("maxProperties", map.sizeMax());
        schema.set("propertyNames", text(map.key()));
        schema.set("additionalProperties", text(map.value()));
        yield schema;
      }
      case Shape.Fields fields -> fields(fields.keys());
      case Shape.FieldsList list -> array(fields(list.item().keys()), 0, list.sizeMax());
      case Shape.Secret _ -> Json.object().put("$ref", "#/$defs/secret");
      case Shape.Login _ -> Json.object().put("$ref", "#/$defs/credential");
      case Shape.Patches patches -> {
        ObjectNode either = Json.object();
        either
            .putArray("anyOf")
            .add(text(Form.FILE_PATH))
            .add(typed("object").put("minProperties", 1));
        yield array(either, 0, patches.sizeMax());
      }
      case Shape.Disk disk -> {
        ObjectNode either = Json.object();
        either.putArray("anyOf").add(fields(disk.size().keys())).add(text(Form.DEVICE));
        yield either;
      }
      case Shape.Options options -> {
        ObjectNode schema = fields(List.of(options.tool()));
        schema.putObject("additionalProperties").putObject("not").put("type", "null");
        yield schema;
      }
      case Shape.Reserved _ -> {
        ObjectNode schema = Json.object();
        schema.putObject("not");
        yield schema;
      }
    };
  }

  private static ObjectNode array(ObjectNode items, int sizeMin, int sizeMax) {
    ObjectNode schema = typed("array");
    schema.set("items", items);
    if (sizeMin > 0) {
      schema.put("minItems", sizeMin);
    }
    return schema.put("maxItems", sizeMax);
  }

  private static ObjectNode text(Form form) {
    return typed("string")
        .put("pattern", "^(?:" + form.pattern() + ")$")
        .put("maxLength", form.lengthMax());
  }

  /// What a provider needs and what it does not have, as one condition for each.
  private static void providers(ObjectNode schema) {
    ArrayNode conditions = schema.putArray("allOf");
    for (Provider provider : Provider.values()) {
      ObjectNode condition = conditions.addObject();
      ObjectNode when = condition.putObject("if");
      when.putArray("required").add("target");
      ObjectNode target = when.putObject("properties").putObject("target");
      target.putArray("required").add("provider");
      target.putObject("properties").putObject("provider").put("const", provider.word());
      condition.set("then", narrowed(SpecSchema.ROOT.keys(), provider));
    }
  }

  /// Only what differs for `provider` below these keys; empty when nothing does.
  private static ObjectNode narrowed(List<SpecKey> keys, Provider provider) {
    ObjectNode schema = Json.object();
    ObjectNode properties = Json.object();
    for (SpecKey key : keys) {
      if (!key.allowedOn(provider)) {
        properties.put(key.name(), false);
        continue;
      }
      ObjectNode below = below(key, provider);
      if (!below.isEmpty()) {
        properties.set(key.name(), below);
      }
    }
    if (!properties.isEmpty()) {
      schema.set("properties", properties);
    }
    Predicate<SpecKey> needed = k -> !k.required() && k.isNeededOn(provider);
    if (keys.stream().anyMatch(needed)) {
      ArrayNode required = schema.putArray("required");
      keys.stream().filter(needed).map(SpecKey::name).forEach(required::add);
    }
    return schema;
  }

  private static ObjectNode below(SpecKey key, Provider provider) {
    return switch (key.shape()) {
      case Shape.Fields fields -> narrowed(fields.keys(), provider);
      case Shape.FieldsList list -> {
        ObjectNode item = narrowed(list.item().keys(), provider);
        ObjectNode schema = Json.object();
        if (!item.isEmpty()) {
          schema.set("items", item);
        }
        yield schema;
      }
      case Shape.Disk _ -> typed(provider == Provider.METAL ? "string" : "object");
      default -> Json.object();
    };
  }

  private static ObjectNode only(String key, ObjectNode value) {
    ObjectNode schema = typed("object").put("additionalProperties", false);
    schema.putArray("required").add(key);
    schema.putObject("properties").set(key, value);
    return schema;
  }

  private static ObjectNode all(String... keysAndForms) {
    ObjectNode schema = typed("object").put("additionalProperties", false);
    ArrayNode required = schema.putArray("required");
    ObjectNode properties = schema.putObject("properties");
    for (int i = 0; i < keysAndForms.length; i += 2) {
      required.add(keysAndForms[i]);
      properties.set(keysAndForms[i], text(Form.valueOf(keysAndForms[i + 1])));
    }
    return schema;
  }

  private static ObjectNode secret() {
    ObjectNode schema = Json.object();
    schema.put("description", "Where a secret is, never what it is.");
    schema
        .putArray("oneOf")
        .add(only("env", text(Form.ENV_NAME)))
        .add(only("file", text(Form.FILE_PATH)))
        .add(only("exec", array(text(Form.ARGUMENT), 1, SecretReader.ARGV_MAX)))
        .add(only("vault", all("path", "SECRET_PATH", "key", "SECRET_NAME")))
        .add(only("awsSecretsManager", text(Form.SECRET_NAME)))
        .add(only("azureKeyVault", all("vault", "NAME", "name", "SECRET_NAME")));
    return schema;
  }

  private static ObjectNode credential() {
    ObjectNode schema = Json.object();
    schema.put(
        "description",
        "A user name and password: two references, one whose value is JSON with both, or two keys"
            + " of one Vault secret.");
    ObjectNode pair = typed("object").put("additionalProperties", false);
    pair.putArray("required").add("username").add("password");
    ObjectNode properties = pair.putObject("properties");
    properties.putObject("username").put("$ref", "#/$defs/secret");
    properties.putObject("password").put("$ref", "#/$defs/secret");
    ObjectNode keys =
        only(
            "vault",
            all("path", "SECRET_PATH", "usernameKey", "SECRET_NAME", "passwordKey", "SECRET_NAME"));
    schema.putArray("oneOf").add(pair).add(Json.object().put("$ref", "#/$defs/secret")).add(keys);
    return schema;
  }
}
