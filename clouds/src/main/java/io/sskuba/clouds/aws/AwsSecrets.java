package io.sskuba.clouds.aws;

import io.sskuba.clouds.BucketProblems;
import io.sskuba.clouds.RemoteCall;
import io.sskuba.clouds.SecretProblems;
import io.sskuba.io.Environment;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.KeyWrapping;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.KmsClientBuilder;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClientBuilder;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueResponse;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/// KMS keys and Secrets Manager, with the user's native credentials.
/// - Limits: 30 s a call, 4 attempts.
public final class AwsSecrets {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /// Bound to each wrapped key, so that a policy can allow the key for this and nothing else.
  private static final Map<String, String> CONTEXT = Map.of("sskuba", "age-file-key");

  private static final Set<String> DENIED =
      Set.of(
          "AccessDeniedException",
          "UnrecognizedClientException",
          "InvalidSignatureException",
          "ExpiredTokenException",
          "InvalidClientTokenId");

  private final Environment environment;

  public AwsSecrets(Environment environment) {
    this.environment = environment;
  }

  /// The KMS key of an ARN, in the ARN's region.
  public KeyWrapping key(String arn) {
    String[] parts = arn.split(":", 6);
    Optional<String> region = parts.length == 6 ? Optional.of(parts[3]) : Optional.empty();
    String what = "the KMS key " + arn;
    return new KeyWrapping() {
      @Override
      public byte[] wrap(byte[] fileKey) {
        return call(
            what,
            "kms:Encrypt",
            () -> {
              try (KmsClient kms = kms(region)) {
                return kms.encrypt(
                        r ->
                            r.keyId(arn)
                                .plaintext(SdkBytes.fromByteArray(fileKey))
                                .encryptionContext(CONTEXT))
                    .ciphertextBlob()
                    .asByteArray();
              }
            });
      }

      @Override
      public byte[] unwrap(byte[] wrapped) {
        return call(
            what,
            "kms:Decrypt",
            () -> {
              try (KmsClient kms = kms(region)) {
                return kms.decrypt(
                        r ->
                            r.keyId(arn)
                                .ciphertextBlob(SdkBytes.fromByteArray(wrapped))
                                .encryptionContext(CONTEXT))
                    .plaintext()
                    .asByteArray();
              }
            });
      }
    };
  }

  /// @param name name or ARN
  public byte[] value(String name, String shown) {
    Optional<String> region =
        name.startsWith("arn:") ? Optional.of(name.split(":", 7)[3]) : Optional.empty();
    try {
      return call(
          "the secret " + name,
          "secretsmanager:GetSecretValue",
          () -> {
            SecretsManagerClientBuilder builder = SecretsManagerClient.builder();
            AwsAccess.of(environment, Optional.empty(), region).configure(builder, LIMIT);
            try (SecretsManagerClient client = builder.build()) {
              GetSecretValueResponse answer = client.getSecretValue(r -> r.secretId(name));
              return answer.secretString() != null
                  ? answer.secretString().getBytes(StandardCharsets.UTF_8)
                  : answer.secretBinary().asByteArray();
            }
          });
    } catch (ResourceNotFoundException e) {
      throw SecretProblems.missing(shown, "there is no secret of this name");
    }
  }

  private KmsClient kms(Optional<String> region) {
    KmsClientBuilder builder = KmsClient.builder();
    AwsAccess.of(environment, Optional.empty(), region).configure(builder, LIMIT);
    return builder.build();
  }

  private static <T> T call(String what, String right, Callable<T> call) {
    try {
      return RemoteCall.run(LIMIT.plusSeconds(2), call);
    } catch (ResourceNotFoundException e) {
      throw e;
    } catch (AwsServiceException e) {
      throw problem(what, right, e);
    } catch (SdkClientException e) {
      String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
      throw message.contains("credentials") || message.contains("profile")
          ? SecretProblems.denied(what, BucketProblems.cause(e), right, e)
          : SecretProblems.unreachable(what, BucketProblems.cause(e), e);
    } catch (SdkException | RemoteCall.Overdue e) {
      throw SecretProblems.unreachable(what, BucketProblems.cause(e), e);
    }
  }

  private static SskubaException problem(String what, String right, AwsServiceException e) {
    String code = e.awsErrorDetails() == null ? "" : e.awsErrorDetails().errorCode();
    String cause = (code + " " + e.statusCode()).strip();
    return DENIED.contains(code) || e.statusCode() == 403
        ? SecretProblems.denied(what, cause, right, e)
        : SecretProblems.unreachable(what, cause, e);
  }
}
