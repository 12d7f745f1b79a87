package io.sskuba.secret;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// The value of a secret. Nothing prints it by accident; whoever needs it says [#reveal].
public final class SecretValue {
  private final String value;

  public SecretValue(String value) {
    this.value = value;
  }

  public String reveal() {
    return value;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SecretValue that && MessageDigest.isEqual(bytes(), that.bytes());
  }

  /// The same for all values: a hash of a short secret would tell it.
  @Override
  public int hashCode() {
    return SecretValue.class.hashCode();
  }

  private byte[] bytes() {
    return value.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "SecretValue[hidden]";
  }
}
