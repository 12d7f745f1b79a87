package io.sskuba.clouds.vsphere;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.sskuba.clouds.TestTls;
import io.sskuba.io.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/// A Big-IP that answers as F5's documents show: sign-in with tokens, versions, partitions, users
/// and the local traffic manager's collections. It cannot be changed.
/// - Source: "iControl REST User Guide" 16.1: authentication by token, `tm/sys/version`,
///   `expandSubcollections`, `$filter=partition eq`; errors as `{code, message, errorStack}`.
final class BigIpStandIn implements AutoCloseable {
  static final String USER = "terraform";
  static final String PASSWORD = "b1g-ip-secret";

  final TestTls tls;
  private final HttpsServer server;
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private final Set<String> tokens = Collections.synchronizedSet(new LinkedHashSet<>());
  private final Map<String, Integer> statuses = new ConcurrentHashMap<>();
  private final Map<String, ObjectNode> objects = new TreeMap<>();
  private volatile Duration delay = Duration.ZERO;
  private volatile String role = "manager";

  BigIpStandIn(String host) throws IOException {
    tls = TestTls.of(host);
    server = HttpsServer.create(new InetSocketAddress(host, 0), 64);
    server.setHttpsConfigurator(new HttpsConfigurator(tls.context()));
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    reset();
  }

  String address() {
    return server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort();
  }

  void reset() {
    calls.clear();
    statuses.clear();
    objects.clear();
    delay = Duration.ZERO;
    role = "manager";
    put("/mgmt/tm/auth/partition/", "sskuba", Json.object().put("defaultRouteDomain", 0));
    put(
        "/mgmt/tm/ltm/virtual/",
        "/Common/intranet",
        Json.object().put("destination", "/Common/10.1.0.10%1:443").put("source", "0.0.0.0/0"));
  }

  void delay(Duration each) {
    delay = each;
  }

  void role(String name) {
    role = name;
  }

  /// Answers what begins so with a status.
  void refuse(String path, int status) {
    statuses.put(path, status);
  }

  /// @param path its full path, or a partition's name
  void put(String collection, String path, ObjectNode object) {
    String[] parts = path.split("/", -1);
    object.put("fullPath", path).put("name", parts[parts.length - 1]);
    if (parts.length > 2) {
      object.put("partition", parts[1]);
    }
    objects.put(collection + path.replace('/', '~'), object);
  }

  void remove(String collection, String path) {
    objects.remove(collection + path.replace('/', '~'));
  }

  List<String> calls() {
    return List.copyOf(calls);
  }

  /// Tokens that were not given back.
  Set<String> tokens() {
    return Set.copyOf(tokens);
  }

  /// Calls that are no look and no sign-in.
  List<String> mutations() {
    return calls().stream()
        .filter(
            c ->
                !c.startsWith("GET ")
                    && !c.equals("POST /mgmt/shared/authn/login")
                    && !c.startsWith("DELETE /mgmt/shared/authz/tokens/"))
        .toList();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      calls.add(exchange.getRequestMethod() + " " + path);
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      for (Map.Entry<String, Integer> refused : statuses.entrySet()) {
        if (path.startsWith(refused.getKey())) {
          send(exchange, refused.getValue(), error(refused.getValue()));
          return;
        }
      }
      String token = exchange.getRequestHeaders().getFirst("X-F5-Auth-Token");
      if (path.equals("/mgmt/shared/authn/login")) {
        login(exchange, body);
      } else if (token == null || !tokens.contains(token)) {
        send(exchange, 401, error(401));
      } else if (path.startsWith("/mgmt/shared/authz/tokens/")) {
        tokens.remove(path.substring(path.lastIndexOf('/') + 1));
        send(exchange, 200, Json.object());
      } else {
        look(exchange, path);
      }
    }
  }

  private void login(HttpExchange exchange, String body) throws IOException {
    JsonNode asked = Json.parse(body);
    if (!asked.path("username").asText().equals(USER)
        || !asked.path("password").asText().equals(PASSWORD)
        || !asked.path("loginProviderName").asText().equals("tmos")) {
      send(exchange, 401, error(401));
      return;
    }
    String token = "TOKEN" + System.nanoTime();
    tokens.add(token);
    ObjectNode answer = Json.object().put("username", USER);
    answer
        .putObject("token")
        .put("token", token)
        .put("name", token)
        .put("timeout", 1200)
        .put("kind", "shared:authz:tokens:authtokenitemstate");
    send(exchange, 200, answer);
  }

  private void look(HttpExchange exchange, String path) throws IOException {
    if (path.equals("/mgmt/tm/sys/version")) {
      ObjectNode answer = Json.object().put("kind", "tm:sys:version:versionstats");
      answer
          .putObject("entries")
          .putObject("https://localhost/mgmt/tm/sys/version/0")
          .putObject("nestedStats")
          .putObject("entries")
          .putObject("Version")
          .put("description", "16.1.5");
      send(exchange, 200, answer);
      return;
    }
    if (path.equals("/mgmt/tm/auth/user/" + USER)) {
      ObjectNode answer = Json.object().put("kind", "tm:auth:user:userstate").put("name", USER);
      answer.putArray("partitionAccess").addObject().put("name", "sskuba").put("role", role);
      send(exchange, 200, answer);
      return;
    }
    ObjectNode one = objects.get(path);
    if (one != null) {
      send(exchange, 200, one);
      return;
    }
    if (Set.of("node", "pool", "virtual").contains(path.replaceFirst("^/mgmt/tm/ltm/", ""))) {
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      ObjectNode answer = Json.object().put("kind", "tm:ltm:collectionstate");
      var items = answer.putArray("items");
      objects.forEach(
          (key, object) -> {
            boolean inside =
                !query.contains("$filter=partition eq ")
                    || query.contains("partition eq " + object.path("partition").asText());
            if (key.startsWith(path + "/") && inside && !key.contains("/members/")) {
              items.add(object);
            }
          });
      send(exchange, 200, answer);
      return;
    }
    send(exchange, 404, error(404));
  }

  private static ObjectNode error(int status) {
    ObjectNode error = Json.object().put("code", status).put("message", "refused");
    error.putArray("errorStack");
    return error.put("apiError", 1);
  }

  private static void send(HttpExchange exchange, int status, ObjectNode body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
