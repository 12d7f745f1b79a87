package io.sskuba.secret;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.KeyWrapping;
import io.sskuba.spec.SecretRef;
import java.util.List;

/// Key services and secret stores that are reached over the network: KMS, Key Vault, Vault.
///
/// Errors: `SECRET_UNRESOLVED` for a value that is not there, `KEY_SERVICE_DENIED`,
/// `KEY_SERVICE_UNREACHABLE`.
public interface RemoteSecrets {
  /// The kinds of recipients and identities that are keys of a service.
  List<String> SERVICES = List.of("awskms:", "azurekv:", "vaulttransit:");

  static boolean isService(String text) {
    return SERVICES.stream().anyMatch(text::startsWith);
  }

  /// The key that `awskms:ARN`, `azurekv:KEY-URL` or `vaulttransit:KEY` names. Calls nobody yet.
  KeyWrapping key(String name);

  /// The value of a `vault`, `awsSecretsManager` or `azureKeyVault` reference.
  byte[] value(SecretRef reference);

  /// Reaches nothing: what a rehearsal gets.
  static RemoteSecrets none() {
    return new RemoteSecrets() {
      @Override
      public KeyWrapping key(String name) {
        throw new SskubaException(
            Problem.of(
                    ProblemCode.SPEC_UNSUPPORTED,
                    name + " cannot be used here: nothing outside this machine is reached")
                .fact("supported here", "age1… and ssh-ed25519 … recipients")
                .next("sskuba-ctl explain sealing.recipients"));
      }

      @Override
      public byte[] value(SecretRef reference) {
        throw new SskubaException(
            Problem.of(
                    ProblemCode.SECRET_UNRESOLVED,
                    "the secret reference "
                        + SecretResolver.describe(reference)
                        + " cannot be resolved here: nothing outside this machine is reached")
                .fact("supported here", "env, file, exec")
                .next("sskuba-ctl explain " + ProblemCode.SECRET_UNRESOLVED.id()));
      }
    };
  }
}
