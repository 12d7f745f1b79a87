package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How downloads leave an organisation: its proxy, its exceptions, its authorities.
class EgressTest {
  private static final byte[] BODY = "body".getBytes(StandardCharsets.UTF_8);
  private static final Downloader.Limits LIMITS =
      new Downloader.Limits(
          Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(60), 1 << 20, 1);

  @TempDir Path folder;

  @Test
  void goesThroughTheFilesProxyUnlessExcepted() throws Exception {
    try (RawServer proxy =
        new RawServer("127.208.0.3", (request, out) -> RawServer.ok(out, BODY))) {
      Egress egress =
          new Egress(
              proxy.url("").toString(), proxy.url("").toString(), List.of("skip.invalid"), null);
      Downloader through = downloader(egress.over(environment(Map.of())), null);
      assertThat(through.text(URI.create("http://tools.invalid/x"), 100)).isEqualTo("body");
      assertThat(proxy.requests.getFirst().path()).isEqualTo("http://tools.invalid/x");
      assertThatThrownBy(() -> through.text(URI.create("http://a.skip.invalid/x"), 100))
          .hasMessageContaining("unknown host");
      assertThat(proxy.requests).hasSize(1);
    }
  }

  @Test
  void theUsersVariablesGoBeforeTheFile() throws Exception {
    try (RawServer users =
        new RawServer("127.208.0.3", (request, out) -> RawServer.ok(out, BODY))) {
      Egress egress = new Egress("http://127.0.0.1:1", null, List.of(), null);
      Environment environment = environment(Map.of("http_proxy", users.url("").toString()));
      Downloader through = downloader(egress.over(environment), null);
      assertThat(through.text(URI.create("http://tools.invalid/x"), 100)).isEqualTo("body");
    }
  }

  @Test
  void doesNotGoPastAProxyThatItCannotRead() {
    Downloader through =
        downloader(environment(Map.of("HTTPS_PROXY", "socks5://user:geheim@proxy:1")), null);
    assertThatThrownBy(() -> through.text(URI.create("https://tools.invalid/x"), 100))
        .isInstanceOf(Downloader.Failed.class)
        .hasMessageContaining("https_proxy is no http://HOST:PORT")
        .hasMessageNotContaining("geheim");
  }

  @Test
  void trustsTheFilesAuthoritiesAndNoOthers() throws Exception {
    KeyPair key = TestSigstore.keys();
    X509Certificate certificate = certificate(key);
    String pem =
        "# our root\n-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
            + "\n-----END CERTIFICATE-----\n";
    HttpsServer server = server(key, certificate);
    try {
      URI url = URI.create("https://127.208.0.4:" + server.getAddress().getPort() + "/x");
      Environment none = environment(Map.of());
      assertThatThrownBy(() -> downloader(none, null).text(url, 100))
          .isInstanceOf(Downloader.Failed.class)
          .hasMessageContaining("PKIX");
      assertThat(downloader(none, pem).text(url, 100)).isEqualTo("body");
      Path file = Files.writeString(folder.resolve("ca.pem"), pem);
      Environment with = environment(Map.of("SSL_CERT_FILE", file.toString()));
      assertThat(downloader(with, null).text(url, 100)).isEqualTo("body");
    } finally {
      server.stop(0);
    }
  }

  private Environment environment(Map<String, String> variables) {
    return new Environment(variables, folder);
  }

  private static Downloader downloader(Environment environment, String pem) {
    return new Downloader(environment, TimeSource.system(), LIMITS, pem);
  }

  private static X509Certificate certificate(KeyPair key) throws Exception {
    Date now = new Date(TimeSource.system().now().toEpochMilli());
    X500Name name = new X500Name("CN=test");
    var builder =
        new JcaX509v3CertificateBuilder(
            name,
            BigInteger.ONE,
            new Date(now.getTime() - 60_000),
            new Date(now.getTime() + 600_000),
            name,
            key.getPublic());
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(new GeneralName(GeneralName.iPAddress, "127.208.0.4")));
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate())));
  }

  private static HttpsServer server(KeyPair key, X509Certificate certificate) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("key", key.getPrivate(), "x".toCharArray(), new Certificate[] {certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, "x".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.208.0.4"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/x",
        exchange -> {
          exchange.sendResponseHeaders(200, BODY.length);
          exchange.getResponseBody().write(BODY);
          exchange.close();
        });
    server.start();
    return server;
  }
}
