package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeCredential;
import io.sskuba.pki.Pem;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// A kubelet's client certificate: asked for by a real CSR, kept in memory-backed storage, used
/// again at a restart while it is valid.
/// - Limits: 30 s from the request to the certificate.
/// - Errors: `UncheckedIOException`, `KubeStatusException`; [Denied] when the request was denied.
/// - Source: Kubernetes documentation, "TLS bootstrapping".
final class KubeletCredentials {
  static final String SIGNER = "kubernetes.io/kube-apiserver-client-kubelet";
  private static final String KEY_BEGINS = "-----BEGIN PRIVATE KEY-----";
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final Duration ISSUE = Duration.ofSeconds(30);
  private static final Duration QUICK = Duration.ofSeconds(5);
  private static final String COLLECTION =
      "/apis/certificates.k8s.io/v1/certificatesigningrequests";

  private final String nodeName;
  private final String caCertificate;
  private final Path file;
  private final TimeSource time;
  private final RandomSource random;

  KubeletCredentials(
      String nodeName, String caCertificate, Path memory, TimeSource time, RandomSource random) {
    this.nodeName = nodeName;
    this.caCertificate = caCertificate;
    this.file = memory.resolve("kubelet-client-current.pem");
    this.time = time;
    this.random = random;
  }

  /// The API server, or a person, denied the certificate.
  static final class Denied extends RuntimeException {
    Denied(String message) {
      super(message);
    }
  }

  /// @param renewAt when four fifths of its life are over
  record Held(KubeCredential.ClientCertificate credential, Instant renewAt) {}

  /// The kept certificate, if it is of this node and this cluster's CA and has life left.
  Optional<Held> kept() {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      String pem = Files.readString(file);
      int key = pem.indexOf(KEY_BEGINS);
      X509Certificate certificate = Pem.certificates(pem.substring(0, key)).getFirst();
      certificate.verify(Pem.certificates(caCertificate).getFirst().getPublicKey());
      Pem.privateKey(pem.substring(key));
      String subject = certificate.getSubjectX500Principal().getName();
      boolean ours = (subject + ",").contains("CN=system:node:" + nodeName + ",");
      if (!ours || !time.now().isBefore(certificate.getNotAfter().toInstant())) {
        return Optional.empty();
      }
      return Optional.of(held(pem));
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      // Damaged, or of a cluster that was made anew: bootstrap again.
      return Optional.empty();
    }
  }

  /// Removes the kept certificate, since the API server does not take it any more.
  void forget() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Asks for a certificate as whoever `api` is: the bootstrap token, or the node itself to renew.
  Held request(KubeApi api) throws InterruptedException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random.secure());
      KeyPair keys = generator.generateKeyPair();
      String name = "csr-" + HexFormat.of().formatHex(random.bytes(8));
      api.create(COLLECTION, csr(name, requestPem(keys)), CALL);
      String certificate = await(api, name);
      String pem = certificate + (certificate.endsWith("\n") ? "" : "\n") + keyPem(keys);
      AtomicFiles.writeString(file, pem);
      return held(pem);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("no P-256 in this Java", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Held held(String pem) {
    int key = pem.indexOf(KEY_BEGINS);
    X509Certificate certificate = Pem.certificates(pem.substring(0, key)).getFirst();
    Instant from = certificate.getNotBefore().toInstant();
    Duration life = Duration.between(from, certificate.getNotAfter().toInstant());
    return new Held(
        new KubeCredential.ClientCertificate(pem.substring(0, key), pem.substring(key)),
        from.plus(life.multipliedBy(4).dividedBy(5)));
  }

  private String await(KubeApi api, String name) throws InterruptedException {
    Deadline deadline = Deadline.after(time, ISSUE);
    long quick = time.nanos() + QUICK.toNanos();
    long pause = 50;
    while (true) {
      time.sleep(Duration.ofMillis(pause));
      // Polling, but ever more slowly: hundreds of kubelets may bootstrap at the same time. Most
      // wait for a controller-manager that starts, which takes some two seconds.
      pause = Math.min(time.nanos() < quick ? 120 : 1_000, pause * 5 / 4);
      JsonNode csr = api.get(COLLECTION + "/" + name, CALL).orElse(Json.object());
      String certificate = csr.path("status").path("certificate").asText("");
      if (!certificate.isEmpty()) {
        return new String(Base64.getDecoder().decode(certificate), StandardCharsets.US_ASCII);
      }
      for (JsonNode condition : csr.path("status").path("conditions")) {
        String type = condition.path("type").asText();
        if (type.equals("Denied") || type.equals("Failed")) {
          throw new Denied(
              "certificate request "
                  + name
                  + " "
                  + type
                  + ": "
                  + condition.path("message").asText());
        }
      }
      if (deadline.passed()) {
        String state = csr.path("status").has("conditions") ? "approved, not signed" : "pending";
        throw new UncheckedIOException(
            new IOException("certificate request " + name + " is still " + state));
      }
    }
  }

  private static ObjectNode csr(String name, String pem) {
    ObjectNode csr = Json.object();
    csr.put("apiVersion", "certificates.k8s.io/v1").put("kind", "CertificateSigningRequest");
    csr.putObject("metadata").put("name", name);
    ObjectNode spec = csr.putObject("spec");
    spec.put("signerName", SIGNER);
    spec.put(
        "request", Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)));
    spec.putArray("usages").add("digital signature").add("client auth");
    return csr;
  }

  private String requestPem(KeyPair keys) throws OperatorCreationException, IOException {
    var subject =
        new X500NameBuilder(BCStyle.INSTANCE)
            .addRDN(BCStyle.O, "system:nodes")
            .addRDN(BCStyle.CN, "system:node:" + nodeName)
            .build();
    var request =
        new JcaPKCS10CertificationRequestBuilder(subject, keys.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
    return pem(request);
  }

  private static String keyPem(KeyPair keys) throws IOException {
    return pem(new JcaPKCS8Generator(keys.getPrivate(), null));
  }

  static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }
}
