package io.sskuba.pki;

import io.sskuba.io.RandomSource;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;

/// Issues certificates exactly as Talos's own library does: same fields, same extensions in the
/// same order, same criticality, 128-bit serials.
/// - Source: Go `crypto/x509` `CreateCertificate` and Talos's `crypto` module, checked field by
///   field in `CertificatesPeerIT`.
final class CertificateIssuer {
  static final int P256_BITS = 256;
  private static final int SERIAL_BITS = 128;

  // A random identifier of SHA-1's length: Talos avoids SHA-1 itself.
  private static final int KEY_ID_BYTES = 20;

  enum KeyKind {
    P256,
    ED25519
  }

  /// What a certificate says.
  ///
  /// @param organizations values of one multi-valued O; empty for none
  /// @param commonName empty for none
  record Profile(
      List<String> organizations,
      String commonName,
      List<String> dnsNames,
      List<String> addresses,
      int keyUsage,
      List<KeyPurposeId> purposes,
      Instant notBefore,
      Instant notAfter) {}

  private final RandomSource random;

  CertificateIssuer(RandomSource random) {
    this.random = random;
  }

  /// A self-signed CA. Talos ignores a common name here, so an authority without an organisation
  /// has an empty subject.
  CertAndKey authority(
      List<String> organizations, KeyKind kind, Instant notBefore, Instant notAfter) {
    KeyPair keys = keyPair(kind);
    X500Name name = name(organizations, "");
    X509v3CertificateBuilder builder = builder(name, name, keys, notBefore, notAfter);
    try {
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new SubjectKeyIdentifier(random.bytes(KEY_ID_BYTES)));
    } catch (IOException e) {
      throw new IllegalStateException("extension cannot be encoded", e);
    }
    return sign(builder, keys.getPrivate(), keys);
  }

  /// A leaf of `authority`; its key is of the authority's kind, as Talos has it.
  CertAndKey leaf(CertAndKey authority, Profile profile) {
    X509CertificateHolder issuer = Pem.holder(authority.certificate());
    PrivateKey issuerKey = Pem.privateKey(authority.key());
    KeyPair keys = keyPair(issuerKey.getAlgorithm().equals("EC") ? KeyKind.P256 : KeyKind.ED25519);
    X500Name subject = name(profile.organizations(), profile.commonName());
    X509v3CertificateBuilder builder =
        builder(issuer.getSubject(), subject, keys, profile.notBefore(), profile.notAfter());
    try {
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(profile.keyUsage()));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(profile.purposes().toArray(KeyPurposeId[]::new)));
      Extension issuerId = issuer.getExtension(Extension.subjectKeyIdentifier);
      if (issuerId != null) {
        byte[] id = SubjectKeyIdentifier.getInstance(issuerId.getParsedValue()).getKeyIdentifier();
        builder.addExtension(
            Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(id));
      }
      GeneralName[] names = alternativeNames(profile);
      if (names.length > 0) {
        // RFC 5280 4.2.1.6: critical where the subject is empty.
        builder.addExtension(
            Extension.subjectAlternativeName,
            subject.getRDNs().length == 0,
            new GeneralNames(names));
      }
    } catch (IOException e) {
      throw new IllegalStateException("extension cannot be encoded", e);
    }
    return sign(builder, issuerKey, keys);
  }

  KeyPair keyPair(KeyKind kind) {
    try {
      KeyPairGenerator generator =
          KeyPairGenerator.getInstance(kind == KeyKind.P256 ? "EC" : "Ed25519");
      if (kind == KeyKind.P256) {
        generator.initialize(new ECGenParameterSpec("secp256r1"), random.secure());
      } else {
        generator.initialize(java.security.spec.NamedParameterSpec.ED25519, random.secure());
      }
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException | InvalidAlgorithmParameterException e) {
      throw new IllegalStateException("the JDK lacks " + kind, e);
    }
  }

  private X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, KeyPair keys, Instant notBefore, Instant notAfter) {
    return new X509v3CertificateBuilder(
        issuer,
        serial(),
        Date.from(notBefore),
        Date.from(notAfter),
        subject,
        SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()));
  }

  private BigInteger serial() {
    BigInteger serial = new BigInteger(SERIAL_BITS, random.secure());
    // RFC 5280 4.1.2.2: positive. One in 2^128 draws is zero.
    return serial.signum() == 0 ? BigInteger.ONE : serial;
  }

  private CertAndKey sign(X509v3CertificateBuilder builder, PrivateKey signer, KeyPair keys) {
    try {
      byte[] der = builder.build(new JdkSigner(signer, random)).getEncoded();
      return new CertAndKey(
          Pem.encode(Pem.CERTIFICATE, der),
          Pem.encodePrivateKey(keys.getPrivate(), keys.getPublic()));
    } catch (IOException e) {
      throw new IllegalStateException("certificate cannot be encoded", e);
    }
  }

  private static GeneralName[] alternativeNames(Profile profile) {
    List<GeneralName> names = new ArrayList<>();
    for (String dns : profile.dnsNames()) {
      names.add(new GeneralName(GeneralName.dNSName, dns));
    }
    for (String address : profile.addresses()) {
      names.add(
          new GeneralName(GeneralName.iPAddress, new DEROctetString(Addresses.parse(address))));
    }
    return names.toArray(GeneralName[]::new);
  }

  /// Go's order: O (all values in one set), then CN.
  static X500Name name(List<String> organizations, String commonName) {
    List<RDN> rdns = new ArrayList<>();
    if (!organizations.isEmpty()) {
      rdns.add(
          new RDN(
              organizations.stream()
                  .map(o -> attribute(BCStyle.O, o))
                  .toArray(AttributeTypeAndValue[]::new)));
    }
    if (!commonName.isEmpty()) {
      rdns.add(new RDN(attribute(BCStyle.CN, commonName)));
    }
    return new X500Name(rdns.toArray(RDN[]::new));
  }

  private static AttributeTypeAndValue attribute(ASN1ObjectIdentifier type, String value) {
    ASN1Encodable text =
        DERPrintableString.isPrintableString(value)
            ? new DERPrintableString(value)
            : new DERUTF8String(value);
    return new AttributeTypeAndValue(type, text);
  }

  /// Signs with the JDK's own engines, so that no provider need be registered.
  private static final class JdkSigner implements ContentSigner {
    private final ByteArrayOutputStream content = new ByteArrayOutputStream(1024);
    private final PrivateKey key;
    private final RandomSource random;

    JdkSigner(PrivateKey key, RandomSource random) {
      this.key = key;
      this.random = random;
    }

    @Override
    public AlgorithmIdentifier getAlgorithmIdentifier() {
      return new AlgorithmIdentifier(
          key.getAlgorithm().equals("EC")
              ? X9ObjectIdentifiers.ecdsa_with_SHA256
              : EdECObjectIdentifiers.id_Ed25519);
    }

    @Override
    public OutputStream getOutputStream() {
      return content;
    }

    @Override
    public byte[] getSignature() {
      try {
        Signature signature =
            Signature.getInstance(key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "Ed25519");
        signature.initSign(key, random.secure());
        signature.update(content.toByteArray());
        return signature.sign();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("certificate cannot be signed", e);
      }
    }
  }
}
