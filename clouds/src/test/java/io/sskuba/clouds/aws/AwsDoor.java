package io.sskuba.clouds.aws;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.Function;

/// A door in front of moto: every call takes as long as asked, is written down by its action, and
/// may be answered in moto's stead, for what moto has not (quotas of EC2, IAM's simulation) and for
/// refusals.
final class AwsDoor implements AutoCloseable {
  private static final Set<String> READS = Set.of("Describe", "Get", "List", "Simulate");

  private final HttpServer server;
  private final HttpClient http = HttpClient.newHttpClient();
  private final String behind;
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, Function<String, Answer>> answers = new ConcurrentHashMap<>();
  private volatile Duration delay = Duration.ZERO;

  record Answer(int status, String type, String body) {
    static Answer json(int status, String body) {
      return new Answer(status, "application/x-amz-json-1.1", body);
    }

    static Answer xml(int status, String body) {
      return new Answer(status, "text/xml", body);
    }
  }

  AwsDoor(String host, String behind) {
    this.behind = behind;
    try {
      server = HttpServer.create(new InetSocketAddress(host, 0), 64);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::pass);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  String url() {
    return "http://"
        + server.getAddress().getAddress().getHostAddress()
        + ":"
        + server.getAddress().getPort();
  }

  void delay(Duration each) {
    delay = each;
  }

  /// Answers an action, or every one (`*`), from the request's body; null passes it on.
  void answer(String action, Function<String, Answer> how) {
    answers.put(action, how);
  }

  void reset() {
    answers.clear();
    calls.clear();
    delay = Duration.ZERO;
  }

  List<String> calls() {
    return List.copyOf(calls);
  }

  /// Actions that are no look.
  List<String> mutations() {
    return calls().stream().filter(c -> READS.stream().noneMatch(c::startsWith)).toList();
  }

  private void pass(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String action = action(exchange, body);
      calls.add(action);
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      Answer answer =
          Optional.ofNullable(answers.get(action))
              .or(() -> Optional.ofNullable(answers.get("*")))
              .map(how -> how.apply(body))
              .orElseGet(() -> behind(exchange, body));
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", answer.type());
      exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static String action(HttpExchange exchange, String body) {
    String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
    if (target != null) {
      return target.substring(target.indexOf('.') + 1);
    }
    for (String part : body.split("&", -1)) {
      if (part.startsWith("Action=")) {
        return part.substring("Action=".length());
      }
    }
    String verb = exchange.getRequestMethod().equals("GET") ? "Get" : "Change";
    return verb + ":" + exchange.getRequestURI().getPath();
  }

  private Answer behind(HttpExchange exchange, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(behind + exchange.getRequestURI()))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofString(body));
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (!Set.of("host", "connection", "content-length", "expect", "upgrade")
                  .contains(name.toLowerCase(java.util.Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    try {
      HttpResponse<String> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(
          answer.statusCode(),
          answer.headers().firstValue("Content-Type").orElse("text/xml"),
          answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    http.close();
  }
}
