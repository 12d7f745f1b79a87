package io.sskuba.secret;

import io.sskuba.io.RandomSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.Age;
import io.sskuba.secret.age.AgeException;
import io.sskuba.secret.age.Identity;
import io.sskuba.secret.age.Recipient;
import java.util.List;

/// Seals to fixed recipients and opens with fixed identities.
public final class AgeSealer implements Sealer {
  private final List<Recipient> recipients;
  private final List<Identity> identities;
  private final RandomSource random;

  public AgeSealer(
      List<? extends Recipient> recipients,
      List<? extends Identity> identities,
      RandomSource random) {
    this.recipients = List.copyOf(recipients);
    this.identities = List.copyOf(identities);
    this.random = random;
  }

  @Override
  public byte[] seal(byte[] plaintext) {
    return Age.seal(plaintext, recipients, random);
  }

  @Override
  public byte[] open(byte[] sealed) {
    return open("a sealed file of the cluster", sealed, identities);
  }

  /// Opens one file, with age's refusals as problems.
  ///
  /// @param what the file in words, for the message
  static byte[] open(String what, byte[] sealed, List<? extends Identity> identities) {
    try {
      return Age.open(sealed, identities);
    } catch (AgeException e) {
      throw new SskubaException(problem(what, e), e);
    }
  }

  private static Problem problem(String what, AgeException e) {
    return switch (e.reason()) {
      case NO_MATCH ->
          Problem.of(ProblemCode.IDENTITY_WRONG, what + " is sealed to other keys")
              .fact("cause", String.valueOf(e.getMessage()))
              .next("sskuba-ctl explain " + ProblemCode.IDENTITY_WRONG.id());
      case CORRUPT, BAD_KEY ->
          Problem.of(ProblemCode.SEALED_CORRUPT, what + " cannot be opened")
              .fact("cause", String.valueOf(e.getMessage()))
              .next("sskuba-ctl explain " + ProblemCode.SEALED_CORRUPT.id());
    };
  }

  @Override
  public String toString() {
    return "AgeSealer[hidden]";
  }
}
