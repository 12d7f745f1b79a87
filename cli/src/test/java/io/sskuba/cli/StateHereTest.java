package io.sskuba.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.SpecJson;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.FileStateStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// With a bucket for a state URL, clusters of this machine ask nobody (contract, section 2). Fault
/// policy of the bucket: it takes each connection and breaks it off.
class StateHereTest {
  private static final Path EXAMPLES = Path.of("../examples").toAbsolutePath().normalize();
  private final AtomicInteger asked = new AtomicInteger();
  @TempDir Path folder;
  private ServerSocket bucket;

  @BeforeEach
  void aBucketThatIsAway() throws IOException {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "test");
    ServerSocket opened = new ServerSocket(0, 10, InetAddress.getByName("127.242.9.1"));
    bucket = opened;
    Thread.ofVirtual().start(() -> breakOff(opened));
  }

  private void breakOff(ServerSocket opened) {
    try {
      while (true) {
        try (Socket socket = opened.accept()) {
          socket.setSoLinger(true, 0);
          asked.incrementAndGet();
        }
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  @AfterEach
  void close() throws IOException {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
    bucket.close();
  }

  private CommandRun run(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--state-url";
    all[args.length + 1] =
        "s3://team-state/labs?region=us-east-1&s3ForcePathStyle=true&endpoint=http://127.242.9.1:"
            + bucket.getLocalPort();
    return CommandRun.of(folder, all);
  }

  private void aClusterHere() throws IOException {
    var spec =
        SpecReader.read(
            Files.readAllBytes(EXAMPLES.resolve("local.yaml")), "local.yaml", EXAMPLES, false);
    new FileStateStore(folder.resolve("state/sskuba"), TimeSource.system(), RandomSource.system())
        .create(
            new ClusterRecord(
                ClusterRecord.FORMAT,
                "here",
                "0123456789",
                "here",
                "here.example.org",
                false,
                "local",
                "failed",
                null,
                null,
                Instant.EPOCH,
                null,
                null,
                SpecJson.toJson(spec),
                io.sskuba.io.Json.object(),
                null));
  }

  @Test
  void filesOfThisMachineAskNoBucket() throws IOException {
    aClusterHere();
    String file = EXAMPLES.resolve("local.yaml").toString();
    assertThat(run("plan", "-f", file).exit()).isZero();
    assertThat(run("plan", "--rehearse", "-f", file).exit()).isZero();
    assertThat(run("delete", "-f", file, "--yes").exit()).isZero();
    assertThat(run("status", "here", "-o", "json").exit()).isZero();
    assertThat(asked).hasValue(0);
  }

  @Test
  void listShowsWhatIsHereAndFailsWhereNothingCanBeShown() throws IOException {
    CommandRun blind = run("list", "-o", "json");
    assertThat(blind.exit()).isEqualTo(7);
    assertThat(blind.json().path("code").asText()).isEqualTo("SSK-STATE-010");
    assertThat(asked.get()).isPositive();

    aClusterHere();
    CommandRun seen = run("list", "-o", "json");
    assertThat(seen.exit()).isZero();
    assertThat(seen.json().path("items")).hasSize(1);
    assertThat(seen.json().path("complete").asBoolean(true)).isFalse();
    assertThat(seen.json().path("warnings")).hasSize(1);
    assertThat(seen.json().path("warnings").toString()).contains("SSK-STATE-010");
    assertThat(run("list").err().lines().filter(l -> l.contains("SSK-STATE-010"))).hasSize(1);
  }
}
