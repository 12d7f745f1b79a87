package io.sskuba.secret;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.RandomSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.Age;
import io.sskuba.secret.age.AgeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.jspecify.annotations.Nullable;

/// The Ed25519 key that signs receipts. It lies beside the identity, sealed to it, so that the
/// identity stays the one key in the clear.
public final class ReceiptKey {
  /// Name of the file in the config folder.
  public static final String FILE = "receipt-key.age";

  private final Ed25519PrivateKeyParameters key;
  private final @Nullable String freshBecause;

  private ReceiptKey(byte[] seed, @Nullable String freshBecause) {
    this.key = new Ed25519PrivateKeyParameters(seed, 0);
    this.freshBecause = freshBecause;
  }

  /// The user's receipt key, made on first use; without an identity that opens it a fresh one,
  /// since a delete needs no identity.
  ///
  /// @param identity empty when there is none, or when its passphrase is not to be asked for
  public static ReceiptKey load(Path config, Optional<UserIdentity> identity, RandomSource random) {
    Path file = config.resolve(FILE);
    if (identity.isEmpty()) {
      return fresh(random, "there is no identity at hand");
    }
    try {
      if (Files.notExists(file)) {
        byte[] seed = random.bytes(Ed25519PrivateKeyParameters.KEY_SIZE);
        AtomicFiles.writeIfAbsent(file, Age.seal(seed, identity.get().recipients(), random));
      }
      byte[] seed = Age.open(Files.readAllBytes(file), identity.get().identities());
      return seed.length == Ed25519PrivateKeyParameters.KEY_SIZE
          ? new ReceiptKey(seed, null)
          : fresh(random, FILE + " holds no key");
    } catch (AgeException e) {
      return fresh(random, FILE + " cannot be opened: " + e.getMessage());
    } catch (IOException e) {
      return fresh(random, FILE + " cannot be read or written: " + e.getMessage());
    }
  }

  /// A key for one receipt alone.
  public static ReceiptKey fresh(RandomSource random, String because) {
    return new ReceiptKey(random.bytes(Ed25519PrivateKeyParameters.KEY_SIZE), because);
  }

  /// Why the key was made for this one use, for the user; empty when it is the user's lasting one.
  public Optional<String> freshBecause() {
    return Optional.ofNullable(freshBecause);
  }

  byte[] publicKey() {
    return key.generatePublicKey().getEncoded();
  }

  byte[] sign(byte[] message) {
    byte[] signature = new byte[Ed25519PrivateKeyParameters.SIGNATURE_SIZE];
    try {
      key.sign(
          org.bouncycastle.math.ec.rfc8032.Ed25519.Algorithm.Ed25519,
          null,
          message,
          0,
          message.length,
          signature,
          0);
    } catch (IllegalStateException e) {
      throw new SskubaException(Problem.of(ProblemCode.INTERNAL, "a receipt cannot be signed"), e);
    }
    return signature;
  }

  @Override
  public String toString() {
    return "ReceiptKey[hidden]";
  }
}
