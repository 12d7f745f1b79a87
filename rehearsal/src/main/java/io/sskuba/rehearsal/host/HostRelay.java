package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Relays resource operations to the host process, which keeps the account of what exists.
/// - `{"op":"create","type":T,"id":ID,"inputs":{…}}` → `{"ok":true,"outputs":{…}}`; what exists
///   already under the id is adopted.
/// - `{"op":"read","type":T,"id":ID}` → `{"ok":true,"outputs":{…}}` or `{"ok":true,"gone":true}`.
/// - `{"op":"update","type":T,"id":ID,"inputs":{…}}` → `{"ok":true,"outputs":{…}}`.
/// - `{"op":"delete","type":T,"id":ID}` → `{"ok":true}`, also when it is gone.
/// - A refusal is `{"ok":false,"code":"SSK-…","error":TEXT}`.
/// - Errors: [Refused] for a refusal; `IOException` when the host does not answer.
public final class HostRelay {
  private final HostClient host;
  private final Duration limit;

  public HostRelay(HostClient host, Duration limit) {
    this.host = host;
    this.limit = limit;
  }

  public Map<String, Object> create(String type, String id, Map<String, Object> inputs)
      throws IOException, Refused {
    return outputs(call(request("create", type, id, inputs)));
  }

  public Map<String, Object> update(String type, String id, Map<String, Object> inputs)
      throws IOException, Refused {
    return outputs(call(request("update", type, id, inputs)));
  }

  /// Empty when the resource is gone.
  public Optional<Map<String, Object>> read(String type, String id) throws IOException, Refused {
    JsonNode reply = call(request("read", type, id, null));
    return reply.path("gone").asBoolean() ? Optional.empty() : Optional.of(outputs(reply));
  }

  public void delete(String type, String id) throws IOException, Refused {
    call(request("delete", type, id, null));
  }

  private static ObjectNode request(
      String op,
      String type,
      String id,
      @org.jspecify.annotations.Nullable Map<String, Object> inputs) {
    ObjectNode request = Json.object().put("op", op).put("type", type).put("id", id);
    if (inputs != null) {
      request.set("inputs", Json.MAPPER.valueToTree(inputs));
    }
    return request;
  }

  private JsonNode call(ObjectNode request) throws IOException, Refused {
    JsonNode reply = host.call(request, limit);
    if (!reply.path("ok").asBoolean()) {
      String code = reply.path("code").asText("");
      String text = reply.path("error").asText("the host process refused without a reason");
      throw new Refused(code.isEmpty() ? text : code + ": " + text);
    }
    return reply;
  }

  private static Map<String, Object> outputs(JsonNode reply) {
    Map<String, Object> out = new LinkedHashMap<>();
    reply
        .path("outputs")
        .properties()
        .forEach(e -> out.put(e.getKey(), Json.MAPPER.convertValue(e.getValue(), Object.class)));
    return out;
  }

  /// The host process answered and said no.
  public static final class Refused extends Exception {
    Refused(String text) {
      super(text);
    }
  }
}
