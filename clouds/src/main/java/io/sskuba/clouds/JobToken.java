package io.sskuba.clouds;

import io.sskuba.io.Environment;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The identity that a CI system gives to a job: a signed token (JWT) for one audience.
/// - GitHub Actions: `ACTIONS_ID_TOKEN_REQUEST_URL` and `…_TOKEN`, there with `permissions:
///   {id-token: write}`; each call asks for a new token.
/// - GitLab and others: a variable that the job sets (`id_tokens: {NAME: {aud: …}}`); a token that
///   ended cannot be renewed.
/// - Source: https://docs.github.com/actions/security-for-github-actions (OIDC),
///   https://docs.gitlab.com/ci/secrets/id_token_authentication/
public final class JobToken {
  private JobToken() {}

  /// Empty where the job has none. Made with no call.
  ///
  /// @param audience whom the token is for
  /// @param shownTo who gets it, in words
  /// @param variables that may hold a token for that audience, the first one that does is taken
  public static Optional<Supplier<String>> of(
      Environment environment, String audience, String shownTo, String... variables) {
    for (String variable : variables) {
      String token = environment.get(variable);
      if (token != null && !token.isEmpty()) {
        return Optional.of(() -> token);
      }
    }
    String url = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL");
    String bearer = environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    if (url == null || url.isEmpty() || bearer == null || bearer.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(() -> ofGitHub(url, bearer, audience, shownTo));
  }

  private static String ofGitHub(String url, String bearer, String audience, String shownTo) {
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
    String token = answer.body().path("value").asText();
    if (answer.status() != 200 || token.isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.CLOUD_CREDENTIALS,
                  "the CI job is given no identity to show to " + shownTo)
              .fact("cause", "status " + answer.status())
              .fact("needed", "permissions: {id-token: write}"));
    }
    return token;
  }
}
