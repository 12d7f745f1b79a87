package io.sskuba.secret.age;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// The cryptography that age is made of, by the JDK's providers.
final class Primitives {
  static final int KEY = 32;
  static final int FILE_KEY = 16;
  static final int TAG = 16;
  private static final int NONCE = 12;
  private static final byte[] BASE_POINT = basePoint();
  private static final byte[] ZERO_NONCE = new byte[NONCE];

  private Primitives() {}

  static byte[] hmac(byte[] key, byte[]... parts) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      // A SecretKeySpec may not be empty; HMAC pads keys with zeros, so one zero byte is the same.
      mac.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, "HmacSHA256"));
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no HMAC-SHA-256 in this Java runtime", e);
    }
  }

  /// HKDF-SHA-256 (RFC 5869) with one block of output, which is all that age ever takes.
  static byte[] hkdf(byte[] secret, byte[] salt, String info) {
    byte[] extracted = hmac(salt, secret);
    return hmac(extracted, info.getBytes(StandardCharsets.UTF_8), new byte[] {1});
  }

  static byte[] publicOf(byte[] scalar) {
    byte[] result = agree(scalar, BASE_POINT);
    if (result == null) {
      throw new IllegalStateException("the X25519 base point has small order");
    }
    return result;
  }

  /// X25519 (RFC 7748), or null for a point of small order, whose result would be all zeros.
  static byte @Nullable [] agree(byte[] scalar, byte[] point) {
    try {
      KeyFactory factory = KeyFactory.getInstance("X25519");
      KeyAgreement agreement = KeyAgreement.getInstance("X25519");
      agreement.init(
          factory.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, scalar)));
      agreement.doPhase(
          factory.generatePublic(
              new XECPublicKeySpec(NamedParameterSpec.X25519, coordinate(point))),
          true);
      byte[] shared = agreement.generateSecret();
      return MessageDigest.isEqual(shared, new byte[KEY]) ? null : shared;
    } catch (InvalidKeyException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no X25519 in this Java runtime", e);
    }
  }

  static byte[] encrypt(byte[] key, byte[] nonce, byte[] data, int offset, int length) {
    try {
      return cipher(Cipher.ENCRYPT_MODE, key, nonce).doFinal(data, offset, length);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("ChaCha20-Poly1305 failed", e);
    }
  }

  /// Null when the tag does not fit.
  static byte @Nullable [] decrypt(byte[] key, byte[] nonce, byte[] data, int offset, int length) {
    try {
      return cipher(Cipher.DECRYPT_MODE, key, nonce).doFinal(data, offset, length);
    } catch (AEADBadTagException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("ChaCha20-Poly1305 failed", e);
    }
  }

  /// Wraps the file key; the wrapping key is used once, so the nonce is zero.
  static byte[] wrap(byte[] wrappingKey, byte[] fileKey) {
    return encrypt(wrappingKey, ZERO_NONCE, fileKey, 0, fileKey.length);
  }

  static byte @Nullable [] unwrap(byte[] wrappingKey, byte[] body) {
    return decrypt(wrappingKey, ZERO_NONCE, body, 0, body.length);
  }

  /// Unpadded standard base64 that is canonical: its unused bits are zero. Else `CORRUPT`.
  static byte[] base64(String text) {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (base64(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw new AgeException(AgeException.Reason.CORRUPT, "the header holds no valid base64", e);
    }
    throw AgeException.corrupt("the header holds base64 that is not canonical");
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().withoutPadding().encodeToString(bytes);
  }

  static byte[] digest(String algorithm, byte[] bytes) {
    try {
      return MessageDigest.getInstance(algorithm).digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no " + algorithm + " in this Java runtime", e);
    }
  }

  static byte[] join(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    byte[] all = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /// Little-endian 32 bytes as a number; the top bit is no part of it (RFC 7748, section 5).
  static BigInteger coordinate(byte[] littleEndian) {
    byte[] bigEndian = new byte[KEY];
    for (int i = 0; i < KEY; i++) {
      bigEndian[i] = littleEndian[KEY - 1 - i];
    }
    bigEndian[0] &= 0x7f;
    return new BigInteger(1, bigEndian);
  }

  static byte[] littleEndian(BigInteger number) {
    byte[] bigEndian = number.toByteArray();
    byte[] out = new byte[KEY];
    for (int i = 0; i < Math.min(KEY, bigEndian.length); i++) {
      out[i] = bigEndian[bigEndian.length - 1 - i];
    }
    return out;
  }

  private static Cipher cipher(int mode, byte[] key, byte[] nonce) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
    cipher.init(mode, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
    return cipher;
  }

  private static byte[] basePoint() {
    byte[] point = new byte[KEY];
    Arrays.fill(point, (byte) 0);
    point[0] = 9;
    return point;
  }
}
