package io.sskuba.pki;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.util.encoders.Hex;

/// Everything that a certificate says but its random parts and its dates, as lines to compare:
/// names with their string types, key and signature algorithms, the length of its validity,
/// extensions in their order with criticality and value.
final class CertificateText {
  private CertificateText() {}

  static List<String> of(String pem) {
    X509CertificateHolder c = Pem.holder(pem);
    List<String> lines = new ArrayList<>();
    lines.add("label " + Pem.block(pem).label());
    lines.add("version " + c.getVersionNumber());
    lines.add("serial is long " + (c.getSerialNumber().bitLength() > 90));
    lines.add("serial fits " + (c.getSerialNumber().bitLength() <= 128));
    lines.add("issuer " + name(c.getIssuer()));
    lines.add("subject " + name(c.getSubject()));
    lines.add("signature " + c.getSignatureAlgorithm().getAlgorithm());
    lines.add("signature parameters " + c.getSignatureAlgorithm().getParameters());
    lines.add("key " + c.getSubjectPublicKeyInfo().getAlgorithm().getAlgorithm());
    lines.add("key parameters " + c.getSubjectPublicKeyInfo().getAlgorithm().getParameters());
    long seconds = (c.getNotAfter().getTime() - c.getNotBefore().getTime()) / 1000;
    lines.add("valid for seconds " + seconds);
    Extensions extensions = c.getExtensions();
    for (var oid : extensions.getExtensionOIDs()) {
      Extension e = extensions.getExtension(oid);
      boolean random =
          oid.equals(Extension.subjectKeyIdentifier)
              || oid.equals(Extension.authorityKeyIdentifier);
      byte[] value = e.getExtnValue().getOctets();
      lines.add(
          String.format(
              Locale.ROOT,
              "extension %s critical %s %s",
              oid,
              e.isCritical(),
              random ? value.length + " bytes" : Hex.toHexString(value)));
    }
    return lines;
  }

  private static String name(X500Name name) {
    StringBuilder text = new StringBuilder();
    for (RDN rdn : name.getRDNs()) {
      text.append('{');
      for (AttributeTypeAndValue attribute : rdn.getTypesAndValues()) {
        text.append(attribute.getType())
            .append('=')
            .append(attribute.getValue().getClass().getSimpleName())
            .append(':')
            .append(((ASN1String) attribute.getValue()).getString())
            .append(';');
      }
      text.append('}');
    }
    return text.toString();
  }
}
