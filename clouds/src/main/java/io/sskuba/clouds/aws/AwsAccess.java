package io.sskuba.clouds.aws;

import io.sskuba.io.Environment;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleWithWebIdentityCredentialsProvider;

/// How this user reaches AWS: the native credentials of the SDK's default chain (environment, web
/// identity, profiles, SSO, container, instance) or a CI job's identity ([CiIdentity]), a region,
/// and limits for each call.
///
/// @param region empty where neither we nor the user's settings know one; then `us-east-1`, whose
///   answers name the right one
record AwsAccess(AwsCredentialsProvider credentials, Region region) {
  private static final int ATTEMPTS = 4;
  private static final Duration ATTEMPT = Duration.ofSeconds(10);

  static AwsAccess of(Environment environment, Optional<String> profile, Optional<String> region) {
    DefaultCredentialsProvider.Builder credentials = DefaultCredentialsProvider.builder();
    profile.ifPresent(credentials::profileName);
    Region known = region.map(Region::of).orElseGet(() -> ofSettings(environment, profile));
    Optional<AwsCredentialsProvider> job =
        profile.isPresent() ? Optional.empty() : CiIdentity.of(environment, known);
    return new AwsAccess(job.orElseGet(credentials::build), known);
  }

  private static Region ofSettings(Environment environment, Optional<String> profile) {
    for (String name : new String[] {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
      String value = environment.get(name);
      if (value != null && !value.isEmpty()) {
        return Region.of(value);
      }
    }
    try {
      DefaultAwsRegionProviderChain.Builder chain = DefaultAwsRegionProviderChain.builder();
      profile.ifPresent(chain::profileName);
      return chain.build().getRegion();
    } catch (SdkClientException e) {
      return Region.US_EAST_1;
    }
  }

  /// A CI job's role, exchanged for a session, as variables for programs that cannot exchange it
  /// themselves; empty for all other credentials, which they find as we do.
  Map<String, String> ofJob() {
    if (credentials instanceof StsAssumeRoleWithWebIdentityCredentialsProvider job
        && job.resolveCredentials() instanceof AwsSessionCredentials session) {
      return Map.of(
          "AWS_ACCESS_KEY_ID", session.accessKeyId(),
          "AWS_SECRET_ACCESS_KEY", session.secretAccessKey(),
          "AWS_SESSION_TOKEN", session.sessionToken());
    }
    return Map.of();
  }

  /// When the credentials end, renewed where they renew themselves: as their provider says, or, for
  /// a session in the environment, as `aws configure export-credentials` writes it beside.
  Optional<Instant> expires(Environment environment) {
    AwsCredentials now = (AwsCredentials) credentials.resolveCredentials();
    Optional<Instant> known = now.expirationTime();
    String written = environment.get("AWS_CREDENTIAL_EXPIRATION");
    if (known.isPresent() || written == null || !(now instanceof AwsSessionCredentials)) {
      return known;
    }
    try {
      return Optional.of(OffsetDateTime.parse(written).toInstant());
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  <B extends AwsClientBuilder<B, ?> & AwsSyncClientBuilder<B, ?>> void configure(
      B builder, Duration limit, ExecutionInterceptor... interceptors) {
    ClientOverrideConfiguration.Builder limits =
        ClientOverrideConfiguration.builder()
            .apiCallTimeout(limit)
            .apiCallAttemptTimeout(ATTEMPT)
            .retryStrategy(
                AwsRetryStrategy.forRetryMode(RetryMode.STANDARD).toBuilder()
                    .maxAttempts(ATTEMPTS)
                    .build());
    for (ExecutionInterceptor interceptor : interceptors) {
      limits.addExecutionInterceptor(interceptor);
    }
    builder
        .credentialsProvider(credentials)
        .region(region)
        .overrideConfiguration(limits.build())
        .httpClient(
            UrlConnectionHttpClient.builder()
                .connectionTimeout(Duration.ofSeconds(5))
                .socketTimeout(ATTEMPT)
                .build());
  }
}
