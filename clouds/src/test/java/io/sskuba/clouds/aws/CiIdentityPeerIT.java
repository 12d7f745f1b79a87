package io.sskuba.clouds.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.sskuba.cloud.CloudAccount;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Identities of CI jobs, exchanged at moto's STS.
class CiIdentityPeerIT {
  private static final String ROLE = "arn:aws:iam::123456789012:role/deployer";
  private static final ClusterSpec SPEC =
      AwsRoom.spec(
          """
          apiVersion: sskuba.io/v1alpha1
          kind: Cluster
          metadata: {name: ci, domain: example.org}
          gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
          target:
            provider: aws
            region: ap-southeast-2
            network: {adminCidrs: [203.0.113.0/24]}
            controlPlane: {count: 1}
          """);
  private static AwsRoom room;
  private static HttpServer github;
  private static volatile int status = 200;
  private static final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private static final List<String> exchanged = Collections.synchronizedList(new ArrayList<>());
  @TempDir static Path folder;

  @BeforeAll
  static void start() throws Exception {
    room = new AwsRoom("127.214.5.1", folder);
    // What the environment alone would give must not be what is used.
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
    github = HttpServer.create(new InetSocketAddress("127.214.5.1", 0), 0);
    github.createContext(
        "/",
        exchange -> {
          asked.add(
              exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization"));
          byte[] bytes = "{\"value\":\"token-of-github\"}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    github.start();
  }

  @AfterAll
  static void stop() {
    if (github != null) {
      github.stop(0);
    }
    if (room != null) {
      room.close();
    }
  }

  @BeforeEach
  void fresh() {
    room.door.reset();
    room.door.answer(
        "AssumeRoleWithWebIdentity",
        body -> {
          exchanged.add(body);
          return null;
        });
    asked.clear();
    exchanged.clear();
    status = 200;
  }

  private static CloudAccount account(Map<String, String> variables) {
    Map<String, String> all = new HashMap<>(variables);
    all.put("HOME", folder.toString());
    return AwsAccount.of(SPEC, new Environment(all, folder), TimeSource.system());
  }

  private static Map<String, String> gitHub() {
    return Map.of(
        "AWS_ROLE_ARN",
        ROLE,
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "http://127.214.5.1:" + github.getAddress().getPort() + "/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "geheim");
  }

  @Test
  void gitHubsIdentityBecomesTheRole() {
    CloudAccount account = account(gitHub());
    CloudAccount.Identity identity = account.identity();
    assertThat(identity.subject()).contains(":assumed-role/deployer/sskuba");
    Duration lasts = Duration.between(TimeSource.system().now(), identity.expires().orElseThrow());
    assertThat(lasts).isBetween(Duration.ofMinutes(30), Duration.ofHours(2));
    assertThat(asked)
        .containsExactly("/token?api-version=2.0&audience=sts.amazonaws.com bearer geheim");
    assertThat(exchanged).hasSize(1);
    assertThat(exchanged.getFirst()).contains("WebIdentityToken=token-of-github");
    Map<String, String> variables = account.variables();
    assertThat(variables)
        .containsOnlyKeys("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");
    assertThat(exchanged).as("what lasts is used again").hasSize(1);
  }

  @Test
  void aTokenOfAnyJobBecomesTheRole() {
    CloudAccount account =
        account(
            Map.of(
                "AWS_ROLE_ARN", ROLE,
                "SSKUBA_ID_TOKEN", "token-of-gitlab",
                "AWS_ROLE_SESSION_NAME", "job-7"));
    assertThat(account.identity().subject()).contains(":assumed-role/deployer/job-7");
    assertThat(exchanged.getFirst()).contains("WebIdentityToken=token-of-gitlab");
  }

  @Test
  void aJobWithoutTheRightIsTold() {
    status = 403;
    assertThatThrownBy(() -> account(gitHub()).identity())
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_CREDENTIALS);
              assertThat(e.problem().toString()).doesNotContain("geheim");
            });
  }

  @Test
  void aTokenThatEndedIsTold() {
    room.door.answer(
        "AssumeRoleWithWebIdentity",
        _ ->
            AwsDoor.Answer.xml(
                400,
                "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>ended</Message>"
                    + "</Error></ErrorResponse>"));
    assertThatThrownBy(() -> account(gitHub()).identity())
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_CREDENTIALS));
  }
}
