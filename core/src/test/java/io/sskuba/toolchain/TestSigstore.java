package io.sskuba.toolchain;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A whole sigstore of a test's own: a Fulcio root with its certificate log, and a Rekor log of one
/// entry. It signs as whomever it is told to.
///
/// Fault policy: everything is right unless a parameter says otherwise; what comes out is signed by
/// keys that only a trust root made here trusts.
/// - Source: RFC 6962 for the certificate log and the tree, c2sp.org/tlog-checkpoint for the
///   checkpoint, Fulcio's docs/oid-info.md for the issuer's extension.
final class TestSigstore {
  static final String IDENTITY = "release@publisher.example";
  static final String ISSUER = "https://issuer.example";
  static final Instant SIGNED = Instant.parse("2026-03-01T12:00:00Z");
  private static final ASN1ObjectIdentifier ISSUER_OID =
      new ASN1ObjectIdentifier("1.3.6.1.4.1.57264.1.8");
  private static final ASN1ObjectIdentifier SCTS =
      new ASN1ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2");

  private final KeyPair ca = keys();
  private final KeyPair certificateLog = keys();
  private final KeyPair entryLog = keys();
  private final X509Certificate root;

  TestSigstore() throws Exception {
    X509v3CertificateBuilder builder =
        builder("CN=test fulcio", "CN=test fulcio", ca, SIGNED.minus(Duration.ofDays(365)), 3650);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(
        Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
    root = certificate(builder, ca.getPrivate());
  }

  /// What a publisher puts beside a file, and what the log answers.
  record Signed(String signature, String certificate, String logAnswer, String bundle) {}

  /// @param identity who signs
  /// @param integrated when the log took it in; the certificate is valid for 10 minutes from SIGNED
  Signed sign(byte[] file, String identity, String issuer, Instant integrated) throws Exception {
    KeyPair key = keys();
    X509Certificate leaf = leaf(key, identity, issuer);
    byte[] digest = sha256(file);
    byte[] signature = sign(key.getPrivate(), file);
    String pem = pem(leaf);
    String body =
        """
        {"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"%s"}},"signature":{"content":"%s","publicKey":{"content":"%s"}}}}"""
            .formatted(
                HexFormat.of().formatHex(digest),
                base64(signature),
                base64(pem.getBytes(StandardCharsets.US_ASCII)));
    Entry entry = entry(body, integrated);
    return new Signed(
        base64(signature),
        base64(pem.getBytes(StandardCharsets.US_ASCII)),
        entry.answer(),
        bundle(leaf, digest, signature, entry));
  }

  private record Entry(
      String body, long integrated, byte[] set, byte[] rootHash, String checkpoint, byte[] logId) {
    String answer() {
      String logHex = HexFormat.of().formatHex(logId);
      return """
          [{"%s":{"body":"%s","integratedTime":%d,"logID":"%s","logIndex":7,"verification":{
            "signedEntryTimestamp":"%s","inclusionProof":{"logIndex":0,"treeSize":1,"rootHash":"%s",
            "hashes":[],"checkpoint":"%s"}}}}]"""
          .formatted(
              HexFormat.of().formatHex(rootHash),
              body,
              integrated,
              logHex,
              base64(set),
              HexFormat.of().formatHex(rootHash),
              checkpoint.replace("\n", "\\n"));
    }
  }

  private Entry entry(String json, Instant integrated) throws Exception {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    byte[] logId = sha256(entryLog.getPublic().getEncoded());
    String body = base64(bytes);
    long seconds = integrated.getEpochSecond();
    String signable =
        "{\"body\":\"%s\",\"integratedTime\":%d,\"logID\":\"%s\",\"logIndex\":7}"
            .formatted(body, seconds, HexFormat.of().formatHex(logId));
    byte[] rootHash = sha256(concat(new byte[] {0}, bytes));
    String note = "127.0.0.1 - 1\n1\n" + base64(rootHash) + "\n";
    byte[] hint = java.util.Arrays.copyOf(logId, 4);
    byte[] noteSignature = sign(entryLog.getPrivate(), note.getBytes(StandardCharsets.UTF_8));
    return new Entry(
        body,
        seconds,
        sign(entryLog.getPrivate(), signable.getBytes(StandardCharsets.UTF_8)),
        rootHash,
        note + "\n\u2014 127.208.0.1 " + base64(concat(hint, noteSignature)) + "\n",
        logId);
  }

  private static String bundle(X509Certificate leaf, byte[] digest, byte[] signature, Entry e)
      throws GeneralSecurityException {
    return """
        {"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{
          "certificate":{"rawBytes":"%s"},"tlogEntries":[{"logIndex":"7","logId":{"keyId":"%s"},
          "kindVersion":{"kind":"hashedrekord","version":"0.0.1"},"integratedTime":"%d",
          "inclusionPromise":{"signedEntryTimestamp":"%s"},
          "inclusionProof":{"logIndex":"0","rootHash":"%s","treeSize":"1","hashes":[],
            "checkpoint":{"envelope":"%s"}},"canonicalizedBody":"%s"}]},
         "messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"%s"},"signature":"%s"}}"""
        .formatted(
            base64(leaf.getEncoded()),
            base64(e.logId()),
            e.integrated(),
            base64(e.set()),
            base64(e.rootHash()),
            e.checkpoint().replace("\n", "\\n"),
            e.body(),
            base64(digest),
            base64(signature));
  }

  /// `trusted_root.json` that trusts this sigstore, whose log answers at `log`.
  byte[] trustedRoot(URI log) throws GeneralSecurityException {
    return """
        {"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1",
         "tlogs":[%s],"ctlogs":[%s],
         "certificateAuthorities":[{"subject":{"organization":"test","commonName":"test"},
           "uri":"https://fulcio.example","certChain":{"certificates":[{"rawBytes":"%s"}]},
           "validFor":{"start":"2025-01-01T00:00:00Z"}}]}"""
        .formatted(
            log(entryLog, log.toString()),
            log(certificateLog, "https://ctfe.example"),
            base64(root.getEncoded()))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String log(KeyPair key, String url) throws GeneralSecurityException {
    return """
        {"baseUrl":"%s","hashAlgorithm":"SHA2_256","publicKey":{"rawBytes":"%s",
         "keyDetails":"PKIX_ECDSA_P256_SHA_256","validFor":{"start":"2025-01-01T00:00:00Z"}},
         "logId":{"keyId":"%s"}}"""
        .formatted(
            url,
            base64(key.getPublic().getEncoded()),
            base64(sha256(key.getPublic().getEncoded())));
  }

  private X509Certificate leaf(KeyPair key, String identity, String issuer) throws Exception {
    X509v3CertificateBuilder builder = leafBuilder(key, identity, issuer);
    // The log signs what the certificate is without the log's own extension.
    byte[] precertificate = certificate(builder, ca.getPrivate()).getTBSCertificate();
    builder.addExtension(SCTS, false, new DEROctetString(timestamps(precertificate)));
    return certificate(builder, ca.getPrivate());
  }

  private X509v3CertificateBuilder leafBuilder(KeyPair key, String identity, String issuer)
      throws Exception {
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name("CN=test fulcio"),
            BigInteger.valueOf(77),
            Date.from(SIGNED),
            Date.from(SIGNED.plus(Duration.ofMinutes(10))),
            new X500Name("CN=leaf"),
            key.getPublic());
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning));
    int kind =
        identity.contains("://") ? GeneralName.uniformResourceIdentifier : GeneralName.rfc822Name;
    builder.addExtension(
        Extension.subjectAlternativeName, true, new GeneralNames(new GeneralName(kind, identity)));
    builder.addExtension(ISSUER_OID, false, new DERUTF8String(issuer));
    return builder;
  }

  /// RFC 6962, 3.2 and 3.3: a list of one timestamp over an entry of type precert_entry.
  private byte[] timestamps(byte[] tbs) throws Exception {
    long at = SIGNED.toEpochMilli();
    ByteArrayOutputStream signed = new ByteArrayOutputStream();
    signed.write(new byte[] {0, 0}); // version 1, certificate_timestamp
    signed.write(ByteBuffer.allocate(8).putLong(at).array());
    signed.write(new byte[] {0, 1}); // precert_entry
    signed.write(sha256(ca.getPublic().getEncoded()));
    signed.write(
        new byte[] {(byte) (tbs.length >> 16), (byte) (tbs.length >> 8), (byte) tbs.length});
    signed.write(tbs);
    signed.write(new byte[] {0, 0}); // no extensions
    byte[] signature = sign(certificateLog.getPrivate(), signed.toByteArray());
    ByteArrayOutputStream one = new ByteArrayOutputStream();
    one.write(0);
    one.write(sha256(certificateLog.getPublic().getEncoded()));
    one.write(ByteBuffer.allocate(8).putLong(at).array());
    one.write(new byte[] {0, 0, 4, 3}); // no extensions; SHA-256, ECDSA
    vector(one, signature);
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    vector(list, one.toByteArray());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    vector(out, list.toByteArray());
    return out.toByteArray();
  }

  private static void vector(OutputStream out, byte[] bytes) throws IOException {
    out.write(bytes.length >> 8);
    out.write(bytes.length);
    out.write(bytes);
  }

  private static X509v3CertificateBuilder builder(
      String issuer, String subject, KeyPair key, Instant from, int days) {
    return new JcaX509v3CertificateBuilder(
        new X500Name(issuer),
        BigInteger.ONE,
        Date.from(from),
        Date.from(from.plus(Duration.ofDays(days))),
        new X500Name(subject),
        key.getPublic());
  }

  private static X509Certificate certificate(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException, OperatorException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }

  static KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  static byte[] sign(PrivateKey key, byte[] bytes) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(key);
    signature.update(bytes);
    return signature.sign();
  }

  static byte[] sha256(byte[] bytes) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(bytes);
  }

  private static String pem(X509Certificate certificate) throws GeneralSecurityException {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] concat(byte[] a, byte[] b) {
    return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
  }
}
