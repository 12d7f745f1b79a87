package io.sskuba.clouds.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.sskuba.clouds.azure.AzureDoor.Answer;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The ways in which users sign in to Azure, against a stand-in of Entra's token endpoint, and a
/// stand-in of the Azure CLI whose output is as the real one's.
class AzureAccessTest {
  private static final ClusterSpec SPEC =
      AzureRoom.spec(
          """
          apiVersion: sskuba.io/v1alpha1
          kind: Cluster
          metadata: {name: who, domain: data.example.org}
          gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
          target:
            provider: azure
            subscription: 00000000-0000-0000-0000-000000000000
            region: australiaeast
            zones: ["1", "2", "3"]
            network: {cidr: 10.30.0.0/16, adminCidrs: [203.0.113.0/24]}
            controlPlane: {count: 1, type: Standard_D4s_v5}
          """);

  private static final Map<String, String> IDS =
      Map.of("ARM_CLIENT_ID", AzureDoor.CLIENT, "ARM_TENANT_ID", AzureDoor.TENANT);

  private static AzureRoom room;
  @TempDir Path folder;

  @BeforeAll
  static void start() {
    room = new AzureRoom("127.221.2.1");
  }

  @AfterAll
  static void stop() {
    room.close();
  }

  @BeforeEach
  void fits() {
    room.fits();
  }

  private AzureAccount account(Map<String, String> variables) {
    return room.account(SPEC, variables, folder);
  }

  private static Map<String, String> with(Map<String, String> one, Map<String, String> more) {
    Map<String, String> all = new HashMap<>(one);
    all.putAll(more);
    return all;
  }

