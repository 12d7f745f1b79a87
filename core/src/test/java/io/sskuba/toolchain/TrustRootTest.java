package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The trust root by TUF, from a repository of the test's own.
class TrustRootTest {
  private static final byte[] TRUSTED = "{\"trusted\": true}".getBytes(StandardCharsets.UTF_8);
  private static final Downloader.Limits LIMITS =
      new Downloader.Limits(
          Duration.ofSeconds(1), Duration.ofMillis(600), Duration.ofSeconds(8), 1 << 20, 1);

  @TempDir Path folder;
  private final Map<String, byte[]> files = new HashMap<>();
  private KeyPair key;
  private String root;
  private RawServer server;

  @BeforeEach
  void start() throws Exception {
    key = TestSigstore.keys();
    root = root(1, "2100-01-01T00:00:00Z");
    repository(1, "2100-01-01T00:00:00Z", UnaryOperator.identity());
    server =
        new RawServer(
            "127.208.0.2",
            (request, out) -> {
              byte[] file = files.get(request.path());
              if (file == null) {
                RawServer.head(out, "404 Not Found", 0);
              } else {
                RawServer.ok(out, file);
              }
            });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void getsTheTrustedRootAndANewerOneLater() throws Exception {
    assertThat(get()).isEqualTo(TRUSTED);
    files.put("/tuf/2.root.json", root(2, "2101-01-01T00:00:00Z").getBytes(StandardCharsets.UTF_8));
    repository(2, "2100-01-01T00:00:00Z", UnaryOperator.identity());
    assertThat(get()).isEqualTo(TRUSTED);
    assertThat(server.requests).anyMatch(request -> request.path().equals("/tuf/3.root.json"));
  }

  @Test
  void refusesATargetThatWasChanged() throws Exception {
    String target =
        files.keySet().stream().filter(p -> p.contains("/targets/")).findFirst().orElseThrow();
    files.put(target, "{\"trusted\": evil}".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(this::get)
        .isInstanceOf(SigstoreEngine.Refused.class)
        .hasMessageContaining("sigstore's trust root does not hold");
  }

  @Test
  void refusesWhatAnotherKeySigned() throws Exception {
    key = TestSigstore.keys();
    repository(1, "2100-01-01T00:00:00Z", UnaryOperator.identity());
    assertThatThrownBy(this::get).isInstanceOf(SigstoreEngine.Refused.class);
  }

  @Test
  void refusesWhatHasExpired() throws Exception {
    repository(1, "2020-01-01T00:00:00Z", UnaryOperator.identity());
    assertThatThrownBy(this::get).isInstanceOf(SigstoreEngine.Refused.class);
  }

  @Test
  void refusesToGoBack() throws Exception {
    repository(5, "2100-01-01T00:00:00Z", UnaryOperator.identity());
    get();
    repository(4, "2100-01-01T00:00:00Z", UnaryOperator.identity());
    assertThatThrownBy(this::get).isInstanceOf(SigstoreEngine.Refused.class);
  }

  @Test
  void saysThatTheRepositoryIsNotThere() throws Exception {
    server.close();
    assertThatThrownBy(this::get)
        .isInstanceOf(java.io.IOException.class)
        .hasMessageContaining("/tuf/");
  }

  private byte[] get() throws Exception {
    Downloader downloader =
        new Downloader(new Environment(Map.of(), folder), TimeSource.system(), LIMITS);
    return new SignedDownloads.PublicTrustRoot(
            server.url("/tuf/"), root, folder.resolve("tuf"), TimeSource.system())
        .get(SigstoreLoader.load(), downloader);
  }

  private void repository(int version, String expires, UnaryOperator<byte[]> change)
      throws Exception {
    files.keySet().removeIf(path -> !path.endsWith(".root.json"));
    String hash = hex(TRUSTED);
    files.put("/tuf/targets/" + hash + ".trusted_root.json", change.apply(TRUSTED));
    byte[] targets =
        signed(
            "{\"_type\":\"targets\",\"expires\":\"%s\",\"spec_version\":\"1.0\",\"targets\":{\"trusted_root.json\":{\"hashes\":{\"sha256\":\"%s\"},\"length\":%d}},\"version\":%d}"
                .formatted(expires, hash, TRUSTED.length, version));
    files.put("/tuf/" + version + ".targets.json", targets);
    byte[] snapshot =
        signed(
            "{\"_type\":\"snapshot\",\"expires\":\"%s\",\"meta\":{\"targets.json\":{\"version\":%d}},\"spec_version\":\"1.0\",\"version\":%d}"
                .formatted(expires, version, version));
    files.put("/tuf/" + version + ".snapshot.json", snapshot);
    files.put(
        "/tuf/timestamp.json",
        signed(
            "{\"_type\":\"timestamp\",\"expires\":\"%s\",\"meta\":{\"snapshot.json\":{\"version\":%d}},\"spec_version\":\"1.0\",\"version\":%d}"
                .formatted(expires, version, version)));
  }

  private String root(int version, String expires) throws Exception {
    String id = keyId();
    String role = "{\"keyids\":[\"" + id + "\"],\"threshold\":1}";
    return new String(
        signed(
            "{\"_type\":\"root\",\"consistent_snapshot\":true,\"expires\":\"%s\",\"keys\":{\"%s\":%s},\"roles\":{\"root\":%s,\"snapshot\":%s,\"targets\":%s,\"timestamp\":%s},\"spec_version\":\"1.0\",\"version\":%d}"
                .formatted(expires, id, keyJson(), role, role, role, role, version)),
        StandardCharsets.UTF_8);
  }

  private String keyJson() {
    return "{\"keytype\":\"ecdsa\",\"keyval\":{\"public\":\"%s\"},\"scheme\":\"ecdsa-sha2-nistp256\"}"
        .formatted(
            ("-----BEGIN PUBLIC KEY-----\n"
                    + TestSigstore.base64(key.getPublic().getEncoded())
                    + "\n-----END PUBLIC KEY-----\n")
                .replace("\n", "\\n"));
  }

  private String keyId() throws Exception {
    return hex(keyJson().getBytes(StandardCharsets.UTF_8));
  }

  /// The texts above are written in canonical JSON's order, so that they are what is signed. The
  /// PEM's line ends are bytes there, not escapes.
  private byte[] signed(String json) throws Exception {
    byte[] canonical = json.replace("\\n", "\n").getBytes(StandardCharsets.UTF_8);
    return "{\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"%s\"}],\"signed\":%s}"
        .formatted(
            keyId(), HexFormat.of().formatHex(TestSigstore.sign(key.getPrivate(), canonical)), json)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String hex(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(TestSigstore.sha256(bytes));
  }
}
