package io.sskuba.secret;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/// Signs and checks receipts, and plans in the same way.
///
/// `publicKey` is the base64 of the key's SubjectPublicKeyInfo (`openssl pkey -pubin -inform DER`
/// reads it); `digest` the SHA-256, in hex, of the RFC 8785 form without `digest` and `signature`;
/// `signature` the base64 of the Ed25519 signature over those same bytes.
public final class Receipts {
  /// SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410, section 4).
  private static final byte[] SPKI = HexFormat.of().parseHex("302a300506032b6570032100");

  private Receipts() {}

  /// What a check of a receipt says.
  public enum Verdict {
    VALID,
    /// It has no `publicKey`, `digest` or `signature` in the form that they must have.
    UNSIGNED,
    /// Something in it was changed.
    CHANGED,
    /// The digest fits, but the signature is not that key's.
    FORGED
  }

  /// A copy with `publicKey`, `digest` and `signature`.
  public static ObjectNode sign(ObjectNode receipt, ReceiptKey key) {
    ObjectNode signed = receipt.deepCopy();
    signed.put("publicKey", publicKey(key));
    byte[] signedBytes = signedBytes(signed);
    signed.put("digest", digest(signedBytes));
    signed.put("signature", Base64.getEncoder().encodeToString(key.sign(signedBytes)));
    return signed;
  }

  static String publicKey(ReceiptKey key) {
    byte[] spki = Arrays.copyOf(SPKI, SPKI.length + Ed25519.PUBLIC_KEY_SIZE);
    System.arraycopy(key.publicKey(), 0, spki, SPKI.length, Ed25519.PUBLIC_KEY_SIZE);
    return Base64.getEncoder().encodeToString(spki);
  }

  /// A public key as `publicKey` has it, from that or from PEM as `openssl pkey -pubout` writes it.
  /// Empty when the text is neither.
  public static Optional<String> readPublicKey(String text) {
    String base64 = text.replaceAll("-----(BEGIN|END) PUBLIC KEY-----|\\s", "");
    try {
      return isSpki(Base64.getDecoder().decode(base64)) ? Optional.of(base64) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean isSpki(byte[] bytes) {
    return bytes.length == SPKI.length + Ed25519.PUBLIC_KEY_SIZE
        && Arrays.equals(bytes, 0, SPKI.length, SPKI, 0, SPKI.length);
  }

  /// How a key is named to people: `sha256:` of its SubjectPublicKeyInfo.
  /// - Errors: `IllegalArgumentException` when it is no base64.
  public static String fingerprint(String publicKey) {
    return "sha256:" + digest(Base64.getDecoder().decode(publicKey));
  }

  /// The SHA-256, in hex, of a document's RFC 8785 form.
  public static String digest(ObjectNode document) {
    return digest(CanonicalJson.bytes(document));
  }

  public static Verdict verify(ObjectNode receipt) {
    byte[] spki;
    byte[] signature;
    try {
      spki = Base64.getDecoder().decode(receipt.path("publicKey").asText(""));
      signature = Base64.getDecoder().decode(receipt.path("signature").asText(""));
    } catch (IllegalArgumentException e) {
      return Verdict.UNSIGNED;
    }
    if (!isSpki(spki)
        || signature.length != Ed25519.SIGNATURE_SIZE
        || !receipt.path("digest").isTextual()) {
      return Verdict.UNSIGNED;
    }
    byte[] signedBytes;
    try {
      signedBytes = signedBytes(receipt);
    } catch (IllegalArgumentException e) {
      return Verdict.CHANGED;
    }
    if (!digest(signedBytes).equals(receipt.get("digest").textValue())) {
      return Verdict.CHANGED;
    }
    try {
      Ed25519PublicKeyParameters key = new Ed25519PublicKeyParameters(spki, SPKI.length);
      boolean valid =
          key.verify(
              Ed25519.Algorithm.Ed25519, null, signedBytes, 0, signedBytes.length, signature, 0);
      return valid ? Verdict.VALID : Verdict.FORGED;
    } catch (IllegalArgumentException e) {
      return Verdict.FORGED;
    }
  }

  private static byte[] signedBytes(ObjectNode receipt) {
    ObjectNode bare = receipt.deepCopy();
    bare.remove("digest");
    bare.remove("signature");
    return CanonicalJson.bytes(bare);
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("no SHA-256 in this Java runtime", e);
    }
  }
}
