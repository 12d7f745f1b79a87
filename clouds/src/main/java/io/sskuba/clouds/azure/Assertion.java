package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.clouds.HttpJson;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// An identity token that Entra takes in place of a secret (federated credentials), by where it
/// comes from, in the plugin's order:
/// - a job's own, in `ARM_OIDC_TOKEN` or `SSKUBA_ID_TOKEN` (GitLab: `id_tokens: {SSKUBA_ID_TOKEN:
///   {aud: api://AzureADTokenExchange}}`); it cannot be renewed, so it ends when it says;
/// - a file that somebody else keeps fresh, `ARM_OIDC_TOKEN_FILE_PATH` or
///   `AZURE_FEDERATED_TOKEN_FILE` (workload identity of AKS), read anew each time;
/// - GitHub Actions, `ACTIONS_ID_TOKEN_REQUEST_URL` and `…_TOKEN`, there with `permissions:
///   {id-token: write}`; a new token is asked for each time.
/// - Limits: a file of 64 KiB.
/// - Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation,
///   https://docs.github.com/actions/security-for-github-actions (OIDC),
///   https://docs.gitlab.com/ci/secrets/id_token_authentication/
///
/// @param token gives the token; secret
/// @param variables for the engine's plugin; secret
/// @param ends when it cannot be shown any more
record Assertion(Supplier<String> token, Map<String, String> variables, Optional<Instant> ends) {
  private static final String AUDIENCE = "api://AzureADTokenExchange";
  private static final int FILE_MAX = 64 * 1024;

  static Optional<Assertion> of(Environment environment) {
    Optional<String> fixed = AzureCloud.value(environment, "ARM_OIDC_TOKEN", "SSKUBA_ID_TOKEN");
    if (fixed.isPresent()) {
      return Optional.of(
          new Assertion(fixed::get, Map.of("ARM_OIDC_TOKEN", fixed.get()), ends(fixed.get())));
    }
    Optional<String> file =
        AzureCloud.value(environment, "ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE");
    if (file.isPresent()) {
      Path path = environment.workingFolder().resolve(file.get());
      return Optional.of(
          new Assertion(
              () -> read(path),
              Map.of("ARM_OIDC_TOKEN_FILE_PATH", path.toString()),
              Optional.empty()));
    }
    Optional<String> url =
        AzureCloud.value(environment, "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL");
    Optional<String> bearer =
        AzureCloud.value(environment, "ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    if (url.isEmpty() || bearer.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("ACTIONS_ID_TOKEN_REQUEST_URL", url.get());
    variables.put("ACTIONS_ID_TOKEN_REQUEST_TOKEN", bearer.get());
    String audience = AzureCloud.value(environment, "ARM_OIDC_AUDIENCE").orElse(AUDIENCE);
    return Optional.of(
        new Assertion(
            () -> ofGitHub(url.get(), bearer.get(), audience), variables, Optional.empty()));
  }

  private static String read(Path file) {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(FILE_MAX), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw refused("the file of the identity token cannot be read", file.toString());
    }
  }

  private static String ofGitHub(String url, String bearer, String audience) {
    URI asked =
        URI.create(
            url
                + (url.contains("?") ? "&" : "?")
                + "audience="
                + URLEncoder.encode(audience, StandardCharsets.UTF_8));
    HttpJson.Answer answer =
        new HttpJson()
            .call(
                "the CI job's identity", asked, Map.of("Authorization", "bearer " + bearer), null);
    String token = answer.body().path("value").asText("");
    if (answer.status() != 200 || token.isEmpty()) {
      throw refused(
          "the CI job is given no identity to show to Azure",
          "status " + answer.status() + "; needed: permissions: {id-token: write}");
    }
    return token;
  }

  private static SskubaException refused(String what, String cause) {
    return new SskubaException(
        Problem.of(ProblemCode.CLOUD_CREDENTIALS, what).fact("cause", cause));
  }

  /// What a JWT says of its own end; it is Entra that checks it.
  static Optional<Instant> ends(String token) {
    JsonNode claims = claims(token);
    return claims.path("exp").canConvertToLong()
        ? Optional.of(Instant.ofEpochSecond(claims.path("exp").asLong()))
        : Optional.empty();
  }

  /// What a JWT says, unchecked; empty where it is none.
  static JsonNode claims(String token) {
    String[] parts = token.strip().split("\\.", -1);
    if (parts.length != 3) {
      return Json.object();
    }
    try {
      return Json.parse(Base64.getUrlDecoder().decode(parts[1]));
    } catch (IllegalArgumentException | UncheckedIOException e) {
      return Json.object();
    }
  }
}
