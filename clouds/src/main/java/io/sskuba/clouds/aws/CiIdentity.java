package io.sskuba.clouds.aws;

import io.sskuba.clouds.HttpJson;
import io.sskuba.io.Environment;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleWithWebIdentityCredentialsProvider;
import software.amazon.awssdk.services.sts.model.AssumeRoleWithWebIdentityRequest;

/// A CI job's own identity, exchanged for credentials that last an hour and are renewed five
/// minutes before they end: with `AWS_ROLE_ARN` set and no other credentials in the environment.
/// - GitHub Actions: `ACTIONS_ID_TOKEN_REQUEST_URL` and `…_TOKEN`, there with `permissions:
///   {id-token: write}`; a new token is asked for at each renewal.
/// - GitLab and others: `SSKUBA_ID_TOKEN`, which the job sets (`id_tokens: {SSKUBA_ID_TOKEN: {aud:
///   sts.amazonaws.com}}`); a job's token that ended cannot be renewed.
/// - Source: https://docs.github.com/actions/security-for-github-actions (OIDC),
///   https://docs.gitlab.com/ci/secrets/id_token_authentication/
final class CiIdentity {
  private static final String AUDIENCE = "sts.amazonaws.com";
  private static final String ROLE = "AWS_ROLE_ARN";

  private CiIdentity() {}

  /// Empty where the job has none, or native credentials go before it. Made with no call.
  static Optional<AwsCredentialsProvider> of(Environment environment, Region region) {
    String role = environment.get(ROLE);
    boolean others =
        set(environment, "AWS_ACCESS_KEY_ID")
            || set(environment, "AWS_WEB_IDENTITY_TOKEN_FILE")
            || set(environment, "AWS_PROFILE");
    Supplier<String> token = token(environment);
    if (role == null || role.isEmpty() || others || token == null) {
      return Optional.empty();
    }
    StsClientBuilder builder = StsClient.builder();
    new AwsAccess(AnonymousCredentialsProvider.create(), region)
        .configure(builder, AwsClients.LIMIT);
    String session = environment.get("AWS_ROLE_SESSION_NAME");
    return Optional.of(
        StsAssumeRoleWithWebIdentityCredentialsProvider.builder()
            .stsClient(builder.build())
            .refreshRequest(
                () ->
                    AssumeRoleWithWebIdentityRequest.builder()
                        .roleArn(role)
                        .roleSessionName(session == null || session.isEmpty() ? "sskuba" : session)
                        .webIdentityToken(token.get())
                        .build())
            .build());
  }

  private static boolean set(Environment environment, String name) {
    String value = environment.get(name);
    return value != null && !value.isEmpty();
  }

  private static @Nullable Supplier<String> token(Environment environment) {
    if (set(environment, "SSKUBA_ID_TOKEN")) {
      return () -> String.valueOf(environment.get("SSKUBA_ID_TOKEN"));
    }
    String url = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL");
    String bearer = environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    if (url == null || url.isEmpty() || bearer == null || bearer.isEmpty()) {
      return null;
    }
    return () -> ofGitHub(url, bearer);
  }

  private static String ofGitHub(String url, String bearer) {
    URI asked = URI.create(url + (url.contains("?") ? "&" : "?") + "audience=" + AUDIENCE);
    HttpJson.Answer answer =
        new HttpJson()
            .call(
                "the CI job's identity", asked, Map.of("Authorization", "bearer " + bearer), null);
    String token = answer.body().path("value").asText();
    if (answer.status() != 200 || token.isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.CLOUD_CREDENTIALS, "the CI job is given no identity to show to AWS")
              .fact("cause", "status " + answer.status())
              .fact("needed", "permissions: {id-token: write}"));
    }
    return token;
  }
}
