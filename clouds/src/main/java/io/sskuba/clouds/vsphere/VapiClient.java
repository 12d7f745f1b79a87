package io.sskuba.clouds.vsphere;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.clouds.OwnServer;
import io.sskuba.clouds.vsphere.VsphereFailure.Kind;
import io.sskuba.io.Json;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The Automation API (REST, `/rest/com/vmware/…`) of a vCenter: tags and the content library,
/// which the vSphere API does not have. It is what the providers' plugin speaks too.
///
/// A session is opened with the first call and once more when the vCenter ended it (5 min idle).
/// - Errors: [VsphereFailure], [OwnServer.Unreachable].
final class VapiClient implements AutoCloseable {
  private static final String BASE = "/rest/com/vmware/";
  private static final String SESSION = "vmware-api-session-id";

  private final OwnServer server;
  private final Supplier<VimClient.Login> login;
  private @Nullable String session;

  /// Why nobody is let in: it is not tried again, or many questions at once would lock the user
  /// out.
  private @Nullable RuntimeException closed;

  VapiClient(OwnServer server, Supplier<VimClient.Login> login) {
    this.server = server;
    this.login = login;
  }

  private synchronized String session() {
    String open = session;
    if (open == null) {
      RuntimeException before = closed;
      if (before != null) {
        throw before;
      }
      try {
        open = opened();
      } catch (RuntimeException e) {
        closed = e;
        throw e;
      }
      session = open;
    }
    return open;
  }

  private String opened() {
    VimClient.Login who = login.get();
    String basic =
        Base64.getEncoder()
            .encodeToString((who.user() + ":" + who.password()).getBytes(StandardCharsets.UTF_8));
    OwnServer.Answer answer =
        server.send("POST", BASE + "cis/session", Map.of("Authorization", "Basic " + basic), null);
    String open = answered(answer, "a session").asText("");
    if (open.isEmpty()) {
      throw new VsphereFailure(Kind.STRANGER, "it gives no session");
    }
    return open;
  }

  private synchronized void forget(String ended) {
    if (ended.equals(session)) {
      session = null;
    }
  }

  JsonNode get(String path) {
    return call("GET", path, null);
  }

  JsonNode post(String path, JsonNode body) {
    return call("POST", path, body);
  }

  JsonNode patch(String path, JsonNode body) {
    return call("PATCH", path, body);
  }

  JsonNode delete(String path) {
    return call("DELETE", path, null);
  }

  /// @return the `value` of the answer; missing where it has none
  private JsonNode call(String method, String path, @Nullable JsonNode body) {
    String open = session();
    try {
      return once(open, method, path, body);
    } catch (VsphereFailure e) {
      if (e.kind() != Kind.CREDENTIALS) {
        throw e;
      }
      forget(open);
      return once(session(), method, path, body);
    }
  }

  private JsonNode once(String open, String method, String path, @Nullable JsonNode body) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(SESSION, open);
    if (body != null) {
      headers.put("Content-Type", "application/json");
    }
    return answered(
        server.send(method, BASE + path, headers, body == null ? null : body.toString()), path);
  }

  /// Puts a file to the place that an update session named.
  void upload(URI place, Path file) {
    answered(server.upload(place, Map.of(SESSION, session()), file), "the upload");
  }

  private static JsonNode answered(OwnServer.Answer answer, String what) {
    JsonNode json = json(answer);
    if (answer.status() >= 200 && answer.status() < 300) {
      return json.path("value");
    }
    String type = json.path("type").asText("");
    String name = type.substring(type.lastIndexOf('.') + 1);
    throw new VsphereFailure(
        kind(answer.status(), name),
        what.split("[?]", 2)[0]
            + ": status "
            + answer.status()
            + (name.isEmpty() ? "" : " " + name));
  }

  private static Kind kind(int status, String name) {
    return switch (name) {
      case "unauthenticated" -> Kind.CREDENTIALS;
      case "unauthorized" -> Kind.DENIED;
      case "not_found" -> Kind.NOT_FOUND;
      case "service_unavailable", "resource_busy" -> Kind.BUSY;
      default ->
          switch (status) {
            case 401 -> Kind.CREDENTIALS;
            case 403 -> Kind.DENIED;
            case 404 -> Kind.NOT_FOUND;
            case 429, 503 -> Kind.BUSY;
            default -> Kind.OTHER;
          };
    };
  }

  private static JsonNode json(OwnServer.Answer answer) {
    try {
      return answer.body().length == 0 ? Json.object() : Json.parse(answer.text());
    } catch (UncheckedIOException e) {
      return Json.object();
    }
  }

  /// Ends the session, if there is one.
  @Override
  public void close() {
    String open;
    synchronized (this) {
      open = session;
      session = null;
    }
    if (open != null) {
      try {
        server.send("DELETE", BASE + "cis/session", Map.of(SESSION, open), null);
      } catch (RuntimeException e) {
        return; // it ends by itself, after five minutes
      }
    }
  }
}
