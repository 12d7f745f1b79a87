package io.sskuba.clouds;

import io.sskuba.clouds.aws.AwsSecrets;
import io.sskuba.clouds.azure.KeyVault;
import io.sskuba.clouds.vault.VaultClient;
import io.sskuba.io.Environment;
import io.sskuba.secret.RemoteSecrets;
import io.sskuba.secret.SecretResolver;
import io.sskuba.secret.age.KeyWrapping;
import io.sskuba.spec.SecretRef;

/// Key services and secret stores by their kind.
final class CloudSecrets implements RemoteSecrets {
  private final Environment environment;

  /// One, so that a CI job's identity is exchanged once.
  private final VaultClient vault;

  CloudSecrets(Environment environment) {
    this.environment = environment;
    this.vault = new VaultClient(environment);
  }

  @Override
  public KeyWrapping key(String name) {
    String key = name.substring(name.indexOf(':') + 1);
    return switch (name.substring(0, name.indexOf(':') + 1)) {
      case "awskms:" -> new AwsSecrets(environment).key(key);
      case "azurekv:" -> new KeyVault().key(key);
      case "vaulttransit:" -> vault.transit(key);
      default -> throw new IllegalArgumentException("no key of a service");
    };
  }

  @Override
  public byte[] value(SecretRef reference) {
    String shown = SecretResolver.describe(reference);
    return switch (reference) {
      case SecretRef.Vault v -> vault.value(v.path(), v.key(), shown);
      case SecretRef.AwsSecretsManager a -> new AwsSecrets(environment).value(a.name(), shown);
      case SecretRef.AzureKeyVault k -> new KeyVault().value(k.vault(), k.name(), shown);
      case SecretRef.Env _, SecretRef.File _, SecretRef.Exec _ ->
          throw new IllegalArgumentException("a reference of this machine");
    };
  }
}
