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
  private final RemoteSecrets services;
  private final boolean thisMachine;

  /// Without key services.
  public UserKeyRing(Identities identities, RandomSource random) {
    this(identities, random, RemoteSecrets.none());
  }

  public UserKeyRing(Identities identities, RandomSource random, RemoteSecrets services) {
    this(identities, random, services, false);
  }

  private UserKeyRing(
      Identities identities, RandomSource random, RemoteSecrets services, boolean thisMachine) {
    this.identities = identities;
    this.random = random;
    this.services = services;
    this.thisMachine = thisMachine;
  }

  @Override
  public KeyRing ofThisMachine() {
    return new UserKeyRing(identities.ofThisMachine(), random, RemoteSecrets.none(), true);
  }

  /// For a rehearsal those that can be sealed to without asking anybody.
  private List<String> reached(List<String> recipients) {
    return thisMachine
        ? recipients.stream().filter(r -> !RemoteSecrets.isService(r)).toList()
        : recipients;
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
    all.addAll(ClusterKeys.recipients(reached(recipients), services));
    names.addAll(reached(recipients));
    ClusterKeys.Created created = ClusterKeys.create(random, all);
    return new NewKey(created.sealer(), created.sealedKey(), names);
  }

  @Override
  public Sealer open(byte[] sealedKey) {
    return ClusterKeys.open(sealedKey, required(), random);
  }

  @Override
  public byte[] reseal(byte[] sealedKey, List<String> recipients) {
    return ClusterKeys.reseal(
        sealedKey, required(), ClusterKeys.recipients(reached(recipients), services), random);
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
    all.addAll(ClusterKeys.recipients(reached(recipients), services));
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
