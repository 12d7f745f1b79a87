package io.sskuba.secret;

import io.sskuba.io.RandomSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.Identity;
import io.sskuba.secret.age.Recipient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The key ring of the user who runs the command: identities from `SSKUBA_IDENTITY` or the identity
/// file.
public final class UserKeyRing implements KeyRing {
  private final Identities identities;
  private final RandomSource random;

  public UserKeyRing(Identities identities, RandomSource random) {
    this.identities = identities;
    this.random = random;
  }

  @Override
  public boolean hasIdentity() {
    return identities.exists();
  }

  @Override
  public NewKey create(List<String> recipients) {
    List<Recipient> all = new ArrayList<>(identities.findOrCreate().recipients());
    List<String> names = new ArrayList<>();
    all.forEach(r -> names.add(r.toString()));
    all.addAll(ClusterKeys.recipients(recipients));
    names.addAll(recipients);
    ClusterKeys.Created created = ClusterKeys.create(random, all);
    return new NewKey(created.sealer(), created.sealedKey(), names);
  }

  @Override
  public Sealer open(byte[] sealedKey) {
    return ClusterKeys.open(sealedKey, required(), random);
  }

  @Override
  public byte[] reseal(byte[] sealedKey, List<String> recipients) {
    return ClusterKeys.reseal(sealedKey, required(), ClusterKeys.recipients(recipients), random);
  }

  @Override
  public Optional<Sealer> tryOpen(byte[] sealedKey) {
    try {
      return identities
          .find()
          .map(found -> ClusterKeys.open(sealedKey, found.identities(), random));
    } catch (SskubaException e) {
      return Optional.empty();
    }
  }

  @Override
  public Sealer toUser(List<String> recipients) {
    UserIdentity user = identities.findOrCreate();
    List<Recipient> all = new ArrayList<>(user.recipients());
    all.addAll(ClusterKeys.recipients(recipients));
    return new AgeSealer(all, user.identities(), random);
  }

  private List<Identity> required() {
    return identities
        .find()
        .orElseThrow(
            () ->
                SskubaException.of(
                    ProblemCode.IDENTITY_MISSING,
                    "no identity is at hand: " + identities.file() + " does not exist"))
        .identities();
  }
}
