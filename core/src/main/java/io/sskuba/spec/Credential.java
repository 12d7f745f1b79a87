package io.sskuba.spec;

/// A user name and password by reference.
public sealed interface Credential {
  record Pair(SecretRef username, SecretRef password) implements Credential {}

  /// One reference whose value is the JSON `{"username": …, "password": …}`.
  record JsonValue(SecretRef ref) implements Credential {}

  record VaultKeys(String path, String usernameKey, String passwordKey) implements Credential {}
}
