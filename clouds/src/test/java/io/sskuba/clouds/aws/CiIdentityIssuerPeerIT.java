package io.sskuba.clouds.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.testkit.TestServices;
import java.math.BigInteger;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A CI job's identity as a real OpenID Connect provider signs it, exchanged at moto's STS. moto
/// checks no signature; the test does, by the provider's own keys.
class CiIdentityIssuerPeerIT {
  private static final String BEARER = "runner-secret";
  private static AwsRoom room;
  private static TestServices.Running issuer;
  @TempDir static Path folder;

  @BeforeAll
  static void start() throws Exception {
    issuer = TestServices.issuer("127.231.4.2", BEARER, folder);
    room = new AwsRoom("127.231.4.1", folder);
    // The room's default answers for a user who is no role.
    room.door.reset();
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }

  @AfterAll
  static void stop() {
    if (room != null) {
      room.close();
    }
    if (issuer != null) {
      issuer.close();
    }
  }

  @Test
  void theRoleIsGivenForATokenThatTheProviderSigned() throws Exception {
    List<String> shown = new ArrayList<>();
    room.door.answer(
        "AssumeRoleWithWebIdentity",
        body -> {
          for (String part : body.split("&", -1)) {
            if (part.startsWith("WebIdentityToken=")) {
              shown.add(
                  URLDecoder.decode(part.substring(part.indexOf('=') + 1), StandardCharsets.UTF_8));
            }
          }
          return null; // moto answers
        });
    Environment environment =
        new Environment(
            Map.of(
                "HOME",
                folder.toString(),
                "AWS_ROLE_ARN",
                "arn:aws:iam::123456789012:role/deployer",
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                issuer.url() + "/job?api-version=2.0",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                BEARER),
            folder);
    AwsAccount account =
        AwsAccount.of(
            AwsRoom.spec(
                """
                apiVersion: sskuba.io/v1alpha1
                kind: Cluster
                metadata: {name: job, domain: data.example.org}
                gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
                target:
                  provider: aws
                  region: ap-southeast-2
                  controlPlane: {count: 1, type: m6i.xlarge}
                """),
            environment,
            TimeSource.system());
    assertThat(account.identity().subject()).contains(":assumed-role/deployer/");
    assertThat(shown).hasSize(1);
    JsonNode claims = verified(shown.getFirst());
    assertThat(claims.path("aud").asText()).isEqualTo("sts.amazonaws.com");
    assertThat(claims.path("iss").asText()).isEqualTo(issuer.url());
    assertThat(claims.path("sub").asText()).startsWith("repo:team/clusters");
  }

  /// By the keys that the provider's discovery document names, as STS would.
  private static JsonNode verified(String token) throws Exception {
    String[] parts = token.split("[.]", -1);
    JsonNode header = Json.parse(decoded(parts[0]));
    JsonNode discovery = get(issuer.url() + "/.well-known/openid-configuration");
    assertThat(discovery.path("issuer").asText()).isEqualTo(issuer.url());
    for (JsonNode key : get(discovery.path("jwks_uri").asText()).path("keys")) {
      if (key.path("kid").equals(header.path("kid"))) {
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initVerify(
            KeyFactory.getInstance("RSA")
                .generatePublic(
                    new RSAPublicKeySpec(number(key.path("n")), number(key.path("e")))));
        signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        assertThat(signature.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();
        return Json.parse(decoded(parts[1]));
      }
    }
    throw new AssertionError("no key " + header.path("kid"));
  }

  private static BigInteger number(JsonNode field) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(field.asText()));
  }

  private static String decoded(String part) {
    return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
  }

  private static JsonNode get(String url) throws Exception {
    return Json.parse(
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(url)).build(),
                HttpResponse.BodyHandlers.ofString())
            .body());
  }
}
