package io.sskuba.secret;

import io.sskuba.io.RandomSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.Age;
import io.sskuba.secret.age.AgeException;
import io.sskuba.secret.age.Identity;
import io.sskuba.secret.age.Recipient;
import io.sskuba.secret.age.ServiceRecipient;
import io.sskuba.secret.age.X25519Identity;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The age key pair of one cluster. Its private half is kept sealed to the user's identity and to
/// `sealing.recipients`; it never enters the cluster.
public final class ClusterKeys {
  /// Name of the sealed file that holds the private half.
  public static final String FILE = "cluster.key.age";

  private ClusterKeys() {}

  /// A new cluster key.
  ///
  /// @param sealer seals to and opens with the new key
  /// @param sealedKey the bytes of [#FILE]
  /// @param recipient the public half, `age1…`
  public record Created(Sealer sealer, byte[] sealedKey, String recipient) {
    @Override
    public String toString() {
      return "Created[recipient=" + recipient + "]";
    }
  }

  /// Makes a key pair and seals its private half to `recipients`.
  /// - Errors: `IDENTITY_MISSING` when there is no recipient.
  public static Created create(RandomSource random, List<? extends Recipient> recipients) {
    X25519Identity key = X25519Identity.generate(random);
    byte[] sealed = sealKey(key, recipients, random);
    return new Created(sealerOf(key, random), sealed, key.publicKey().toString());
  }

  /// Opens [#FILE].
  /// - Errors: `SEALED_CORRUPT`, `IDENTITY_WRONG`.
  public static Sealer open(
      byte[] sealedKey, List<? extends Identity> identities, RandomSource random) {
    return sealerOf(key(sealedKey, identities), random);
  }

  /// The same key, sealed anew: for a change of `sealing.recipients`. Files that are sealed to the
  /// cluster key stay as they are.
  public static byte[] reseal(
      byte[] sealedKey,
      List<? extends Identity> identities,
      List<? extends Recipient> recipients,
      RandomSource random) {
    return sealKey(key(sealedKey, identities), recipients, random);
  }

  /// Reads `sealing.recipients`, each once.
  /// - Errors: `SPEC_INVALID` for text that is no recipient; those of `services`.
  public static List<Recipient> recipients(List<String> texts, RemoteSecrets services) {
    List<Recipient> recipients = new ArrayList<>();
    for (String text : texts) {
      Recipient recipient = recipient(text, services);
      if (!recipients.contains(recipient)) {
        recipients.add(recipient);
      }
    }
    return List.copyOf(recipients);
  }

  private static Recipient recipient(String text, RemoteSecrets services) {
    if (RemoteSecrets.isService(text)) {
      return new ServiceRecipient(text, services.key(text));
    }
    try {
      return Recipient.parse(text);
    } catch (AgeException e) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.SPEC_INVALID,
                  "sealing.recipients: an entry is no recipient: " + e.getMessage())
              // Somebody who pastes the private half by mistake must not find it in a log.
              .fact("entry", text.length() > 12 ? text.substring(0, 12) + "…" : text)
              .next("sskuba-ctl explain sealing.recipients"),
          e);
    }
  }

  private static byte[] sealKey(
      X25519Identity key, List<? extends Recipient> recipients, RandomSource random) {
    if (recipients.isEmpty()) {
      throw SskubaException.of(
          ProblemCode.IDENTITY_MISSING,
          "the cluster's key has no recipient: nobody could open this cluster again");
    }
    String text = "# public key: " + key.publicKey() + "\n" + key.secretText() + "\n";
    return Age.seal(text.getBytes(StandardCharsets.UTF_8), recipients, random);
  }

  private static X25519Identity key(byte[] sealedKey, List<? extends Identity> identities) {
    byte[] text = AgeSealer.open("the cluster's key", sealedKey, identities);
    try {
      List<Identity> keys = Age.identities(new String(text, StandardCharsets.UTF_8));
      if (keys.size() == 1 && keys.getFirst() instanceof X25519Identity key) {
        return key;
      }
    } catch (AgeException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.SEALED_CORRUPT, "the cluster's key is sealed, but is no age key")
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
    throw SskubaException.of(
        ProblemCode.SEALED_CORRUPT, "the cluster's key file does not hold exactly one age key");
  }

  private static Sealer sealerOf(X25519Identity key, RandomSource random) {
    return new AgeSealer(List.of(key.publicKey()), List.of(key), random);
  }
}
