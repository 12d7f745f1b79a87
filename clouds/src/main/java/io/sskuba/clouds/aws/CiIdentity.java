package io.sskuba.clouds.aws;

import io.sskuba.clouds.JobToken;
import io.sskuba.io.Environment;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleWithWebIdentityCredentialsProvider;
import software.amazon.awssdk.services.sts.model.AssumeRoleWithWebIdentityRequest;

/// A CI job's own identity, exchanged for credentials that last an hour and are renewed five
/// minutes before they end: with `AWS_ROLE_ARN` set and no other credentials in the environment.
/// The token is [JobToken]'s; jobs that are given one in a variable set `SSKUBA_ID_TOKEN` (`aud:
/// sts.amazonaws.com`).
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
    Optional<Supplier<String>> token = JobToken.of(environment, AUDIENCE, "AWS", "SSKUBA_ID_TOKEN");
    if (role == null || role.isEmpty() || others || token.isEmpty()) {
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
                        .webIdentityToken(token.get().get())
                        .build())
            .build());
  }

  private static boolean set(Environment environment, String name) {
    String value = environment.get(name);
    return value != null && !value.isEmpty();
  }
}
