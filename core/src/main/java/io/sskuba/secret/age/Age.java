package io.sskuba.secret.age;

import io.sskuba.io.RandomSource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Seals and opens files in the age v1 format.
/// - Source: C2SP, "age-encryption.org/v1".
/// - Limits: 256 MiB a file, since all of it is in memory.
/// - Errors: [AgeException].
public final class Age {
  static final int MAX_FILE = 256 * 1024 * 1024;
  private static final int MAX_RECIPIENTS = 64;
  private static final int MAX_IDENTITIES = 64;

  private Age() {}

  /// The sealed file, binary.
  public static byte[] seal(
      byte[] plaintext, List<? extends Recipient> recipients, RandomSource random) {
    if (recipients.isEmpty() || recipients.size() > MAX_RECIPIENTS) {
      throw AgeException.badKey("a file is sealed to 1 to " + MAX_RECIPIENTS + " recipients");
    }
    if (recipients.size() > 1 && recipients.stream().anyMatch(ScryptRecipient.class::isInstance)) {
      throw AgeException.badKey("a passphrase must be a file's only recipient");
    }
    if (plaintext.length > MAX_FILE) {
      throw new IllegalArgumentException("too large to be sealed: " + plaintext.length + " bytes");
    }
    byte[] fileKey = random.bytes(Primitives.FILE_KEY);
    List<Stanza> stanzas = new ArrayList<>();
    for (Recipient recipient : recipients) {
      stanzas.add(recipient.wrap(fileKey, random));
    }
    return Primitives.join(
        Header.write(stanzas, fileKey), Payload.seal(plaintext, fileKey, random));
  }

  /// The content of a sealed file, binary or armored, whole or not at all.
  public static byte[] open(byte[] sealed, List<? extends Identity> identities) {
    if (sealed.length > MAX_FILE) {
      throw AgeException.corrupt("the file is larger than the limit of 256 MiB");
    }
    if (identities.size() > MAX_IDENTITIES) {
      throw AgeException.badKey("more than " + MAX_IDENTITIES + " identities");
    }
    byte[] file = Armor.isArmored(sealed) ? Armor.decode(sealed) : sealed;
    Header header = Header.read(file);
    boolean passphrase =
        header.stanzas().stream().anyMatch(s -> s.type().equals(ScryptRecipient.TYPE));
    if (passphrase && header.stanzas().size() != 1) {
      throw AgeException.corrupt("a passphrase must be a file's only recipient");
    }
    byte[] fileKey = fileKey(header, identities);
    if (fileKey == null) {
      throw new AgeException(
          AgeException.Reason.NO_MATCH, "none of the identities at hand opens this file");
    }
    if (!MessageDigest.isEqual(Header.mac(fileKey, header.authenticated()), header.mac())) {
      throw AgeException.corrupt("the header was changed");
    }
    return Payload.open(file, header.length(), fileKey);
  }

  /// True when `file` starts as an age file does, binary or armored.
  public static boolean isSealed(byte[] file) {
    byte[] version = (Header.VERSION + "\n").getBytes(StandardCharsets.US_ASCII);
    return Armor.isArmored(file)
        || (file.length >= version.length
            && Arrays.equals(file, 0, version.length, version, 0, version.length));
  }

  /// Reads an identity file: one `AGE-SECRET-KEY-1…` a line, with `#` comments and empty lines, or
  /// an OpenSSH Ed25519 private key without a passphrase.
  /// - Errors: `BAD_KEY` with the line's number, never its text.
  public static List<Identity> identities(String text) {
    if (text.strip().startsWith(SshEd25519Identity.BEGIN)) {
      return List.of(SshEd25519Identity.parse(text));
    }
    List<Identity> identities = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\r?\n", -1)) {
      number++;
      String trimmed = line.strip();
      if (trimmed.isEmpty() || trimmed.startsWith("#")) {
        continue;
      }
      try {
        identities.add(X25519Identity.parse(trimmed));
      } catch (AgeException e) {
        throw new AgeException(e.reason(), "line " + number + ": " + e.getMessage(), e);
      }
      if (identities.size() > MAX_IDENTITIES) {
        throw AgeException.badKey("more than " + MAX_IDENTITIES + " identities");
      }
    }
    if (identities.isEmpty()) {
      throw AgeException.badKey("holds no age identity");
    }
    return List.copyOf(identities);
  }

  private static byte @Nullable [] fileKey(Header header, List<? extends Identity> identities) {
    for (Identity identity : identities) {
      for (Stanza stanza : header.stanzas()) {
        byte[] fileKey = identity.unwrap(stanza);
        if (fileKey != null) {
          return fileKey;
        }
      }
    }
    return null;
  }
}
