package io.sskuba.secret.age;

import io.sskuba.io.RandomSource;
import java.util.List;

/// A key of a key service, `awskms:ARN` and the like.
///
/// Its stanza is `-> sskuba-key-service NAME` with the wrapped file key as body; other age tools
/// pass over it, as over each stanza whose type they do not know.
public final class ServiceRecipient implements Recipient {
  static final String TYPE = "sskuba-key-service";

  private final String name;
  private final KeyWrapping wrapping;

  /// @param name printable, without blanks
  public ServiceRecipient(String name, KeyWrapping wrapping) {
    if (!name.matches("[\\x21-\\x7e]{1,512}")) {
      throw AgeException.badKey("the name of a key of a service holds blanks or is too long");
    }
    this.name = name;
    this.wrapping = wrapping;
  }

  @Override
  public Stanza wrap(byte[] fileKey, RandomSource random) {
    return new Stanza(List.of(TYPE, name), wrapping.wrap(fileKey));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ServiceRecipient that && name.equals(that.name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
