package io.sskuba.secret;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.RandomSource;
import io.sskuba.problem.SskubaException;
import java.nio.file.Path;
import java.util.Optional;

/// Signs with the key beside the user's identity, or, where no identity opens it, with a fresh one,
/// and says so.
public final class UserReceiptSigner implements ReceiptSigner {
  private final Path config;
  private final Identities identities;
  private final RandomSource random;

  public UserReceiptSigner(Path config, Identities identities, RandomSource random) {
    this.config = config;
    this.identities = identities;
    this.random = random;
  }

  @Override
  public ObjectNode sign(ObjectNode receipt) {
    ReceiptKey key = ReceiptKey.load(config, identity(), random);
    receipt.put(
        "signedBy",
        key.freshBecause().map(why -> "a fresh key: " + why).orElse("the user's receipt key"));
    return Receipts.sign(receipt, key);
  }

  @Override
  public Optional<String> publicKey() {
    ReceiptKey key = ReceiptKey.load(config, identity(), random);
    return key.freshBecause().isPresent() ? Optional.empty() : Optional.of(Receipts.publicKey(key));
  }

  /// The same for a rehearsal: an identity that lies elsewhere is passed over.
  public UserReceiptSigner ofThisMachine() {
    return new UserReceiptSigner(config, identities.ofThisMachine(), random);
  }

  /// The same, with an identity that is made where there is none yet: on first use by what needs a
  /// lasting key.
  public UserReceiptSigner lasting() {
    var _ = identities.findOrCreate();
    return this;
  }

  private Optional<UserIdentity> identity() {
    try {
      return identities.find();
    } catch (SskubaException e) {
      return Optional.empty();
    }
  }
}
