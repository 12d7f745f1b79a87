package io.sskuba.clouds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.Identities;
import io.sskuba.secret.KeyRing;
import io.sskuba.secret.Redactor;
import io.sskuba.secret.RemoteSecrets;
import io.sskuba.secret.SecretResolver;
import io.sskuba.secret.UserKeyRing;
import io.sskuba.spec.SecretRef;
import io.sskuba.testkit.TestServices;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Key services and secret stores as moto and Vault serve them, through the key ring and the
/// resolver of references that commands use.
class RemoteSecretsPeerIT {
  private static final byte[] CONTENT = "the bundle".getBytes(StandardCharsets.UTF_8);
  private static TestServices.Running moto;
  @TempDir static Path folder;
  private TestServices.Running vault;

  @BeforeAll
  static void start() {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "test");
    moto = TestServices.moto("127.213.5.1", folder);
    System.setProperty("aws.endpointUrl", moto.url());
  }

  @AfterAll
  static void stop() {
    for (String name : List.of("aws.accessKeyId", "aws.secretAccessKey", "aws.endpointUrl")) {
      System.clearProperty(name);
    }
    if (moto != null) {
      moto.close();
    }
  }

  @AfterEach
  void stopVault() {
    if (vault != null) {
      vault.close();
    }
  }

  private static Environment environment(Map<String, String> variables) {
    java.util.HashMap<String, String> all = new java.util.HashMap<>(variables);
    all.put("AWS_REGION", "eu-central-1");
    all.put("HOME", folder.toString());
    return new Environment(all, folder);
  }

  private static KeyRing ring(Environment environment, RemoteSecrets services) {
    Identities identities =
        new Identities(
            folder.resolve("config"),
            environment,
            RandomSource.system(),
            what -> Optional.empty(),
            services);
    return new UserKeyRing(identities, RandomSource.system(), services);
  }

  private static JsonNode aws(String service, String target, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(moto.url() + "/"))
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.1")
            .header(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/"
                    + service
                    + "/aws4_request, SignedHeaders=host, Signature=0")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return Json.parse(
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  static void assertCode(ProblemCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }

  /// Sealed with the key of a service by one, opened by another who has the right to that key, then
  /// sealed anew to a file's identity alone.
  private static void sealsOpensAndSealsAnew(String key, Environment environment) {
    RemoteSecrets services = new CloudSecrets(environment);
    KeyRing laptop = ring(environment, services);
    KeyRing.NewKey made = laptop.create(List.of(key));
    byte[] sealed = made.sealer().seal(CONTENT);
    assertThat(made.sealedTo()).hasSize(2).contains(key);
    java.util.HashMap<String, String> named = new java.util.HashMap<>(environment.variables());
    named.put("SSKUBA_IDENTITY", key);
    KeyRing job = ring(new Environment(named, folder), services);
    assertThat(job.hasIdentity()).isTrue();
    assertThat(job.open(made.sealedKey()).open(sealed)).isEqualTo(CONTENT);
    KeyRing.NewKey ofJob = job.create(List.of());
    assertThat(ofJob.sealedTo()).containsExactly(key);
    String file = made.sealedTo().getFirst();
    byte[] resealed = job.reseal(made.sealedKey(), List.of(file));
    assertThat(laptop.open(resealed).open(sealed)).isEqualTo(CONTENT);
    assertThat(job.tryOpen(resealed)).isEmpty();
  }

  @Test
  void kmsKeys() throws Exception {
    String arn =
        aws("kms", "TrentService.CreateKey", "{}").path("KeyMetadata").path("Arn").asText();
    assertThat(arn).startsWith("arn:aws:kms:eu-central-1:");
    sealsOpensAndSealsAnew("awskms:" + arn, environment(Map.of()));
    String missing = arn.substring(0, arn.length() - 4) + "0000";
    assertCode(
        ProblemCode.KEY_SERVICE_UNREACHABLE,
        () ->
            ring(environment(Map.of()), new CloudSecrets(environment(Map.of())))
                .create(List.of("awskms:" + missing)));
  }

  @Test
  void awsSecrets() throws Exception {
    aws(
        "secretsmanager",
        "secretsmanager.CreateSecret",
        "{\"Name\":\"team/token\",\"SecretString\":\"s3cret-value\",\"ClientRequestToken\":\"EXAMPLE1-90ab-cdef-fedc-ba987SECRET1\"}");
    Redactor redactor = new Redactor();
    SecretResolver resolver =
        new SecretResolver(
            environment(Map.of()),
            TimeSource.system(),
            redactor,
            new CloudSecrets(environment(Map.of())));
    assertThat(resolver.resolve(new SecretRef.AwsSecretsManager("team/token")).reveal())
        .isEqualTo("s3cret-value");
    assertCode(
        ProblemCode.SECRET_UNRESOLVED,
        () -> resolver.resolve(new SecretRef.AwsSecretsManager("team/none")));
  }

  private JsonNode vault(String method, String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(vault.url() + "/v1/" + path))
            .header("X-Vault-Token", "test-token")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(path + " " + answer.body()).isBetween(200, 204);
    return answer.body().isEmpty() ? Json.object() : Json.parse(answer.body());
  }

  private Environment withVault(String token) {
    return environment(Map.of("VAULT_ADDR", vault.url(), "VAULT_TOKEN", token));
  }

  @Test
  void transitKeys() throws Exception {
    vault = TestServices.vault("127.213.6.1", "test-token", folder);
    vault("POST", "sys/mounts/transit", "{\"type\":\"transit\"}");
    vault("POST", "sys/mounts/team/transit", "{\"type\":\"transit\"}");
    vault("POST", "transit/keys/clusters", "{}");
    vault("POST", "team/transit/keys/clusters", "{}");
    sealsOpensAndSealsAnew("vaulttransit:clusters", withVault("test-token"));
    sealsOpensAndSealsAnew("vaulttransit:team/transit/clusters", withVault("test-token"));
    KeyRing stranger = ring(withVault("wrong"), new CloudSecrets(withVault("wrong")));
    assertCode(
        ProblemCode.KEY_SERVICE_DENIED, () -> stranger.create(List.of("vaulttransit:clusters")));
    Environment none = environment(Map.of());
    assertCode(
        ProblemCode.KEY_SERVICE_DENIED,
        () -> ring(none, new CloudSecrets(none)).create(List.of("vaulttransit:clusters")));
  }

  @Test
  void vaultSecretsOfBothVersionsAndAnIdentityInVault() throws Exception {
    vault = TestServices.vault("127.213.6.1", "test-token", folder);
    vault("POST", "sys/mounts/old", "{\"type\":\"kv\",\"options\":{\"version\":\"1\"}}");
    vault("POST", "sys/mounts/secret", "{\"type\":\"kv\",\"options\":{\"version\":\"2\"}}");
    vault("POST", "old/team", "{\"token\":\"v1-value\"}");
    awaitSecondVersion();
    Environment environment = withVault("test-token");
    RemoteSecrets services = new CloudSecrets(environment);
    SecretResolver resolver =
        new SecretResolver(environment, TimeSource.system(), new Redactor(), services);
    assertThat(resolver.resolve(new SecretRef.Vault("old/team", "token")).reveal())
        .isEqualTo("v1-value");
    assertThat(resolver.resolve(new SecretRef.Vault("secret/team", "token")).reveal())
        .isEqualTo("v2-value");
    assertThat(resolver.resolve(new SecretRef.Vault("secret/data/team", "token")).reveal())
        .isEqualTo("v2-value");
    for (SecretRef missing :
        List.of(new SecretRef.Vault("secret/team", "none"), new SecretRef.Vault("secret/x", "y"))) {
      assertCode(ProblemCode.SECRET_UNRESOLVED, () -> resolver.resolve(missing));
    }
    KeyRing laptop = ring(environment, services);
    KeyRing.NewKey made = laptop.create(List.of());
    String text = java.nio.file.Files.readString(folder.resolve("config/identity"));
    vault("POST", "old/identity", Json.object().put("key", text).toString());
    java.util.HashMap<String, String> named = new java.util.HashMap<>(environment.variables());
    named.put("SSKUBA_IDENTITY", "vault:old/identity#key");
    assertThat(
            ring(new Environment(named, folder), services)
                .open(made.sealedKey())
                .open(made.sealer().seal(CONTENT)))
        .isEqualTo(CONTENT);
    vault.close();
    assertCode(
        ProblemCode.KEY_SERVICE_UNREACHABLE,
        () -> resolver.resolve(new SecretRef.Vault("old/team", "token")));
  }

  /// Version 2 is set up in the background; until then writes are refused.
  private void awaitSecondVersion() throws Exception {
    for (int i = 0; i < 100; i++) {
      try {
        vault("POST", "secret/data/team", "{\"data\":{\"token\":\"v2-value\"}}");
        return;
      } catch (AssertionError e) {
        Thread.sleep(100);
      }
    }
    throw new AssertionError("version 2 of the engine did not come up");
  }
}
