package io.sskuba.rehearsal.machine;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.bouncycastle.util.io.pem.PemWriter;

/// The certificates that a machine makes for itself and hands out, as Talos makes them.
/// - Source: certificates of Talos v1.13.9: maintenance, apid, talosconfig, admin kubeconfig.
final class MachinePki {
  static final Duration SERVER_LIFETIME = Duration.ofHours(24);

  /// Talos dates certificates back by this, for clocks that differ.
  private static final Duration SKEW = Duration.ofSeconds(10);

  private static final X500Name NOBODY = new X500Name(new RDN[0]);

  private MachinePki() {}

  /// A certificate with its key.
  record Issued(X509CertificateHolder certificate, PublicKey publicKey, PrivateKey key) {
    byte[] encoded() {
      try {
        return certificate.getEncoded();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    String certificatePem() {
      return pem("CERTIFICATE", encoded());
    }

    /// As Talos labels keys: Ed25519 as PKCS#8, elliptic curves as SEC 1.
    String keyPem() {
      if (!"EC".equals(key.getAlgorithm())) {
        return pem("ED25519 PRIVATE KEY", key.getEncoded());
      }
      try {
        return pem(
            "EC PRIVATE KEY",
            PrivateKeyInfo.getInstance(key.getEncoded())
                .parsePrivateKey()
                .toASN1Primitive()
                .getEncoded());
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public String toString() {
      return "Issued[hidden]";
    }
  }

  /// A certificate authority whose key is at hand.
  record Authority(X509CertificateHolder certificate, PrivateKey key) {
    static Authority parse(String certificatePem, String keyPem) throws GeneralSecurityException {
      return new Authority(holder(certificatePem), privateKey(keyPem));
    }

    boolean elliptic() {
      return "EC".equals(key.getAlgorithm());
    }

    @Override
    public String toString() {
      return "Authority[hidden]";
    }
  }

  /// The certificate of maintenance mode: issued by an authority that nobody ever sees, with an
  /// empty name.
  static Issued maintenance(
      List<String> names, List<String> addresses, Instant now, SecureRandom random)
      throws GeneralSecurityException {
    KeyPair authority = keyPair(false, random);
    List<String> all = new ArrayList<>(names);
    all.add("maintenance-service.talos.dev");
    X500Name subject =
        new X500NameBuilder().addRDN(BCStyle.CN, "maintenance-service.talos.dev").build();
    return issue(
        new Signer(NOBODY, authority.getPublic(), authority.getPrivate()),
        new Request(
            subject,
            KeyUsage.digitalSignature,
            KeyPurposeId.id_kp_serverAuth,
            names(all, addresses),
            SERVER_LIFETIME),
        now,
        random);
  }

  /// apid's certificate, by the cluster's OS authority.
  static Issued server(
      Authority authority,
      String hostname,
      List<String> names,
      List<String> addresses,
      Instant now,
      SecureRandom random)
      throws GeneralSecurityException {
    return issue(
        signer(authority),
        new Request(
            new X500NameBuilder().addRDN(BCStyle.CN, hostname).build(),
            KeyUsage.digitalSignature,
            KeyPurposeId.id_kp_serverAuth,
            names(names, addresses),
            SERVER_LIFETIME),
        now,
        random);
  }

  /// A client certificate: `organisations` are its roles or groups.
  static Issued client(
      Authority authority,
      String commonName,
      List<String> organisations,
      Instant now,
      Duration lifetime,
      SecureRandom random)
      throws GeneralSecurityException {
    X500NameBuilder subject = new X500NameBuilder();
    for (String organisation : organisations) {
      subject.addRDN(BCStyle.O, organisation);
    }
    if (!commonName.isEmpty()) {
      subject.addRDN(BCStyle.CN, commonName);
    }
    int usage =
        authority.elliptic()
            ? KeyUsage.digitalSignature | KeyUsage.keyEncipherment
            : KeyUsage.digitalSignature;
    return issue(
        signer(authority),
        new Request(subject.build(), usage, KeyPurposeId.id_kp_clientAuth, null, lifetime),
        now,
        random);
  }

  private record Signer(X500Name name, Object publicKey, PrivateKey key) {}

  private record Request(
      X500Name subject,
      int usage,
      KeyPurposeId purpose,
      @org.jspecify.annotations.Nullable GeneralNames names,
      Duration lifetime) {}

  private static Signer signer(Authority authority) {
    return new Signer(
        authority.certificate().getSubject(),
        authority.certificate().getSubjectPublicKeyInfo(),
        authority.key());
  }

  private static Issued issue(Signer signer, Request request, Instant now, SecureRandom random)
      throws GeneralSecurityException {
    boolean elliptic = "EC".equals(signer.key().getAlgorithm());
    KeyPair leaf = keyPair(elliptic, random);
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            signer.name(),
            new BigInteger(127, random),
            Date.from(now.minus(SKEW)),
            Date.from(now.plus(request.lifetime())),
            request.subject(),
            SubjectPublicKeyInfo.getInstance(leaf.getPublic().getEncoded()));
    try {
      JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(request.usage()));
      builder.addExtension(
          Extension.extendedKeyUsage, false, new ExtendedKeyUsage(request.purpose()));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          signer.publicKey() instanceof PublicKey key
              ? identifiers.createAuthorityKeyIdentifier(key)
              : identifiers.createAuthorityKeyIdentifier(
                  (SubjectPublicKeyInfo) signer.publicKey()));
      if (request.names() != null) {
        builder.addExtension(Extension.subjectAlternativeName, false, request.names());
      }
      X509CertificateHolder certificate =
          builder.build(
              new JcaContentSignerBuilder(elliptic ? "SHA256withECDSA" : "Ed25519")
                  .setSecureRandom(random)
                  .build(signer.key()));
      return new Issued(certificate, leaf.getPublic(), leaf.getPrivate());
    } catch (IOException | OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private static GeneralNames names(List<String> names, List<String> addresses) {
    List<GeneralName> all = new ArrayList<>();
    for (String name : names) {
      all.add(new GeneralName(GeneralName.dNSName, name));
    }
    for (String address : addresses) {
      all.add(new GeneralName(GeneralName.iPAddress, address));
    }
    return new GeneralNames(all.toArray(GeneralName[]::new));
  }

  private static KeyPair keyPair(boolean elliptic, SecureRandom random)
      throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(elliptic ? "EC" : "Ed25519");
    if (elliptic) {
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    }
    return generator.generateKeyPair();
  }

  static X509CertificateHolder holder(String pem) throws GeneralSecurityException {
    return new X509CertificateHolderReader().read(pem);
  }

  /// A key in PEM: PKCS#8 under whatever label Talos gives it, or SEC 1.
  static PrivateKey privateKey(String pem) throws GeneralSecurityException {
    try (PemReader reader = new PemReader(new StringReader(pem))) {
      PemObject object = reader.readPemObject();
      if (object == null) {
        throw new GeneralSecurityException("no PEM block");
      }
      if (object.getType().equals("EC PRIVATE KEY")) {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
          PEMKeyPair pair = (PEMKeyPair) parser.readObject();
          return java.security.KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(pair.getPrivateKeyInfo().getEncoded()));
        }
      }
      String algorithm = object.getType().startsWith("ED25519") ? "Ed25519" : "EC";
      return java.security.KeyFactory.getInstance(algorithm)
          .generatePrivate(new PKCS8EncodedKeySpec(object.getContent()));
    } catch (IOException e) {
      throw new GeneralSecurityException("a key is not PEM");
    }
  }

  static String pem(String label, byte[] content) {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(new PemObject(label, content));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return text.toString().replace("\r\n", "\n");
  }

  private static final class X509CertificateHolderReader {
    X509CertificateHolder read(String pem) throws GeneralSecurityException {
      try (PemReader reader = new PemReader(new StringReader(pem))) {
        PemObject object = reader.readPemObject();
        if (object == null) {
          throw new GeneralSecurityException("no PEM block");
        }
        return new X509CertificateHolder(object.getContent());
      } catch (IOException e) {
        throw new GeneralSecurityException("a certificate is not PEM");
      }
    }
  }
}
