package io.sskuba.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.secret.Redactor;
import io.sskuba.secret.SecretResolver;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Git and Teleport as they answer, or do not, over TLS of an organisation's own.
class NamedServicesTest {
  private static final String HOST = "127.214.2.1";
  private static final String TOKEN = ", token: {env: GIT_TOKEN}";
  private static final char[] STORE = "x".toCharArray();

  @TempDir Path folder;
  private HttpsServer server;
  private volatile int status = 200;
  private volatile String body = "001e# service=git-upload-pack\n0000";
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void serve() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    KeyPair key = generator.generateKeyPair();
    X509Certificate certificate = certificate(key);
    Files.writeString(
        folder.resolve("ca.pem"),
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("key", key.getPrivate(), STORE, new Certificate[] {certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, STORE);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName(HOST), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          String authorization = exchange.getRequestHeaders().getFirst("Authorization");
          asked.add(exchange.getRequestURI() + " " + authorization);
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void end() {
    server.stop(0);
  }

  private static X509Certificate certificate(KeyPair key) throws Exception {
    long now = TimeSource.system().now().toEpochMilli();
    X500Name name = new X500Name("CN=test");
    var builder =
        new JcaX509v3CertificateBuilder(
            name,
            BigInteger.ONE,
            new Date(now - 60_000),
            new Date(now + 600_000),
            name,
            key.getPublic());
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(new GeneralName(GeneralName.iPAddress, HOST)));
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate())));
  }

  private ClusterSpec spec(String url, String more) {
    String text =
        """
        apiVersion: sskuba.io/v1alpha1
        kind: Cluster
        metadata: {name: demo, domain: example.org}
        trust: {bundle: ca.pem}
        gitops: {url: "%s"%s}
        access:
          teleport:
            proxy: %s:%d
            token: {env: TELEPORT_TOKEN}
            groups: {viewers: [a], admins: [b]}
        target:
          provider: aws
          region: ap-southeast-2
          network: {adminCidrs: [203.0.113.0/24]}
          controlPlane: {count: 1}
        """
            .formatted(url, more, HOST, server.getAddress().getPort());
    return SpecReader.read(text.getBytes(StandardCharsets.UTF_8), "c.yaml", folder, false);
  }

  private NamedServices services(Map<String, String> variables) {
    Environment environment = new Environment(variables, folder);
    return new NamedServices(
        environment, new SecretResolver(environment, TimeSource.system(), new Redactor()));
  }

  private List<Finding> git() throws InterruptedException {
    return services(Map.of("GIT_TOKEN", "geheim")).git(spec(https(), TOKEN));
  }

  private String https() {
    return "https://" + HOST + ":" + server.getAddress().getPort() + "/team/cluster.git";
  }

  private static ProblemCode only(List<Finding> findings) {
    assertThat(findings).hasSize(1);
    assertThat(findings.getFirst().stops()).isTrue();
    assertThat(findings.toString()).doesNotContain("geheim");
    return findings.getFirst().problem().code();
  }

  @Test
  void aRepositoryThatLetsUsInIsNoFinding() throws Exception {
    assertThat(git()).isEmpty();
    byte[] pair = "git:geheim".getBytes(StandardCharsets.UTF_8);
    assertThat(asked)
        .containsExactly(
            "/team/cluster.git/info/refs?service=git-upload-pack Basic "
                + Base64.getEncoder().encodeToString(pair));
  }

  @Test
  void refusalsAndStrangersAreTold() throws Exception {
    status = 401;
    assertThat(only(git())).isEqualTo(ProblemCode.GIT_DENIED);
    status = 404;
    assertThat(only(git())).isEqualTo(ProblemCode.GIT_UNREACHABLE);
    status = 200;
    body = "<html>welcome</html>";
    assertThat(only(git())).isEqualTo(ProblemCode.GIT_UNREACHABLE);
    assertThat(only(services(Map.of()).git(spec(https(), TOKEN))))
        .isEqualTo(ProblemCode.GIT_DENIED);
  }

  @Test
  void nobodyThereIsTold() throws Exception {
    ClusterSpec spec = spec(https(), TOKEN);
    server.stop(0);
    assertThat(only(services(Map.of("GIT_TOKEN", "geheim")).git(spec)))
        .isEqualTo(ProblemCode.GIT_UNREACHABLE);
    assertThat(only(services(Map.of()).access(spec))).isEqualTo(ProblemCode.ACCESS_UNREACHABLE);
  }

  @Test
  void teleportAnswersByTls() {
    status = 500;
    assertThat(services(Map.of()).access(spec(https(), TOKEN))).isEmpty();
    assertThat(asked).containsExactly("/webapi/ping null");
  }

  @Test
  void aServerOfSshGreets() throws Exception {
    Files.writeString(folder.resolve("known"), "host ssh-ed25519 AAAA\n");
    for (String greeting : List.of("SSH-2.0-test\r\n", "220 mail\r\n")) {
      try (ServerSocket ssh = new ServerSocket(0, 4, InetAddress.getByName(HOST))) {
        Thread thread =
            Thread.ofVirtual()
                .start(
                    () -> {
                      try (Socket socket = ssh.accept()) {
                        socket
                            .getOutputStream()
                            .write(greeting.getBytes(StandardCharsets.US_ASCII));
                      } catch (IOException e) {
                        return;
                      }
                    });
        String url = "ssh://git@" + HOST + ":" + ssh.getLocalPort() + "/team/cluster.git";
        ClusterSpec spec = spec(url, ", sshKey: {env: KEY}, knownHosts: known");
        assertThat(services(Map.of()).git(spec)).hasSize(greeting.startsWith("SSH") ? 0 : 1);
        thread.join();
      }
    }
  }
}
