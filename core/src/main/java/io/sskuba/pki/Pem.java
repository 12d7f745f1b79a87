package io.sskuba.pki;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;

/// PEM text to keys and certificates and back, with the labels that Talos uses.
/// - Limits: [#TEXT_MAX] characters of PEM text.
/// - Errors: [IllegalArgumentException] that names the form, never the content.
public final class Pem {
  public static final String CERTIFICATE = "CERTIFICATE";

  /// SEC1.
  public static final String EC_PRIVATE = "EC PRIVATE KEY";

  /// PKCS#1.
  public static final String RSA_PRIVATE = "RSA PRIVATE KEY";

  /// PKCS#8 inside, in spite of its own label: Talos's habit.
  public static final String ED25519_PRIVATE = "ED25519 PRIVATE KEY";

  /// PKCS#8.
  public static final String PRIVATE = "PRIVATE KEY";

  public static final String PUBLIC = "PUBLIC KEY";

  /// A chain of a few hundred certificates; anything longer is not a PEM file.
  public static final int TEXT_MAX = 1 << 20;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \\1-----");
  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private Pem() {}

  /// One block. Compared by identity of its bytes: nothing compares blocks.
  @SuppressWarnings("ArrayRecordComponent")
  public record Block(String label, byte[] der) {
    @Override
    public String toString() {
      return "Block[" + label + "]";
    }
  }

  /// A block with 64 characters a line and a final newline, as Go and OpenSSL write it.
  public static String encode(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + LINES.encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  /// All blocks of `text`, in order; text between them is ignored.
  public static List<Block> blocks(String text) {
    if (text.length() > TEXT_MAX) {
      throw new IllegalArgumentException("PEM text is longer than " + TEXT_MAX + " characters");
    }
    List<Block> blocks = new ArrayList<>();
    Matcher m = BLOCK.matcher(text);
    while (m.find()) {
      try {
        blocks.add(
            new Block(m.group(1), Base64.getDecoder().decode(m.group(2).replaceAll("\\s", ""))));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("PEM block " + m.group(1) + " is not base64", e);
      }
    }
    return blocks;
  }

  /// The first block, whatever its label.
  public static Block block(String text) {
    List<Block> blocks = blocks(text);
    if (blocks.isEmpty()) {
      throw new IllegalArgumentException("no PEM block found");
    }
    return blocks.getFirst();
  }

  /// A private key that the JDK's TLS can use, from SEC1, PKCS#1, PKCS#8 or Talos's Ed25519 form:
  /// the first one of the text, after the certificates or curve parameters that may precede it.
  /// - Errors: no cause, since parsers quote what they could not read.
  public static PrivateKey privateKey(String pem) {
    Block block = keyBlock(pem);
    try {
      PrivateKeyInfo info =
          switch (block.label()) {
            case EC_PRIVATE -> {
              ECPrivateKey key = ECPrivateKey.getInstance(block.der());
              Object curve = key.getParametersObject();
              yield new PrivateKeyInfo(
                  new AlgorithmIdentifier(
                      X9ObjectIdentifiers.id_ecPublicKey,
                      curve == null
                          ? X9ObjectIdentifiers.prime256v1
                          : (org.bouncycastle.asn1.ASN1Encodable) curve),
                  key);
            }
            case RSA_PRIVATE ->
                new PrivateKeyInfo(
                    new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                    RSAPrivateKey.getInstance(block.der()));
            case ED25519_PRIVATE, PRIVATE -> PrivateKeyInfo.getInstance(block.der());
            default ->
                throw new IllegalArgumentException(
                    "PEM block " + block.label() + " is not a private key");
          };
      return KeyFactory.getInstance(
              jdkAlgorithm(info.getPrivateKeyAlgorithm().getAlgorithm().getId()))
          .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw new IllegalArgumentException("PEM block " + block.label() + " cannot be read");
    }
  }

  private static Block keyBlock(String pem) {
    for (Block block : blocks(pem)) {
      if (block.label().endsWith(PRIVATE)) {
        return block;
      }
    }
    throw new IllegalArgumentException("no private key in the PEM text");
  }

  /// A certificate as BouncyCastle sees it: the only form that takes an empty issuer.
  public static X509CertificateHolder holder(String pem) {
    Block block = block(pem);
    if (!block.label().equals(CERTIFICATE)) {
      throw new IllegalArgumentException("PEM block " + block.label() + " is not a certificate");
    }
    try {
      return new X509CertificateHolder(block.der());
    } catch (IOException e) {
      throw new IllegalArgumentException("certificate cannot be read", e);
    }
  }

  /// A certificate as the JDK sees it. Fails on an empty issuer (the aggregator CA, a maintenance
  /// certificate): use [#holder] there.
  public static X509Certificate certificate(String pem) {
    return certificates(pem).getFirst();
  }

  /// All certificates of a chain or bundle, at least one.
  public static List<X509Certificate> certificates(String pem) {
    List<X509Certificate> chain = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Block block : blocks(pem)) {
        if (block.label().equals(CERTIFICATE)) {
          chain.add(
              (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.der())));
        }
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException("certificate cannot be read", e);
    }
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("no certificate found in PEM text");
    }
    return chain;
  }

  /// `PUBLIC KEY` (SPKI) of an RSA private key in any PEM form: what an API server verifies service
  /// account tokens with.
  public static String rsaPublicKey(String privateKeyPem) {
    if (!(privateKey(privateKeyPem) instanceof java.security.interfaces.RSAPrivateCrtKey key)) {
      throw new IllegalArgumentException("not an RSA private key");
    }
    try {
      return encode(
          PUBLIC,
          KeyFactory.getInstance("RSA")
              .generatePublic(
                  new java.security.spec.RSAPublicKeySpec(
                      key.getModulus(), key.getPublicExponent()))
              .getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK lacks RSA", e);
    }
  }

  /// PEM of a private key, with Talos's label and form for its kind.
  static String encodePrivateKey(PrivateKey key, java.security.PublicKey publicKey) {
    byte[] pkcs8 = key.getEncoded();
    try {
      return switch (key.getAlgorithm()) {
        case "EC" -> {
          byte[] spki = publicKey.getEncoded();
          var point =
              org.bouncycastle.asn1.x509.SubjectPublicKeyInfo.getInstance(spki).getPublicKeyData();
          var scalar = ((java.security.interfaces.ECPrivateKey) key).getS();
          var sec1 =
              new ECPrivateKey(
                  CertificateIssuer.P256_BITS,
                  scalar,
                  new org.bouncycastle.asn1.DERBitString(point.getBytes()),
                  X9ObjectIdentifiers.prime256v1);
          yield encode(EC_PRIVATE, sec1.getEncoded());
        }
        case "RSA" ->
            encode(
                RSA_PRIVATE,
                PrivateKeyInfo.getInstance(pkcs8).parsePrivateKey().toASN1Primitive().getEncoded());
        default -> encode(ED25519_PRIVATE, pkcs8);
      };
    } catch (IOException e) {
      throw new IllegalStateException("a key that the JDK made cannot be encoded", e);
    }
  }

  private static String jdkAlgorithm(String oid) {
    return switch (oid) {
      case "1.2.840.10045.2.1" -> "EC";
      case "1.2.840.113549.1.1.1" -> "RSA";
      case "1.3.101.112" -> "Ed25519";
      default -> throw new IllegalArgumentException("private key algorithm " + oid);
    };
  }
}
