package io.sskuba.state;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A cluster's record as JSON, mapped by hand: its form is part of what other releases read.
public final class ClusterRecordJson {
  private static final Set<String> STATES =
      Set.of("absent", "creating", "ready", "degraded", "failed", "deleting", "deleted", "parked");

  private ClusterRecordJson() {}

  /// Thrown for JSON that is no record of a format that we know.
  static final class MalformedRecord extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedRecord(String message) {
      super(message);
    }

    MalformedRecord(String message, Throwable cause) {
      super(message, cause);
    }
  }

  public static ObjectNode toJson(ClusterRecord record) {
    ObjectNode node = Json.object();
    node.put("format", record.format());
    node.put("key", record.key());
    node.put("clusterId", record.clusterId());
    node.put("name", record.name());
    node.put("fqdn", record.fqdn());
    node.put("rehearsal", record.rehearsal());
    node.put("target", record.target());
    node.put("state", record.state());
    putIfPresent(node, "phase", record.phase());
    putIfPresent(node, "owner", record.owner());
    node.put("createdAt", record.createdAt().toString());
    putIfPresent(node, "expiresAt", record.expiresAt());
    putIfPresent(node, "endpoint", record.endpoint());
    node.set("spec", record.spec());
    node.set("details", record.details());
    if (record.problem() != null) {
      node.set("problem", record.problem());
    }
    return node;
  }

  /// The version of the format, read before anything else; a newer one may mean everything else
  /// differently.
  static int format(JsonNode node) throws MalformedRecord {
    JsonNode format = node.get("format");
    if (format == null || !format.isInt() || format.intValue() < 1) {
      throw new MalformedRecord("it has no format number");
    }
    return format.intValue();
  }

  /// Errors: [MalformedRecord] naming the first field that is missing or of the wrong kind.
  static ClusterRecord fromJson(JsonNode node) throws MalformedRecord {
    String state = text(node, "state");
    if (!STATES.contains(state)) {
      throw new MalformedRecord("its field state holds no state that we know");
    }
    Instant expiresAt = node.hasNonNull("expiresAt") ? instant(node, "expiresAt") : null;
    return new ClusterRecord(
        format(node),
        text(node, "key"),
        text(node, "clusterId"),
        text(node, "name"),
        text(node, "fqdn"),
        flag(node, "rehearsal"),
        text(node, "target"),
        state,
        optionalText(node, "phase"),
        optionalText(node, "owner"),
        instant(node, "createdAt"),
        expiresAt,
        optionalText(node, "endpoint"),
        object(node, "spec"),
        object(node, "details"),
        node.hasNonNull("problem") ? object(node, "problem") : null);
  }

  private static void putIfPresent(ObjectNode node, String field, @Nullable Object value) {
    if (value != null) {
      node.put(field, value.toString());
    }
  }

  private static String text(JsonNode node, String field) throws MalformedRecord {
    JsonNode value = node.get(field);
    if (value == null || !value.isTextual()) {
      throw new MalformedRecord("its field " + field + " is missing or no text");
    }
    return value.textValue();
  }

  private static @Nullable String optionalText(JsonNode node, String field) throws MalformedRecord {
    return node.hasNonNull(field) ? text(node, field) : null;
  }

  private static boolean flag(JsonNode node, String field) throws MalformedRecord {
    JsonNode value = node.get(field);
    if (value == null || !value.isBoolean()) {
      throw new MalformedRecord("its field " + field + " is missing or not true or false");
    }
    return value.booleanValue();
  }

  private static ObjectNode object(JsonNode node, String field) throws MalformedRecord {
    if (node.get(field) instanceof ObjectNode object) {
      return object;
    }
    throw new MalformedRecord("its field " + field + " is missing or no object");
  }

  private static Instant instant(JsonNode node, String field) throws MalformedRecord {
    try {
      return Instant.parse(text(node, field));
    } catch (DateTimeException e) {
      throw new MalformedRecord("its field " + field + " is no instant", e);
    }
  }
}
