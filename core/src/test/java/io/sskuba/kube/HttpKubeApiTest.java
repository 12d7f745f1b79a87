package io.sskuba.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.net.AddressMap;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpKubeApiTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @Test
  void aStatusBecomesAnExceptionWithItsReason() throws Exception {
    try (FakeApiServer server =
            new FakeApiServer(
                e -> FakeApiServer.json(e, 403, FakeApiServer.status(403, "Forbidden", "no")));
        KubeApi api = server.api()) {
      assertThatThrownBy(() -> api.create("/api/v1/nodes", Json.object(), LIMIT))
          .isInstanceOfSatisfying(
              KubeStatusException.class,
              e -> {
                assertThat(e.code()).isEqualTo(403);
                assertThat(e.reason()).isEqualTo("Forbidden");
                assertThat(e).hasMessageContaining("no");
              });
    }
  }

  @Test
  void whatIsNotThereIsEmptyOrFalse() throws Exception {
    try (FakeApiServer server =
            new FakeApiServer(
                e -> FakeApiServer.json(e, 404, FakeApiServer.status(404, "NotFound", "gone")));
        KubeApi api = server.api()) {
      assertThat(api.get("/api/v1/nodes/x", LIMIT)).isEmpty();
      assertThat(api.delete("/api/v1/nodes/x", null, LIMIT)).isFalse();
    }
  }

  @Test
  void listsGoPageByPageAndBeginAgainWhenTheirSnapshotIsGone() throws Exception {
    AtomicInteger expired = new AtomicInteger();
    try (FakeApiServer server =
            new FakeApiServer(
                e -> {
                  String query = String.valueOf(e.getRequestURI().getQuery());
                  if (!query.contains("continue")) {
                    FakeApiServer.json(e, 200, list("a", "next+1"));
                  } else if (expired.getAndIncrement() == 0) {
                    FakeApiServer.json(e, 410, FakeApiServer.status(410, "Expired", "too old"));
                  } else {
                    FakeApiServer.json(e, 200, list("b", ""));
                  }
                });
        KubeApi api = server.api()) {
      List<JsonNode> items = api.list("/api/v1/pods", "labelSelector=x%3Dy", LIMIT);
      assertThat(items.stream().map(i -> i.at("/metadata/name").asText()))
          .containsExactly("a", "b");
      assertThat(items.getFirst().path("kind").asText()).isEqualTo("Pod");
      assertThat(server.requests.getFirst())
          .isEqualTo("GET /api/v1/pods?labelSelector=x%3Dy&limit=500");
      assertThat(server.requests.getLast()).endsWith("&continue=next%2B1");
    }
  }

  private static String list(String name, String next) {
    return """
        {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"%s"},
         "items":[{"metadata":{"name":"%s","uid":"u-%s"}}]}
        """
        .formatted(next, name, name);
  }

  @Test
  void aServerThatHangsIsGivenUpAtTheDeadline() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    try (FakeApiServer server =
            new FakeApiServer(
                e -> {
                  try {
                    end.await(20, TimeUnit.SECONDS);
                  } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                  }
                });
        KubeApi api = server.api()) {
      long begin = System.nanoTime();
      assertThatThrownBy(() -> api.get("/readyz", Duration.ofMillis(300)))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("no answer within 300 ms");
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
      end.countDown();
    }
  }

  @Test
  void aReplyThatNeverEndsIsGivenUpAtTheDeadline() throws Exception {
    AtomicBoolean end = new AtomicBoolean();
    try (FakeApiServer server =
            new FakeApiServer(
                e -> {
                  e.sendResponseHeaders(200, 0);
                  OutputStream body = e.getResponseBody();
                  for (int i = 0; i < 400 && !end.get(); i++) {
                    body.write(' ');
                    body.flush();
                    pause(50);
                  }
                });
        KubeApi api = server.api()) {
      assertThatThrownBy(() -> api.get("/api/v1/pods", Duration.ofMillis(600)))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("no answer within 600 ms");
      end.set(true);
    }
  }

  private static void pause(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aReplyOverTheLimitIsRefused() throws Exception {
    byte[] block = new byte[1 << 20];
    java.util.Arrays.fill(block, (byte) ' ');
    try (FakeApiServer server =
            new FakeApiServer(
                e -> {
                  e.sendResponseHeaders(200, 0);
                  for (int i = 0; i < 66; i++) {
                    e.getResponseBody().write(block);
                  }
                });
        KubeApi api = server.api()) {
      assertThatThrownBy(() -> api.raw("/openapi", Duration.ofSeconds(30)))
          .isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void aThrottledCallWaitsAsLongAsItIsToldButAnEvictionDoesNot() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (FakeApiServer server =
            new FakeApiServer(
                e -> {
                  if (calls.getAndIncrement() == 0
                      || e.getRequestURI().getPath().endsWith("eviction")) {
                    e.getResponseHeaders().set("Retry-After", "1");
                    FakeApiServer.json(
                        e, 429, FakeApiServer.status(429, "TooManyRequests", "budget"));
                  } else {
                    FakeApiServer.json(e, 200, "{\"kind\":\"Node\"}");
                  }
                });
        KubeApi api = server.api()) {
      assertThat(api.create("/api/v1/nodes", Json.object(), LIMIT).path("kind").asText())
          .isEqualTo("Node");
      assertThat(calls).hasValue(2);
      assertThatThrownBy(() -> api.create("/pods/x/eviction", Json.object(), LIMIT))
          .isInstanceOf(KubeStatusException.class);
      assertThat(calls).hasValue(3);
    }
  }

  @Test
  void onlyThePinnedAuthorityIsTrusted() throws Exception {
    try (FakeApiServer server = new FakeApiServer(e -> FakeApiServer.json(e, 200, "{}"));
        KubeApi api =
            KubeApis.open(
                server.url(),
                new FakeApiServer.Authority("EC", "SHA256withECDSA").pem(),
                new KubeCredential.BearerToken("secret-token"),
                AddressMap.IDENTITY)) {
      assertThatThrownBy(() -> api.get("/api/v1/nodes", LIMIT))
          .isInstanceOf(UncheckedIOException.class)
          .satisfies(e -> assertThat(e.toString()).doesNotContain("secret-token"));
      assertThat(server.requests).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA", "Ed25519"})
  void aKubeconfigsClientCertificateOpensTheServerAtItsTwin(String kind) throws Exception {
    try (FakeApiServer server =
        new FakeApiServer(
            e ->
                FakeApiServer.json(
                    e,
                    200,
                    "{\"auth\":\"" + e.getRequestHeaders().getFirst("Authorization") + "\"}"),
            true)) {
      FakeApiServer.Issued client = server.authority.issue(kind, "O=system:masters,CN=me", "");
      String kubeconfig =
          """
          apiVersion: v1
          kind: Config
          clusters:
          - {name: c, cluster: {server: '%s', certificate-authority-data: %s}}
          contexts:
          - {name: me@c, context: {cluster: c, user: me}}
          current-context: me@c
          users:
          - {name: me, user: {client-certificate-data: %s, client-key-data: %s}}
          """
              .formatted(
                  server.url().replace(FakeApiServer.HOST, "10.64.0.1"),
                  base64(server.authority.pem()),
                  base64(client.certificatePem()),
                  base64(client.keyPem()));
      AddressMap addresses = new AddressMap(Map.of("10.64.0.1", FakeApiServer.HOST));
      try (KubeApi api = KubeApis.fromKubeconfig(kubeconfig, addresses)) {
        assertThat(api.get("/version", LIMIT).orElseThrow().path("auth").asText())
            .isEqualTo("null");
      }
      assertThatThrownBy(
              () ->
                  KubeApis.fromKubeconfig(
                      kubeconfig.replace(
                          base64(client.keyPem()),
                          base64("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
                      addresses))
          .isInstanceOf(IllegalArgumentException.class)
          .satisfies(e -> assertThat(e.toString()).doesNotContain("AAAA"));
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void aWatchGoesOnAfterABreakAndListsAgainWhenItsVersionIsGone() throws Exception {
    AtomicInteger lists = new AtomicInteger();
    AtomicInteger watches = new AtomicInteger();
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean stop = new AtomicBoolean();
    try (FakeApiServer server =
            new FakeApiServer(
                e -> {
                  if (!e.getRequestURI().getQuery().contains("watch=true")) {
                    // The second list lacks `a`, and `b` was made anew.
                    FakeApiServer.json(
                        e, 200, lists.getAndIncrement() == 0 ? list("a", "") : list("c", ""));
                    return;
                  }
                  e.sendResponseHeaders(200, 0);
                  OutputStream body = e.getResponseBody();
                  switch (watches.getAndIncrement()) {
                    case 0 -> {
                      body.write(event("ADDED", "b", "8"));
                      // Half an event, then the connection breaks.
                      body.write("{\"type\":\"ADD".getBytes(StandardCharsets.US_ASCII));
                    }
                    case 1 -> body.write(event("BOOKMARK", "", "20"));
                    case 2 ->
                        body.write(
                            ("{\"type\":\"ERROR\",\"object\":"
                                    + FakeApiServer.status(410, "Expired", "old")
                                    + "}\n")
                                .getBytes(StandardCharsets.US_ASCII));
                    default -> body.write(event("MODIFIED", "c", "30"));
                  }
                });
        KubeApi api = server.api()) {
      Thread watch =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      api.watch(
                          "/api/v1/pods",
                          null,
                          (type, object) -> {
                            String name =
                                object == null ? "" : object.at("/metadata/name").asText();
                            seen.add(type + " " + name);
                            if (seen.contains("MODIFIED c")) {
                              stop.set(true);
                            }
                          },
                          stop::get);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      assertThat(watch.join(Duration.ofSeconds(20))).as("watch ended").isTrue();
      assertThat(seen.subList(0, 3)).containsExactly("ADDED a", "SYNCED ", "ADDED b");
      assertThat(seen.subList(3, 5)).containsExactlyInAnyOrder("DELETED a", "DELETED b");
      assertThat(seen.subList(5, 8)).containsExactly("ADDED c", "SYNCED ", "MODIFIED c");
      List<String> asked =
          server.requests.stream()
              .filter(r -> r.contains("watch=true"))
              .map(r -> r.replaceAll(".*resourceVersion=", ""))
              .toList();
      assertThat(asked.subList(0, 4)).containsExactly("7", "8", "20", "7");
    }
  }

  private static byte[] event(String type, String name, String version) {
    return """
        {"type":"%s","object":{"kind":"Pod","metadata":{"name":"%s","uid":"u-%s","resourceVersion":"%s"}}}
        """
        .formatted(type, name, name, version)
        .getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void aWatchOnASilentServerStopsWhenAsked() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    AtomicBoolean stop = new AtomicBoolean();
    try (FakeApiServer server =
            new FakeApiServer(
                e -> {
                  if (!e.getRequestURI().getQuery().contains("watch=true")) {
                    FakeApiServer.json(e, 200, list("a", ""));
                    return;
                  }
                  e.sendResponseHeaders(200, 0);
                  e.getResponseBody().flush();
                  try {
                    end.await(20, TimeUnit.SECONDS);
                  } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                  }
                });
        KubeApi api = server.api()) {
      Thread watch =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      api.watch("/api/v1/pods", null, (_, _) -> stop.set(true), stop::get);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      assertThat(watch.join(Duration.ofSeconds(10))).as("watch ended").isTrue();
      end.countDown();
    }
  }
}
