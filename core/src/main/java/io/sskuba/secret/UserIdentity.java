package io.sskuba.secret;

import io.sskuba.secret.age.Identity;
import io.sskuba.secret.age.Recipient;
import java.util.List;
import java.util.Optional;

/// The user's identity: what opens the keys of the user's clusters.
///
/// @param identities at least one private key
/// @param source where it is, for messages: a path, or the name of a variable
public record UserIdentity(List<Identity> identities, String source) {
  public UserIdentity {
    identities = List.copyOf(identities);
  }

  /// Who to seal to so that this user can open it.
  public List<Recipient> recipients() {
    return identities.stream().map(Identity::recipient).flatMap(Optional::stream).toList();
  }

  @Override
  public String toString() {
    return "UserIdentity[source=" + source + "]";
  }
}
