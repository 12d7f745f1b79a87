package io.sskuba.kube;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.sskuba.net.AddressMap;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// An HTTPS server that answers as an API server would, or as a broken one does.
final class FakeApiServer implements AutoCloseable {
  static final String HOST = "127.206.9.1";
  final Authority authority;
  final List<String> requests = new CopyOnWriteArrayList<>();
  private final HttpsServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  interface Answer {
    void answer(HttpExchange exchange) throws IOException;
  }

  FakeApiServer(Answer answer) throws Exception {
    this(answer, false);
  }

  FakeApiServer(Answer answer, boolean clientAuth) throws Exception {
    authority = new Authority("EC", "SHA256withECDSA");
    Issued serving = authority.issue("EC", "CN=server", HOST);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        KubeTls.keyManagers(serving.certificatePem(), serving.keyPem()),
        KubeTls.trust(authority.pem()).getTrustManagers(),
        null);
    server = HttpsServer.create(new InetSocketAddress(HOST, 0), 64);
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters tls = context.getDefaultSSLParameters();
            tls.setNeedClientAuth(clientAuth);
            parameters.setSSLParameters(tls);
          }
        });
    server.setExecutor(executor);
    server.createContext(
        "/",
        exchange -> {
          requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
          try (exchange) {
            answer.answer(exchange);
          }
        });
    server.start();
  }

  KubeApi api() throws IOException {
    return api(new KubeCredential.BearerToken("t"));
  }

  KubeApi api(KubeCredential credential) throws IOException {
    return KubeApis.open(url(), authority.pem(), credential, AddressMap.IDENTITY);
  }

  String url() {
    return "https://" + HOST + ":" + server.getAddress().getPort();
  }

  static void json(HttpExchange exchange, int code, String body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  static String status(int code, String reason, String message) {
    return "{\"kind\":\"Status\",\"code\":%d,\"reason\":\"%s\",\"message\":\"%s\"}"
        .formatted(code, reason, message);
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }

  record Issued(String certificatePem, String keyPem) {}

  /// A CA for tests, with keys of any kind below it.
  static final class Authority {
    private final KeyPair keys;
    private final String algorithm;
    private final X509Certificate certificate;

    Authority(String kind, String algorithm) throws Exception {
      this.keys = keys(kind);
      this.algorithm = algorithm;
      this.certificate = sign("CN=ca", keys, true, "");
    }

    String pem() throws IOException {
      return FakeApiServer.pem(certificate);
    }

    Issued issue(String kind, String subject, String address) throws Exception {
      KeyPair leaf = keys(kind);
      String key = FakeApiServer.pem(new JcaPKCS8Generator(leaf.getPrivate(), null));
      if (kind.equals("Ed25519")) {
        // The label that Talos writes.
        key = key.replace("PRIVATE KEY", "ED25519 PRIVATE KEY");
      }
      return new Issued(FakeApiServer.pem(sign(subject, leaf, false, address)), key);
    }

    private static KeyPair keys(String kind) throws Exception {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
      if (kind.equals("EC")) {
        generator.initialize(new ECGenParameterSpec("secp256r1"));
      } else if (kind.equals("RSA")) {
        generator.initialize(2048);
      }
      return generator.generateKeyPair();
    }

    private X509Certificate sign(String subject, KeyPair leaf, boolean ca, String address)
        throws Exception {
      Instant now = Instant.now();
      var builder =
          new JcaX509v3CertificateBuilder(
              new X500Name("CN=ca"),
              BigInteger.valueOf(now.toEpochMilli()),
              Date.from(now.minusSeconds(60)),
              Date.from(now.plus(Duration.ofHours(1))),
              new X500Name(subject),
              leaf.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
      if (!address.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(new GeneralName(GeneralName.iPAddress, address)));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(new JcaContentSignerBuilder(algorithm).build(keys.getPrivate())));
    }
  }

  private static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }
}
