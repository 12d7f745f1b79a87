package io.sskuba.clouds.vsphere;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.sskuba.clouds.TestTls;
import io.sskuba.toolchain.Authorities;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A door in front of vcsim: every call takes as long as asked, is written down by its method or
/// path, and may be answered in vcsim's stead, for what it has not (privileges that are not
/// granted) and for refusals.
final class VsphereDoor implements AutoCloseable {
  /// What changes nothing but the caller's own session.
  private static final Set<String> READS =
      Set.of(
          "RetrieveServiceContent",
          "Login",
          "Logout",
          "RetrievePropertiesEx",
          "ContinueRetrievePropertiesEx",
          "HasPrivilegeOnEntities",
          "FindByUuid",
          "POST cis/session",
          "DELETE cis/session");

  private static final Pattern READING =
      Pattern.compile("GET .*|POST .*[?]~action=(find|list-[a-z-]+)");
  private static final Pattern METHOD = Pattern.compile("Body><([A-Za-z_]+)");
  private static final Set<String> PASSED =
      Set.of("cookie", "content-type", "authorization", "soapaction", "vmware-api-session-id");

  final TestTls tls;
  private final HttpsServer server;
  private final HttpClient http;
  private final String behind;
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, Function<String, @Nullable Answer>> answers = new ConcurrentHashMap<>();
  private volatile Duration delay = Duration.ZERO;
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  record Answer(int status, String body) {}

  VsphereDoor(String host, String behind, Path certificate) throws IOException {
    this.behind = behind;
    tls = TestTls.of(host);
    http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(Authorities.context(null, Files.readString(certificate)))
            .build();
    server = HttpsServer.create(new InetSocketAddress(host, 0), 64);
    server.setHttpsConfigurator(new HttpsConfigurator(tls.context()));
    server.createContext("/", this::pass);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  String address() {
    return server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort();
  }

  /// How many requests waited for their answers at once since `delay` was set.
  int most() {
    return most.get();
  }

  void delay(Duration each) {
    delay = each;
    most.set(0);
  }

  /// Answers a method or path, or every one (`*`), from the request's body; null passes it on.
  void answer(String action, Function<String, @Nullable Answer> how) {
    answers.put(action, how);
  }

  static Answer fault(String name) {
    return new Answer(
        500,
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">"
            + "<soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
            + "<faultstring>no</faultstring><detail><"
            + name
            + "Fault/></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>");
  }

  void reset() {
    answers.clear();
    calls.clear();
    delay = Duration.ZERO;
  }

  List<String> calls() {
    return List.copyOf(calls);
  }

  /// Calls that are no look.
  List<String> mutations() {
    return calls().stream()
        .filter(c -> !READS.contains(c) && !READING.matcher(c).matches())
        .toList();
  }

  private void pass(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String text = new String(body, StandardCharsets.UTF_8);
      String action = action(exchange, text);
      calls.add(action);
      try {
        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
        Thread.sleep(delay);
        inside.decrementAndGet();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      Answer given =
          Optional.ofNullable(answers.get(action))
              .or(() -> Optional.ofNullable(answers.get("*")))
              .map(how -> how.apply(text))
              .orElse(null);
      if (given != null) {
        send(exchange, given.status(), given.body().getBytes(StandardCharsets.UTF_8));
        return;
      }
      HttpResponse<byte[]> answer = behind(exchange, body);
      answer
          .headers()
          .allValues("Set-Cookie")
          .forEach(c -> exchange.getResponseHeaders().add("Set-Cookie", c));
      send(exchange, answer.statusCode(), answer.body());
    }
  }

  private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private static String action(HttpExchange exchange, String body) {
    String path = exchange.getRequestURI().toString();
    if (path.startsWith("/sdk")) {
      Matcher method = METHOD.matcher(body);
      return method.find() ? method.group(1) : "?";
    }
    return exchange.getRequestMethod() + " " + path.replaceFirst("^/rest/com/vmware/", "");
  }

  private HttpResponse<byte[]> behind(HttpExchange exchange, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(behind + exchange.getRequestURI()))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (PASSED.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    http.shutdownNow();
  }
}
