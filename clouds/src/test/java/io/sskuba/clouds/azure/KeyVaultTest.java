package io.sskuba.clouds.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sskuba.io.Json;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Against a stand-in that answers as the published REST API does ("Wrap Key", "Unwrap Key", "Get
/// Secret", version 7.4): no emulator of Key Vault can be had. It wraps by turning the text round.
class KeyVaultTest {
  private final List<String> asked = new ArrayList<>();
  private HttpServer server;
  private String base;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.213.7.1", 0), 0);
    server.createContext("/", this::answer);
    server.start();
    base = "http://127.213.7.1:" + server.getAddress().getPort();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    JsonNode body = Json.parse("{}");
    byte[] sent = exchange.getRequestBody().readAllBytes();
    if (sent.length > 0) {
      body = Json.parse(new String(sent, StandardCharsets.UTF_8));
    }
    String token = exchange.getRequestHeaders().getFirst("Authorization");
    int status = 200;
    String text;
    if (!"Bearer token-for-127.213.7.1".equals(token)) {
      status = 403;
      text = "{\"error\":{\"code\":\"Forbidden\",\"message\":\"long and secret\"}}";
    } else if (path.endsWith("/wrapkey") && body.path("alg").asText().equals("RSA-OAEP-256")) {
      text = turned(body, base + "/keys/team/0123abcd");
    } else if (path.equals("/keys/team/0123abcd/unwrapkey")) {
      text = turned(body, base + "/keys/team/0123abcd");
    } else if (path.equals("/secrets/token")) {
      text = "{\"value\":\"s3cret\",\"id\":\"" + base + "/secrets/token/1\"}";
    } else {
      status = 404;
      text = "{\"error\":{\"code\":\"NotFound\"}}";
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static String turned(JsonNode body, String kid) {
    String value = new StringBuilder(body.path("value").asText()).reverse().toString();
    return "{\"kid\":\"" + kid + "\",\"value\":\"" + value + "\"}";
  }

  private static KeyVault vault() {
    return new KeyVault(scope -> "token-for-" + scope.split("/", -1)[2]);
  }

  private static void assertCode(ProblemCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().toString()).doesNotContain("long and secret");
            });
  }

  /// What was wrapped by a version unwraps by that version after the key was rotated.
  @Test
  void whatIsWrappedKeepsItsVersion() {
    byte[] fileKey = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    byte[] wrapped = vault().key(base + "/keys/team").wrap(fileKey);
    assertThat(vault().key(base + "/keys/team").unwrap(wrapped)).isEqualTo(fileKey);
    assertThat(vault().key(base + "/keys/team/0123abcd").unwrap(wrapped)).isEqualTo(fileKey);
    assertThat(asked)
        .containsExactly(
            "POST /keys/team/wrapkey?api-version=7.4",
            "POST /keys/team/0123abcd/unwrapkey?api-version=7.4",
            "POST /keys/team/0123abcd/unwrapkey?api-version=7.4");
  }

  /// A changed file names another vault: the token must not go there.
  @Test
  void theWrappedTextNamesNoPlace() {
    byte[] changed =
        "http://evil.example.org/keys/team/0123abcd\nAAAA".getBytes(StandardCharsets.UTF_8);
    vault().key(base + "/keys/team").unwrap(changed);
    assertThat(asked).containsExactly("POST /keys/team/0123abcd/unwrapkey?api-version=7.4");
  }

  @Test
  void secretsAndRefusals() {
    assertThat(vault().value(base, "token", "x")).asString().isEqualTo("s3cret");
    assertCode(ProblemCode.SECRET_UNRESOLVED, () -> vault().value(base, "none", "x"));
    KeyVault stranger = new KeyVault(scope -> "nothing");
    assertCode(ProblemCode.KEY_SERVICE_DENIED, () -> stranger.value(base, "token", "x"));
    assertCode(
        ProblemCode.KEY_SERVICE_DENIED, () -> stranger.key(base + "/keys/team").wrap(new byte[16]));
    assertCode(
        ProblemCode.KEY_SERVICE_UNREACHABLE,
        () ->
            vault().key(base + "/keys/other/9").unwrap("k/9\nA".getBytes(StandardCharsets.UTF_8)));
    assertCode(
        ProblemCode.KEY_SERVICE_UNREACHABLE,
        () -> vault().value("http://127.213.7.1:1", "token", "x"));
  }
}
