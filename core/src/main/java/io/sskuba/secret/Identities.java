package io.sskuba.secret;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Environment;
import io.sskuba.io.FileRights;
import io.sskuba.io.RandomSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.Age;
import io.sskuba.secret.age.AgeException;
import io.sskuba.secret.age.Identity;
import io.sskuba.secret.age.ScryptIdentity;
import io.sskuba.secret.age.ServiceIdentity;
import io.sskuba.secret.age.X25519Identity;
import io.sskuba.spec.SecretRef;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds the user's identity (contract, section 5): `SSKUBA_IDENTITY` if it is set, else the file
/// `identity` of the config folder.
///
/// An identity is `AGE-SECRET-KEY-1…` lines as `age-keygen` writes them, or an OpenSSH Ed25519
/// private key, or either sealed with a passphrase (`age -p`).
/// - Limits: 64 KiB.
/// - Errors: `IDENTITY_UNUSABLE`; a variable that is set but cannot be used is never passed over.
public final class Identities {
  public static final String VARIABLE = "SSKUBA_IDENTITY";
  private static final int LIMIT = 64 * 1024;
  private static final String KINDS =
      "env:NAME, file:PATH, vault:PATH#KEY, awskms:ARN, azurekv:KEY-URL and vaulttransit:KEY";

  private final Path config;
  private final Environment env;
  private final RandomSource random;
  private final PassphraseSource passphrases;
  private final RemoteSecrets services;
  private final boolean thisMachine;
  private @Nullable UserIdentity found;

  /// Without key services.
  public Identities(
      Path config, Environment env, RandomSource random, PassphraseSource passphrases) {
    this(config, env, random, passphrases, RemoteSecrets.none());
  }

  public Identities(
      Path config,
      Environment env,
      RandomSource random,
      PassphraseSource passphrases,
      RemoteSecrets services) {
    this(config, env, random, passphrases, services, false);
  }

  private Identities(
      Path config,
      Environment env,
      RandomSource random,
      PassphraseSource passphrases,
      RemoteSecrets services,
      boolean thisMachine) {
    this.services = services;
    this.thisMachine = thisMachine;
    this.config = config;
    this.env = env;
    this.random = random;
    this.passphrases = passphrases;
  }

  /// For a rehearsal: an identity that lies elsewhere is passed over, and the file is used.
  Identities ofThisMachine() {
    return new Identities(config, env, random, passphrases, RemoteSecrets.none(), true);
  }

  /// The file that is used, and made, when `SSKUBA_IDENTITY` is not set.
  public Path file() {
    return config.resolve("identity");
  }

  /// True when there is an identity, without opening it: nobody is asked for a passphrase.
  public boolean exists() {
    return chosen().isPresent() || Files.exists(file());
  }

  /// The identity, if there is one. A passphrase is asked for once.
  public synchronized Optional<UserIdentity> find() {
    if (found == null) {
      Optional<String> chosen = chosen();
      found = chosen.isPresent() ? named(chosen.get()) : ofFile(file()).orElse(null);
    }
    return Optional.ofNullable(found);
  }

