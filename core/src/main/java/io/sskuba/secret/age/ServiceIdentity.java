package io.sskuba.secret.age;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The right to use a key of a key service. Holds no secret itself.
public final class ServiceIdentity implements Identity {
  private final String name;
  private final KeyWrapping wrapping;

  public ServiceIdentity(String name, KeyWrapping wrapping) {
    this.name = name;
    this.wrapping = wrapping;
  }

  @Override
  public byte @Nullable [] unwrap(Stanza stanza) {
    if (!stanza.type().equals(ServiceRecipient.TYPE)) {
      return null;
    }
    if (stanza.arguments().size() != 2) {
      throw AgeException.corrupt("a stanza of a key service does not name one key");
    }
    if (!stanza.arguments().get(1).equals(name)) {
      return null;
    }
    byte[] fileKey = wrapping.unwrap(stanza.body());
    if (fileKey.length != Primitives.FILE_KEY) {
      throw AgeException.corrupt("the key service unwrapped something that is no file key");
    }
    return fileKey;
  }

  @Override
  public Optional<Recipient> recipient() {
    return Optional.of(new ServiceRecipient(name, wrapping));
  }
}
