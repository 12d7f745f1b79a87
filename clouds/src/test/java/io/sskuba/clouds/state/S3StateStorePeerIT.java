package io.sskuba.clouds.state;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The contract over S3 as moto serves it.
class S3StateStorePeerIT extends StateStoreContract {
  private static final String HOST = "127.213.1.1";
  private static TestServices.Running moto;
  private static int buckets;
  @TempDir static Path folder;
  private String url;

  @BeforeAll
  static void start() {
    // The SDK's own chain reads these, as it would the variables of the same names.
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "test");
    moto = TestServices.moto(HOST, folder);
  }

  @AfterAll
  static void stop() {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
    if (moto != null) {
      moto.close();
    }
  }

  @BeforeEach
  void makeBucket() throws Exception {
    String bucket = "state-" + ++buckets;
    HttpClient http = HttpClient.newHttpClient();
    HttpRequest make =
        HttpRequest.newBuilder(URI.create(moto.url() + "/" + bucket))
            .header(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    assertThat(http.send(make, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    url = url(bucket);
  }

  private static String url(String bucket) {
    return "s3://"
        + bucket
        + "/team/a?region=us-east-1&s3ForcePathStyle=true&endpoint="
        + moto.url();
  }

  private ObjectBucket bucket(String at) {
    return new Clouds()
        .bucket(URI.create(at), new Environment(Map.of(), folder), TimeSource.system());
  }

  @Override
  StateStore open() {
    return new ObjectStateStore(bucket(url), folder, TimeSource.system(), RandomSource.system());
  }

  @Test
  void conditionalWritesAreRefusedByTheServer() {
    ObjectBucket bucket = bucket(url);
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
  }

  @Test
  void moreThanAPageIsListed() {
    ObjectBucket bucket = bucket(url);
    try (var threads = java.util.concurrent.Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 1_050; i++) {
        String name = "p/%05d".formatted(i);
        threads.submit(() -> bucket.put(name, new byte[0]));
      }
    }
    bucket.put("q/1", new byte[0]);
    List<String> names = bucket.names("p/", 10_000);
    assertThat(names).hasSize(1_050).isSorted().doesNotHaveDuplicates();
    assertThat(bucket.names("p/", 7)).hasSize(7);
  }

  @Test
  void theClockIsTheServers() {
    Instant seen = bucket(url).clock();
    assertThat(Duration.between(seen, Instant.now()))
        .isBetween(Duration.ofSeconds(-1), Duration.ofSeconds(5));
  }

  @Test
  void aBucketThatIsNotThereAndAServerThatIsNotThere() {
    assertCode(ProblemCode.STATE_UNREACHABLE, () -> bucket(url("nobody")).read("a"));
    assertCode(ProblemCode.STATE_UNREACHABLE, () -> bucket(url("nobody")).names("", 10));
    assertCode(
        ProblemCode.STATE_UNREACHABLE, () -> bucket(url("nobody")).putIfAbsent("a", new byte[1]));
    String nowhere = url("state-1").replace(":" + moto.port(), ":1");
    assertCode(ProblemCode.STATE_UNREACHABLE, () -> bucket(nowhere).read("a"));
    assertCode(
        ProblemCode.STATE_URL_UNSUPPORTED, () -> bucket("s3://b/x?rgion=eu-central-1").read("a"));
    assertCode(ProblemCode.STATE_URL_UNSUPPORTED, () -> bucket("s3:///x").read("a"));
  }

  @Test
  void withoutCredentialsItSaysSo() {
    System.clearProperty("aws.secretAccessKey");
    try {
      assertCode(
          ProblemCode.STATE_DENIED, () -> bucket(url + "&profile=nobody-of-this-name").read("a"));
    } finally {
      System.setProperty("aws.secretAccessKey", "test");
    }
  }
}
