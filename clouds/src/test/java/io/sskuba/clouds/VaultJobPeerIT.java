package io.sskuba.clouds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.Redactor;
import io.sskuba.secret.SecretResolver;
import io.sskuba.spec.Credential;
import io.sskuba.spec.SecretRef;
import io.sskuba.testkit.TestServices;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A CI job's identity, signed by a real OpenID Connect provider, exchanged at a real Vault, which
/// verifies it by the provider's discovery document and keys.
class VaultJobPeerIT {
  private static final String BEARER = "runner-secret";
  private static final String ROOT = "root-token";
  private static TestServices.Running vault;
  private static TestServices.Running issuer;
  @TempDir static Path folder;

  @BeforeAll
  static void start() throws Exception {
    vault = TestServices.vault("127.231.3.1", ROOT, folder);
    issuer = TestServices.issuer("127.231.3.2", BEARER, folder);
    vault("POST", "sys/auth/jwt", Json.object().put("type", "jwt"));
    vault("POST", "sys/auth/ci", Json.object().put("type", "jwt"));
    for (String path : new String[] {"jwt", "ci"}) {
      vault(
          "POST",
          "auth/" + path + "/config",
          Json.object().put("oidc_discovery_url", issuer.url()).put("bound_issuer", issuer.url()));
    }
    vault("POST", "sys/mounts/old", Json.object().put("type", "kv"));
    vault(
        "POST",
        "old/vcenter",
        Json.object().put("username", "svc-sskuba").put("password", "of-vault"));
    vault("POST", "old/other", Json.object().put("key", "not for jobs"));
    vault(
        "PUT",
        "sys/policies/acl/clusters",
        Json.object().put("policy", "path \"old/vcenter\" { capabilities = [\"read\"] }"));
    role("jwt", "clusters", vault.url(), "team/clusters");
    role("ci", "deploy", "vault-of-the-team", "team/clusters");
    role("jwt", "strangers", vault.url(), "another/repository");
  }

  private static void role(String mount, String name, String audience, String repository)
      throws Exception {
    ObjectNode role =
        Json.object()
            .put("role_type", "jwt")
            .put("user_claim", "sub")
            .put("token_ttl", "60s")
            .put("token_max_ttl", "60s");
    role.putArray("bound_audiences").add(audience);
    role.putArray("token_policies").add("clusters");
    role.putObject("bound_claims").put("repository", repository);
    vault("POST", "auth/" + mount + "/role/" + name, role);
  }

  @AfterAll
  static void stop() {
    for (TestServices.Running running : new TestServices.Running[] {vault, issuer}) {
      if (running != null) {
        running.close();
      }
    }
  }

  private static JsonNode vault(String method, String path, ObjectNode body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(vault.url() + "/v1/" + path))
            .header("X-Vault-Token", ROOT)
            .method(method, HttpRequest.BodyPublishers.ofString(body.toString()))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(path + " " + answer.body()).isBetween(200, 204);
    return answer.body().isEmpty() ? Json.object() : Json.parse(answer.body());
  }

  /// As a job of GitHub Actions sees it.
  private static Map<String, String> gitHub(String role) {
    Map<String, String> variables = new HashMap<>();
    variables.put("HOME", folder.toString());
    variables.put("VAULT_ADDR", vault.url());
    variables.put("VAULT_ROLE", role);
    variables.put("ACTIONS_ID_TOKEN_REQUEST_URL", issuer.url() + "/job?api-version=2.0");
    variables.put("ACTIONS_ID_TOKEN_REQUEST_TOKEN", BEARER);
    return variables;
  }

  private static SecretResolver resolver(Map<String, String> variables) {
    Environment environment = new Environment(variables, folder);
    return new SecretResolver(
        environment, TimeSource.system(), new Redactor(), new CloudSecrets(environment));
  }

  private static String token(String audience, String more) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(issuer.url() + "/job?audience=" + audience + more))
            .header("Authorization", "bearer " + BEARER)
            .build();
    String body =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    return Json.parse(body).path("value").asText();
  }

  private static final Credential CREDENTIAL =
      new Credential.VaultKeys("old/vcenter", "username", "password");

  @Test
  void aGitHubJobReadsTheFilesCredentials() throws Exception {
    SecretResolver.Login login = resolver(gitHub("clusters")).resolve(CREDENTIAL);
    assertThat(login.username().reveal()).isEqualTo("svc-sskuba");
    assertThat(login.password().reveal()).isEqualTo("of-vault");
  }

  @Test
  void aGitLabJobUsesItsOwnVariables() throws Exception {
    Map<String, String> variables =
        Map.of(
            "HOME", folder.toString(),
            "VAULT_ADDR", vault.url(),
            "VAULT_AUTH_ROLE", "deploy",
            "VAULT_AUTH_PATH", "ci",
            "VAULT_ID_TOKEN", token("vault-of-the-team", ""));
    assertThat(resolver(variables).resolve(CREDENTIAL).password().reveal()).isEqualTo("of-vault");
  }

  @Test
  void whatItWasExchangedForIsUsedUntilVaultEndsItAndThenMadeAnew() throws Exception {
    SecretResolver resolver = resolver(gitHub("clusters"));
    int before = tokens();
    resolver.resolve(CREDENTIAL);
    resolver.resolve(CREDENTIAL);
    assertThat(tokens()).as("one exchange for four values").isEqualTo(before + 1);
    // Every token of jobs is taken back, as when their time is over.
    vault("POST", "sys/leases/revoke-prefix/auth/jwt/login", Json.object());
    assertThat(tokens()).isLessThanOrEqualTo(before);
    assertThat(resolver.resolve(CREDENTIAL).password().reveal()).isEqualTo("of-vault");
  }

  private static int tokens() throws Exception {
    return vault("GET", "auth/token/accessors?list=true", Json.object())
        .path("data")
        .path("keys")
        .size();
  }

  private static void denied(Map<String, String> variables, String... said) {
    assertThatThrownBy(() -> resolver(variables).resolve(CREDENTIAL))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.KEY_SERVICE_DENIED);
              assertThat(e.problem().code().kind().exitCode()).isEqualTo(5);
              assertThat(e.problem().toString()).contains(said).doesNotContain(BEARER, "eyJ");
            });
  }

  @Test
  void aJobThatIsNotBoundToTheRoleIsRefused() throws Exception {
    denied(gitHub("strangers"), "does not take the CI job's identity", "a role strangers");
    denied(gitHub("nobody"), "a role nobody");
    Map<String, String> audience = gitHub("clusters");
    audience.put("VAULT_JWT_AUDIENCE", "another");
    denied(audience, "does not take the CI job's identity");
    Map<String, String> ended = new HashMap<>(gitHub("clusters"));
    String token = token(vault.url(), "&lifetime=1");
    ended.put("VAULT_ID_TOKEN", token.substring(0, token.length() - 6) + "AAAAAA");
    denied(ended, "does not take the CI job's identity");
  }

  @Test
  void aRoleReadsNothingElse() {
    assertThatThrownBy(
            () -> resolver(gitHub("clusters")).resolve(new SecretRef.Vault("old/other", "key")))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.KEY_SERVICE_DENIED));
  }

  @Test
  void withoutARoleNothingIsExchanged() {
    Map<String, String> variables = gitHub("clusters");
    variables.remove("VAULT_ROLE");
    denied(variables, "no CI job's identity with VAULT_ROLE");
  }
}
