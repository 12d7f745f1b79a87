package io.sskuba.clouds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.Redactor;
import io.sskuba.secret.SecretResolver;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SecretRef;
import io.sskuba.spec.SpecReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Vault whose certificate only the organisation's own authority vouches for.
class VaultTlsTest {
  private static final String HOST = "127.231.7.1";
  private final TestTls tls = TestTls.of(HOST);
  private HttpsServer server;
  @TempDir Path folder;

  @BeforeEach
  void start() throws Exception {
    server = HttpsServer.create(new InetSocketAddress(HOST, 0), 8);
    server.setHttpsConfigurator(new HttpsConfigurator(tls.context()));
    server.createContext(
        "/v1/old/team",
        exchange -> {
          byte[] body = "{\"data\":{\"key\":\"value\"}}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String resolved(String trust) throws Exception {
    ClusterSpec spec =
        SpecReader.read(
            """
            apiVersion: sskuba.io/v1alpha1
            kind: Cluster
            metadata: {name: a, domain: example.org}
            %s
            secrets: {provider: vault, address: "https://%s:%d", path: old}
            target: {provider: local, controlPlane: {count: 1}}
            """
                .formatted(trust, HOST, server.getAddress().getPort())
                .getBytes(StandardCharsets.UTF_8),
            "cluster.yaml",
            folder,
            false);
    Environment environment =
        SecretResolver.withVaultOf(
            spec,
            new Environment(Map.of("HOME", folder.toString(), "VAULT_TOKEN", "token"), folder));
    return new SecretResolver(
            environment, TimeSource.system(), new Redactor(), new CloudSecrets(environment))
        .resolve(new SecretRef.Vault("old/team", "key"))
        .reveal();
  }

  @Test
  void theFilesBundleVouchesForIt() throws Exception {
    Path bundle = Files.writeString(folder.resolve("ca.pem"), tls.pem());
    assertThat(resolved("trust: {bundle: " + bundle + "}")).isEqualTo("value");
  }

  @Test
  void nobodyElseDoes() throws Exception {
    Path other = Files.writeString(folder.resolve("ca.pem"), TestTls.of(HOST).pem());
    for (String trust : new String[] {"", "trust: {bundle: " + other + "}"}) {
      assertThatThrownBy(() -> resolved(trust))
          .isInstanceOfSatisfying(
              SskubaException.class,
              e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.KEY_SERVICE_UNREACHABLE));
    }
  }
}
