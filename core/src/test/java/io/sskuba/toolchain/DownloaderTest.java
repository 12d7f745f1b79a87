package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The download against a server that misbehaves in every way that was thought of.
class DownloaderTest {
  private static final String ADDRESS = "127.207.0.1";
  private static final byte[] BODY = body();
  private static final Downloader.Limits LIMITS =
      new Downloader.Limits(
          Duration.ofSeconds(1), Duration.ofMillis(400), Duration.ofSeconds(4), 1 << 20, 3);

  @TempDir Path folder;
  private final List<String> said = new ArrayList<>();

  @Test
  void getsWhatIsWholeAndRight() throws Exception {
    try (RawServer server = new RawServer(ADDRESS, (request, out) -> RawServer.ok(out, BODY))) {
      fetch(server.url("/tool"), LIMITS);
      assertThat(Files.readAllBytes(part())).isEqualTo(BODY);
    }
  }

  @Test
  void goesOnWhereACutAnswerStopped() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (RawServer server =
        new RawServer(
            ADDRESS,
            (request, out) -> {
              if (count.incrementAndGet() == 1) {
                RawServer.head(out, "200 OK", BODY.length, "ETag: \"one\"");
                out.write(BODY, 0, 100_000);
              } else {
                RawServer.partial(out, BODY, request.rangeStart(), "ETag: \"one\"");
              }
            })) {
      fetch(server.url("/tool"), LIMITS);
      assertThat(Files.readAllBytes(part())).isEqualTo(BODY);
      assertThat(server.requests.get(1).headers())
          .containsEntry("range", "bytes=100000-")
          .containsEntry("if-range", "\"one\"");
    }
  }

  @Test
  void goesOnAfterTheProcessDied() throws Exception {
    try (RawServer server =
        new RawServer(
            ADDRESS, (request, out) -> RawServer.partial(out, BODY, request.rangeStart()))) {
      Files.write(part(), java.util.Arrays.copyOf(BODY, 5_000));
      Files.writeString(part().resolveSibling("tool.part.validator"), "\"one\"");
      fetch(server.url("/tool"), LIMITS);
      assertThat(Files.readAllBytes(part())).isEqualTo(BODY);
      assertThat(server.requests).hasSize(1);
    }
  }

  @Test
  void startsAnewWhenTheServerCannotResume() throws Exception {
    try (RawServer server = new RawServer(ADDRESS, (request, out) -> RawServer.ok(out, BODY))) {
      Files.write(part(), new byte[5_000]);
      Files.writeString(part().resolveSibling("tool.part.validator"), "\"one\"");
      fetch(server.url("/tool"), LIMITS);
      assertThat(Files.readAllBytes(part())).isEqualTo(BODY);
    }
  }

  @Test
  void startsAnewWhenASplicedFileIsWrong() throws Exception {
    // The part is of another file than the server claims: only the digest can tell.
    try (RawServer server =
        new RawServer(
            ADDRESS,
            (request, out) -> {
              if (request.rangeStart() > 0) {
                RawServer.partial(out, BODY, request.rangeStart());
              } else {
                RawServer.ok(out, BODY);
              }
            })) {
      Files.write(part(), new byte[5_000]);
      Files.writeString(part().resolveSibling("tool.part.validator"), "\"one\"");
      fetch(server.url("/tool"), LIMITS);
      assertThat(Files.readAllBytes(part())).isEqualTo(BODY);
      assertThat(server.requests).hasSize(2);
    }
  }

  @Test
  void refusesAWrongDigestAndSaysBoth() throws Exception {
    byte[] other = new byte[300];
    try (RawServer server = new RawServer(ADDRESS, (request, out) -> RawServer.ok(out, other))) {
      assertThatThrownBy(() -> fetch(server.url("/tool"), LIMITS))
          .isInstanceOf(Downloader.Failed.class)
          .hasMessageContaining("wrong digest")
          .hasMessageContaining("expected sha256:" + sha256(BODY))
          .hasMessageContaining("actual   sha256:" + sha256(other));
      assertThat(part()).doesNotExist();
      assertThat(server.requests).as("a wrong file is not asked for again").hasSize(1);
    }
  }

  @Test
  void givesUpAtOnceWhenItIsNotThere() throws Exception {
    try (RawServer server =
        new RawServer(ADDRESS, (request, out) -> RawServer.head(out, "404 Not Found", 0))) {
      assertFails(server, LIMITS, "HTTP 404");
      assertThat(server.requests).hasSize(1);
    }
  }

  @Test
  void triesAgainWhenTheServerIsBusy() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (RawServer server =
        new RawServer(
            ADDRESS,
            (request, out) -> {
              if (count.incrementAndGet() < 3) {
                RawServer.head(out, "503 Service Unavailable", 0);
              } else {
                RawServer.ok(out, BODY);
              }
            })) {
      fetch(server.url("/tool"), LIMITS);
      assertThat(said).hasSize(2).first().asString().contains("HTTP 503; attempt 2 of 3");
    }
  }

  @Test
  void doesNotWaitForAServerThatSaysNothing() throws Exception {
    try (RawServer server =
        new RawServer(ADDRESS, (request, out) -> Thread.sleep(Duration.ofSeconds(30)))) {
      assertFails(server, LIMITS, "no answer in time");
    }
  }

  @Test
  void doesNotWaitForAServerThatStopsHalfway() throws Exception {
    try (RawServer server =
        new RawServer(
            ADDRESS,
            (request, out) -> {
              RawServer.head(out, "200 OK", BODY.length);
              out.write(BODY, 0, 100);
              out.flush();
              Thread.sleep(Duration.ofSeconds(30));
            })) {
      assertFails(server, LIMITS, "no answer in time");
    }
  }

  @Test
  void limitsAServerThatDribbles() throws Exception {
    Downloader.Limits limits =
        new Downloader.Limits(
            Duration.ofSeconds(1), Duration.ofMillis(500), Duration.ofSeconds(1), 1 << 20, 3);
    try (RawServer server =
        new RawServer(
            ADDRESS,
            (request, out) -> {
              RawServer.head(out, "200 OK", BODY.length);
              for (int i = 0; i < 200; i++) {
                out.write(BODY, i, 1);
                out.flush();
                Thread.sleep(Duration.ofMillis(50));
              }
            })) {
      assertFails(server, limits, "not complete within 1 s");
    }
  }

  @Test
  void refusesWhatIsTooLarge() throws Exception {
    try (RawServer announced =
        new RawServer(ADDRESS, (request, out) -> RawServer.head(out, "200 OK", 1L << 40))) {
      assertFails(announced, LIMITS, "larger than 1048576 bytes");
    }
    try (RawServer unannounced =
        new RawServer(
            ADDRESS,
            (request, out) -> {
              RawServer.head(out, "200 OK", -1);
              for (int i = 0; i < 100; i++) {
                out.write(BODY);
              }
            })) {
      assertFails(unannounced, LIMITS, "larger than 1048576 bytes");
      assertThat(Files.size(part())).isLessThanOrEqualTo(1 << 20);
    }
  }

  @Test
  void followsRedirectsButNotForEver() throws Exception {
    try (RawServer server =
        new RawServer(
            ADDRESS,
            (request, out) -> {
              if (request.path().equals("/tool")) {
                RawServer.head(out, "302 Found", 0, "Location: /real");
              } else if (request.path().equals("/real")) {
                RawServer.ok(out, BODY);
              } else {
                RawServer.head(out, "302 Found", 0, "Location: /loop");
              }
            })) {
      fetch(server.url("/tool"), LIMITS);
      assertThat(Files.readAllBytes(part())).isEqualTo(BODY);
      assertThatThrownBy(() -> fetch(server.url("/loop"), LIMITS))
          .hasMessageContaining("more than 5 redirects");
    }
  }

  @Test
  void doesNotFollowToAFile() throws Exception {
    try (RawServer server =
        new RawServer(
            ADDRESS,
            (request, out) -> RawServer.head(out, "302 Found", 0, "Location: file:///etc/hosts"))) {
      assertFails(server, LIMITS, "redirected to file: not followed");
    }
  }

  @Test
  void saysWhenNobodyListens() throws Exception {
    RawServer server = new RawServer(ADDRESS, (request, out) -> {});
    URI url = server.url("/tool");
    server.close();
    assertThatThrownBy(() -> fetch(url, LIMITS))
        .isInstanceOf(Downloader.Failed.class)
        .hasMessageContaining("Connection refused");
  }

  private void assertFails(RawServer server, Downloader.Limits limits, String why) {
    long begun = System.nanoTime();
    assertThatThrownBy(() -> fetch(server.url("/tool"), limits))
        .isInstanceOf(Downloader.Failed.class)
        .hasMessageContaining(why);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(9));
  }

  private void fetch(URI url, Downloader.Limits limits)
      throws Downloader.Failed, IOException, InterruptedException {
    new Downloader(new Environment(Map.of(), folder), new NoPauses(), limits)
        .fetch("tool v1", url, sha256(BODY), part(), said::add);
  }

  private Path part() {
    return folder.resolve("tool.part");
  }

  private String sha256(byte[] bytes) {
    try {
      Path file = Files.write(folder.resolve("digest"), bytes);
      return Digests.ofFile(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static byte[] body() {
    byte[] bytes = new byte[200_000];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  /// Real time, but back-off costs nothing.
  private static final class NoPauses implements TimeSource {
    @Override
    public Instant now() {
      return TimeSource.system().now();
    }

    @Override
    public long nanos() {
      return TimeSource.system().nanos();
    }

    @Override
    public void sleep(Duration d) {}
  }
}
