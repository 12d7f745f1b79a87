package io.sskuba.rehearsal.machine;

import io.sskuba.io.TimeSource;
import java.math.BigInteger;
import java.security.Principal;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CertificateHolder;
import org.jspecify.annotations.Nullable;

/// A certificate that the JDK's TLS sends as it is.
///
/// The JDK refuses to parse a certificate with an empty issuer, which is what a Talos machine in
/// maintenance mode presents; sending one needs only its bytes and its key.
final class RawCertificate extends X509Certificate {
  private final X509CertificateHolder holder;
  private final byte[] encoded;
  private final PublicKey key;

  /// @param key the JDK's form of the key in the certificate
  RawCertificate(X509CertificateHolder holder, PublicKey key) throws java.io.IOException {
    this.holder = holder;
    this.encoded = holder.getEncoded();
    this.key = key;
  }

  @Override
  public byte[] getEncoded() {
    return encoded.clone();
  }

  @Override
  public PublicKey getPublicKey() {
    return key;
  }

  @Override
  public void checkValidity() throws CertificateExpiredException, CertificateNotYetValidException {
    checkValidity(Date.from(TimeSource.system().now()));
  }

  @Override
  public void checkValidity(Date date)
      throws CertificateExpiredException, CertificateNotYetValidException {
    if (date.after(getNotAfter())) {
      throw new CertificateExpiredException();
    }
    if (date.before(getNotBefore())) {
      throw new CertificateNotYetValidException();
    }
  }

  @Override
  public int getVersion() {
    return holder.getVersionNumber();
  }

  @Override
  public BigInteger getSerialNumber() {
    return holder.getSerialNumber();
  }

  @Override
  public Principal getIssuerDN() {
    return getIssuerX500Principal();
  }

  @Override
  public Principal getSubjectDN() {
    return getSubjectX500Principal();
  }

  @Override
  public javax.security.auth.x500.X500Principal getIssuerX500Principal() {
    return principal(holder.getIssuer());
  }

  @Override
  public javax.security.auth.x500.X500Principal getSubjectX500Principal() {
    return principal(holder.getSubject());
  }

  private static javax.security.auth.x500.X500Principal principal(
      org.bouncycastle.asn1.x500.X500Name name) {
    return new javax.security.auth.x500.X500Principal(name.toString());
  }

  @Override
  public Date getNotBefore() {
    return holder.getNotBefore();
  }

  @Override
  public Date getNotAfter() {
    return holder.getNotAfter();
  }

  @Override
  public byte[] getTBSCertificate() {
    try {
      return holder.toASN1Structure().getTBSCertificate().getEncoded();
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public byte[] getSignature() {
    return holder.getSignature();
  }

  @Override
  public String getSigAlgName() {
    return "Ed25519";
  }

  @Override
  public String getSigAlgOID() {
    return holder.getSignatureAlgorithm().getAlgorithm().getId();
  }

  @Override
  public byte @Nullable [] getSigAlgParams() {
    return null;
  }

  @Override
  public boolean @Nullable [] getIssuerUniqueID() {
    return null;
  }

  @Override
  public boolean @Nullable [] getSubjectUniqueID() {
    return null;
  }

  @Override
  public boolean[] getKeyUsage() {
    return new boolean[] {true, false, false, false, false, false, false, false, false};
  }

  @Override
  public int getBasicConstraints() {
    return -1;
  }

  @Override
  public void verify(PublicKey issuer) throws CertificateException {
    throw new CertificateException("the issuer is known to nobody");
  }

  @Override
  public void verify(PublicKey issuer, String provider) throws CertificateException {
    verify(issuer);
  }

  @Override
  public String toString() {
    return "RawCertificate[" + holder.getSubject() + "]";
  }

  @Override
  public boolean hasUnsupportedCriticalExtension() {
    return false;
  }

  @Override
  public Set<String> getCriticalExtensionOIDs() {
    return strings(holder.getCriticalExtensionOIDs());
  }

  @Override
  public Set<String> getNonCriticalExtensionOIDs() {
    return strings(holder.getNonCriticalExtensionOIDs());
  }

  private static Set<String> strings(Set<?> oids) {
    Set<String> all = new java.util.HashSet<>();
    for (Object oid : oids) {
      all.add(((ASN1ObjectIdentifier) oid).getId());
    }
    return all;
  }

  @Override
  public byte @Nullable [] getExtensionValue(String oid) {
    Extension extension = holder.getExtension(new ASN1ObjectIdentifier(oid));
    try {
      return extension == null ? null : extension.getExtnValue().getEncoded();
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
