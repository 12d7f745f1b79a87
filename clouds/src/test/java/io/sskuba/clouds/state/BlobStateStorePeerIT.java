package io.sskuba.clouds.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.common.StorageSharedKeyCredential;
import io.sskuba.clouds.Clouds;
import io.sskuba.io.Environment;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.state.ObjectBucket;
import io.sskuba.state.ObjectStateStore;
import io.sskuba.state.StateStore;
import io.sskuba.testkit.TestServices;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The contract over Azure Blob Storage as Azurite serves it.
class BlobStateStorePeerIT extends StateStoreContract {
  private static final String HOST = "127.213.2.1";
  private static final String ACCOUNT = "devstoreaccount1";

  /// Azurite's well-known key, published with it.
  private static final String KEY =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

  private static TestServices.Running azurite;
  private static int containers;
  @TempDir static Path folder;
  private String url;

  @BeforeAll
  static void start() {
    azurite = TestServices.azurite(HOST, folder);
  }

  @AfterAll
  static void stop() {
    if (azurite != null) {
      azurite.close();
    }
  }

  @BeforeEach
  void makeContainer() {
    String name = "state-" + ++containers;
    new BlobContainerClientBuilder()
        .endpoint(azurite.url() + "/" + ACCOUNT)
        .containerName(name)
        .httpClient(new JdkHttpClientBuilder().build())
        .credential(new StorageSharedKeyCredential(ACCOUNT, KEY))
        .buildClient()
        .create();
    url = url(name);
  }

  private static String url(String container) {
    return "azblob://%s/team/a?storage_account=%s&protocol=http&domain=%s&localemu=true"
        .formatted(container, ACCOUNT, azurite.address());
  }

  private static ObjectBucket bucket(String at, String key) {
    Environment environment = new Environment(Map.of("AZURE_STORAGE_KEY", key), folder);
    return new Clouds().bucket(URI.create(at), environment, TimeSource.system());
  }

  @Override
  StateStore open() {
    return new ObjectStateStore(
        bucket(url, KEY), folder, TimeSource.system(), RandomSource.system());
  }

  @Test
  void conditionalWritesAreRefusedByTheServer() {
    ObjectBucket bucket = bucket(url, KEY);
    String first = bucket.putIfAbsent("a", new byte[] {1}).orElseThrow();
    assertThat(bucket.putIfAbsent("a", new byte[] {2})).isEmpty();
    String second = bucket.replace("a", new byte[] {3}, first).orElseThrow();
    assertThat(bucket.replace("a", new byte[] {4}, first)).isEmpty();
    assertThat(bucket.replace("b", new byte[] {4}, first)).isEmpty();
    assertThat(bucket.read("a").orElseThrow().bytes()).containsExactly(3);
    assertThat(bucket.read("a").orElseThrow().tag()).isEqualTo(second);
    bucket.delete("a");
    bucket.delete("a");
    assertThat(bucket.read("a")).isEmpty();
    assertThat(bucket.names("", 10)).isEmpty();
  }

  @Test
  void theClockIsTheServers() {
    assertThat(Duration.between(bucket(url, KEY).clock(), Instant.now()))
        .isBetween(Duration.ofSeconds(-1), Duration.ofSeconds(5));
  }

  @Test
  void aContainerThatIsNotThereAndAKeyThatDoesNotFit() {
    assertCode(ProblemCode.STATE_UNREACHABLE, () -> bucket(url("nobody"), KEY).read("a"));
    assertCode(ProblemCode.STATE_UNREACHABLE, () -> bucket(url("nobody"), KEY).names("", 9));
    String wrong = "A".repeat(86) + "==";
    assertCode(ProblemCode.STATE_DENIED, () -> bucket(url, wrong).read("a"));
    String nowhere = url.replace(":" + azurite.port(), ":1");
    assertCode(ProblemCode.STATE_UNREACHABLE, () -> bucket(nowhere, KEY).read("a"));
    assertCode(
        ProblemCode.STATE_URL_UNSUPPORTED,
        () ->
            new Clouds()
                .bucket(
                    URI.create("azblob://state"),
                    new Environment(Map.of(), folder),
                    TimeSource.system()));
  }
}
