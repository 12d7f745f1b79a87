package io.sskuba.spec;

import java.util.List;

/// Where a secret is, never what it is (contract, section 1).
public sealed interface SecretRef {
  record Env(String name) implements SecretRef {}

  /// @param path absolute; relative ones of the file were resolved against it
  record File(String path) implements SecretRef {}

  record Exec(List<String> argv) implements SecretRef {
    public Exec {
      argv = List.copyOf(argv);
    }
  }

  record Vault(String path, String key) implements SecretRef {}

  record AwsSecretsManager(String name) implements SecretRef {}

  record AzureKeyVault(String vault, String name) implements SecretRef {}
}