  /// The identity; `apply` and `render` make one on first use.
  /// - Idempotent: yes; of two processes that make one, both end with the same.
  public synchronized UserIdentity findOrCreate() {
    Optional<UserIdentity> there = find();
    if (there.isPresent()) {
      return there.get();
    }
    X25519Identity fresh = X25519Identity.generate(random);
    String text = "# public key: " + fresh.publicKey() + "\n" + fresh.secretText() + "\n";
    try {
      AtomicFiles.writeIfAbsent(file(), text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw unusable(file().toString(), "it cannot be written: " + e.getMessage(), e);
    }
    return find().orElseThrow();
  }

  /// Refuses to make a cluster that nobody could open again: with no terminal, on a target other
  /// than this machine, without identity and recipients. Errors: `IDENTITY_MISSING`.
  ///
  /// @param terminal somebody sits in front of it, and keeps the identity that is made
  /// @param thisMachine the target is this machine; a rehearsal counts as this machine
  /// @param identityExists see [#exists]
  /// @param recipients of `sealing.recipients`
  public static void requireSomebody(
      boolean terminal, boolean thisMachine, boolean identityExists, List<String> recipients) {
    if (!terminal && !thisMachine && !identityExists && recipients.isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.IDENTITY_MISSING,
                  "no identity and no recipient: nobody could open this cluster again")
              .fact("cause", "an identity made here, with no terminal, would be lost with the job")
              .exists("nothing was made")
              .next("age-keygen -o identity && export " + VARIABLE + "=file:identity")
              .next("sskuba-ctl explain sealing.recipients"));
    }
  }

  private Optional<String> chosen() {
    String value = env.get(VARIABLE);
    return value == null || value.isEmpty() || (thisMachine && isElsewhere(value))
        ? Optional.empty()
        : Optional.of(value);
  }

  private static boolean isElsewhere(String reference) {
    return reference.startsWith("vault:") || RemoteSecrets.isService(reference);
  }

  private UserIdentity named(String reference) {
    if (reference.startsWith("env:")) {
      String name = reference.substring("env:".length());
      String value = env.get(name);
      if (value == null || value.isEmpty()) {
        throw unusable(VARIABLE, "the variable " + name + " that it names is not set", null);
      }
      return read(value.getBytes(StandardCharsets.UTF_8), "the variable " + name);
    }
    if (reference.startsWith("file:")) {
      Path path = env.workingFolder().resolve(reference.substring("file:".length()));
      return ofFile(path)
          .orElseThrow(() -> unusable(path.toString(), "there is no such file", null));
    }
    if (RemoteSecrets.isService(reference)) {
      Identity key = new ServiceIdentity(reference, services.key(reference));
      return new UserIdentity(List.of(key), reference);
    }
    if (reference.startsWith("vault:")) {
      int hash = reference.lastIndexOf('#');
      if (hash <= "vault:".length() || hash == reference.length() - 1) {
        throw unusable(VARIABLE, "it is not vault:PATH#KEY", null);
      }
      SecretRef ref =
          new SecretRef.Vault(
              reference.substring("vault:".length(), hash), reference.substring(hash + 1));
      return read(services.value(ref), SecretResolver.describe(ref));
    }
    int colon = reference.indexOf(':');
    String kind = colon > 0 && colon < 20 ? reference.substring(0, colon + 1) : "its form";
    throw unusable(VARIABLE, kind + " is not supported; supported are " + KINDS, null);
  }

  private Optional<UserIdentity> ofFile(Path file) {
    try {
      Optional<String> exposure = FileRights.exposure(file);
      if (exposure.isPresent()) {
        throw new SskubaException(
            Problem.of(ProblemCode.IDENTITY_UNUSABLE, "others can get at the identity " + file)
                .fact("cause", exposure.get())
                .next("chmod 600 " + file));
      }
      byte[] bytes;
      try (var in = Files.newInputStream(file)) {
        bytes = in.readNBytes(LIMIT + 1);
      }
      return Optional.of(read(bytes, file.toString()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw unusable(file.toString(), "it cannot be read: " + e.getMessage(), e);
    }
  }

  private UserIdentity read(byte[] bytes, String source) {
    if (bytes.length > LIMIT) {
      throw unusable(source, "it is larger than 64 KiB", null);
    }
    byte[] text = Age.isSealed(bytes) ? withPassphrase(bytes, source) : bytes;
    try {
      List<Identity> identities = Age.identities(new String(text, StandardCharsets.UTF_8));
      return new UserIdentity(identities, source);
    } catch (AgeException e) {
      throw unusable(source, String.valueOf(e.getMessage()), e);
    }
  }

  private byte[] withPassphrase(byte[] sealed, String source) {
    char[] passphrase =
        passphrases
            .passphrase("identity " + source)
            .orElseThrow(
                () ->
                    unusable(
                        source,
                        "it needs a passphrase, and there is neither "
                            + PassphraseSource.VARIABLE
                            + " nor a terminal",
                        null));
    try {
      return Age.open(sealed, List.of(new ScryptIdentity(passphrase)));
    } catch (AgeException e) {
      String cause =
          e.reason() == AgeException.Reason.NO_MATCH
              ? "the passphrase does not fit"
              : String.valueOf(e.getMessage());
      throw unusable(source, cause, e);
    } finally {
      Arrays.fill(passphrase, '\0');
    }
  }

  private static SskubaException unusable(
      String source, String cause, @Nullable Throwable exception) {
    return new SskubaException(
        Problem.of(ProblemCode.IDENTITY_UNUSABLE, "the identity of " + source + " cannot be used")
            .fact("cause", cause)
            .next("sskuba-ctl explain " + ProblemCode.IDENTITY_UNUSABLE.id()),
        exception);
  }
}