  private static Problem refused(AzureAccount account) {
    try {
      account.identity();
    } catch (SskubaException e) {
      assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_CREDENTIALS);
      assertThat(e.problem().code().kind().exitCode()).isEqualTo(5);
      assertThat(e.problem().toString()).doesNotContain("geheim", "secret of the tenant");
      return e.problem();
    }
    throw new AssertionError("let in");
  }

  @Test
  void aSecretOfTheEnvironmentSignsInAndThePluginIsGivenItByItsOwnNames() {
    AzureAccount account = account(AzureRoom.secret(Map.of()));
    assertThat(account.identity().subject()).contains(AzureDoor.CLIENT);
    assertThat(room.door.grants()).hasSize(1);
    assertThat(room.door.grants().getFirst())
        .startsWith("/" + AzureDoor.TENANT + "/oauth2/v2.0/token ")
        .contains("grant_type=client_credentials", "client_secret=geheim~geheim")
        .contains("scope=https://management.azure.com/.default");
    assertThat(account.variables())
        .isEqualTo(
            Map.of(
                "ARM_SUBSCRIPTION_ID", AzureRoom.SUBSCRIPTION,
                "ARM_CLIENT_ID", AzureDoor.CLIENT,
                "ARM_TENANT_ID", AzureDoor.TENANT,
                "ARM_CLIENT_SECRET", "geheim~geheim"));
  }

  @Test
  void aSecretThatIsWrongIsToldByEntrasCodeAlone() {
    room.door.entra(
        Answer.of(
            401,
            "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client"
                + " secret provided for secret of the tenant.\",\"error_codes\":[7000215]}"));
    assertThat(refused(account(AzureRoom.secret(Map.of()))).toString()).contains("AADSTS7000215");
  }

  @Test
  void aHalfOfTheVariablesIsSaidWithoutACall() {
    assertThatThrownBy(() -> account(Map.of("ARM_CLIENT_SECRET", "geheim")))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e ->
                assertThat(e.problem().toString())
                    .contains("ARM_CLIENT_ID")
                    .doesNotContain("geheim"));
    assertThat(room.door.grants()).isEmpty();
  }

  @Test
  void aCertificateSignsAnAssertion() throws Exception {
    Path pem = folder.resolve("client.pem");
    Files.writeString(pem, AzureDoor.pem());
    AzureAccount account =
        account(with(IDS, Map.of("AZURE_CLIENT_CERTIFICATE_PATH", pem.toString())));
    assertThat(account.identity().subject()).contains(AzureDoor.CLIENT);
    assertThat(room.door.grants().getFirst())
        .contains("client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .contains("client_assertion=ey");
    assertThat(account.variables())
        .containsEntry("ARM_CLIENT_CERTIFICATE_PATH", pem.toString())
        .doesNotContainKey("ARM_CLIENT_SECRET");
  }

  @Test
  void aJobsTokenIsShownInPlaceOfASecretAndEndsWhenItSays() {
    long end = Instant.now().getEpochSecond() + 600;
    String token = AzureDoor.jwt("{\"sub\":\"project_path:a/b\",\"exp\":" + end + "}");
    AzureAccount account = account(with(IDS, Map.of("SSKUBA_ID_TOKEN", token)));
    assertThat(account.identity().expires()).contains(Instant.ofEpochSecond(end));
    assertThat(room.door.grants().getFirst()).contains("client_assertion=" + token);
    assertThat(account.variables())
        .isEqualTo(
            with(
                IDS,
                Map.of(
                    "ARM_SUBSCRIPTION_ID",
                    AzureRoom.SUBSCRIPTION,
                    "ARM_USE_OIDC",
                    "true",
                    "ARM_OIDC_TOKEN",
                    token)));
    List<Finding> findings = account.findings(SPEC, Duration.ofMinutes(45));
    assertThat(findings).hasSize(1);
    assertThat(findings.getFirst().stops()).isFalse();
    assertThat(findings.getFirst().problem().code()).isEqualTo(ProblemCode.CLOUD_CREDENTIALS);
    String over = AzureDoor.jwt("{\"exp\":" + (end - 1000) + "}");
    findings =
        account(with(IDS, Map.of("ARM_OIDC_TOKEN", over))).findings(SPEC, Duration.ofMinutes(45));
    assertThat(findings.getFirst().stops()).isTrue();
    assertThat(findings.getFirst().problem().toString()).doesNotContain(over);
  }

  @Test
  void aTokenThatEntraFindsEndedIsTold() {
    room.door.entra(
        Answer.of(
            401,
            "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS700024: Client assertion"
                + " is not within its valid time range.\",\"error_codes\":[700024]}"));
    String token = AzureDoor.jwt("{\"exp\":1}");
    assertThat(refused(account(with(IDS, Map.of("SSKUBA_ID_TOKEN", token)))).toString())
        .contains("AADSTS700024");
  }

  @Test
  void aFileOfTokensIsReadAnewAndNamedToThePlugin() throws IOException {
    Path file = folder.resolve("token");
    String token = AzureDoor.jwt("{\"exp\":1}");
    Files.writeString(file, token + "\n");
    Map<String, String> variables =
        Map.of(
            "AZURE_CLIENT_ID", AzureDoor.CLIENT,
            "AZURE_TENANT_ID", AzureDoor.TENANT,
            "AZURE_FEDERATED_TOKEN_FILE", file.toString());
    AzureAccount account = account(variables);
    assertThat(account.identity().expires()).as("somebody keeps it fresh").isEmpty();
    assertThat(room.door.grants().getFirst()).contains("client_assertion=" + token);
    assertThat(account.variables())
        .containsEntry("ARM_USE_OIDC", "true")
        .containsEntry("ARM_OIDC_TOKEN_FILE_PATH", file.toString())
        .doesNotContainKey("ARM_OIDC_TOKEN");
    Files.delete(file);
    assertThat(refused(account(variables)).summary()).contains("identity token cannot be read");
  }

  @Test
  void gitHubsIdentityIsAskedForAndShown() throws IOException {
    String token = AzureDoor.jwt("{\"iss\":\"https://token.actions.githubusercontent.com\"}");
    List<String> asked = new java.util.concurrent.CopyOnWriteArrayList<>();
    int[] status = {200};
    HttpServer github = HttpServer.create(new InetSocketAddress("127.221.2.2", 0), 0);
    github.createContext(
        "/",
        exchange -> {
          asked.add(
              exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization"));
          byte[] bytes = ("{\"value\":\"" + token + "\"}").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status[0], bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    github.start();
    try {
      Map<String, String> variables =
          with(
              IDS,
              Map.of(
                  "ACTIONS_ID_TOKEN_REQUEST_URL",
                  "http://127.221.2.2:" + github.getAddress().getPort() + "/token?api-version=2.0",
                  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                  "geheim-von-github"));
      AzureAccount account = account(variables);
      assertThat(account.identity().expires()).as("renewed each time").isEmpty();
      assertThat(asked)
          .as("the library asks when it is made, and when it shows it")
          .hasSizeBetween(1, 2)
          .containsOnly(
              "/token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange bearer"
                  + " geheim-von-github");
      assertThat(room.door.grants().getFirst()).contains("client_assertion=" + token);
      assertThat(account.variables())
          .containsEntry("ARM_USE_OIDC", "true")
          .containsKeys("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
      status[0] = 403;
      assertThat(refused(account(variables)).toString()).contains("id-token: write");
    } finally {
      github.stop(0);
    }
  }

  /// A stand-in of `az` that answers as azure-cli 2.60 does.
  private Map<String, String> az(String script) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path az = bin.resolve("az");
    Files.writeString(az, "#!/bin/sh\necho \"$*\" >> \"$HOME/az.log\"\n" + script + "\n");
    Files.setPosixFilePermissions(az, PosixFilePermissions.fromString("rwx------"));
    return Map.of("PATH", bin + ":/usr/bin:/bin");
  }

  @Test
  void theCliOfASignedInUserGivesItsToken() throws IOException {
    String token = room.door.token();
    AzureAccount account =
        account(
            az(
                """
                cat <<END
                {
                  "accessToken": "%s",
                  "expiresOn": "2026-11-25 23:59:59.000000",
                  "expires_on": %d,
                  "subscription": "%s",
                  "tenant": "%s",
                  "tokenType": "Bearer"
                }
                END
                """
                    .formatted(
                        token,
                        Instant.now().getEpochSecond() + 3600,
                        AzureRoom.SUBSCRIPTION,
                        AzureDoor.TENANT)));
    assertThat(account.findings(SPEC, Duration.ofMinutes(15))).isEmpty();
    assertThat(Files.readString(folder.resolve("az.log")))
        .as("once for all calls, and nothing secret among its arguments")
        .isEqualTo(
            "account get-access-token --output json --subscription "
                + AzureRoom.SUBSCRIPTION
                + " --resource https://management.azure.com/\n");
    assertThat(room.door.grants()).isEmpty();
    assertThat(account.variables())
        .isEqualTo(Map.of("ARM_SUBSCRIPTION_ID", AzureRoom.SUBSCRIPTION));
  }

  @Test
  void theCliOfNobodyIsTold() throws IOException {
    Problem problem =
        refused(account(az("echo \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1")));
    assertThat(problem.toString()).contains("nobody is signed in");
    assertThat(problem.next()).contains("az login");
    problem =
        refused(
            account(
                az(
                    "echo 'ERROR: AADSTS700082: The refresh token has expired due to inactivity."
                        + " secret of the tenant' >&2\nexit 1")));
    assertThat(problem.toString()).contains("AADSTS700082");
    problem =
        refused(
            account(
                az(
                    "echo \"ERROR: Subscription '00000000-0000-0000-0000-000000000000' not found."
                        + " Check the spelling and casing and try again.\" >&2\nexit 1")));
    assertThat(problem.toString()).contains("is not among those of its sign-in");
    problem = refused(account(Map.of("PATH", "/nonexistent")));
    assertThat(problem.toString()).contains("no az on the PATH");
  }

  @Test
  void aTokenGoesNowhereElse() {
    room.door.answer(
        "/virtualNetworks", "{\"value\": [], \"nextLink\": \"https://127.0.0.9/next\"}");
    AzureAccount account = account(AzureRoom.secret(Map.of()));
    List<Finding> findings = account.findings(SPEC, Duration.ofMinutes(15));
    assertThat(findings).hasSize(1);
    assertThat(findings.getFirst().problem().toString())
        .contains("networks", "leads to another host");
    assertThatThrownBy(
            () ->
                AzureCloud.of(
                    new io.sskuba.io.Environment(
                        Map.of("ARM_RESOURCE_MANAGER_ENDPOINT", "http://example.org"), folder)))
        .isInstanceOf(SskubaException.class);
  }
}
