package io.sskuba.clouds.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.sskuba.images.EnsureImages;
import io.sskuba.images.ImageStore.Held;
import io.sskuba.images.WantedImage;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.toolchain.Egress;
import io.sskuba.toolchain.FactoryDownload;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.ec2.Ec2Client;

/// Images put into an account: moto's, from a factory on loopback.
class AwsImageStorePeerIT {
  private static final int BLOCK = 512 * 1024;
  private static AwsRoom room;
  private static HttpServer factory;
  private static final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private static volatile String answer = "";
  @TempDir static Path folder;
  @TempDir Path cache;

  @BeforeAll
  static void start() throws Exception {
    room = new AwsRoom("127.214.4.1", folder);
    factory = HttpServer.create(new InetSocketAddress("127.214.4.1", 0), 0);
    byte[] disk = disk();
    factory.createContext(
        "/",
        exchange -> {
          asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
          byte[] bytes =
              exchange.getRequestMethod().equals("POST")
                  ? ("{\"id\":\"" + answer + "\"}").getBytes(StandardCharsets.UTF_8)
                  : disk;
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    factory.start();
  }

  /// Seven blocks, the third and fourth of them zeros, the last one short.
  private static byte[] disk() throws IOException {
    byte[] raw = new byte[6 * BLOCK + 1000];
    new Random(7).nextBytes(raw);
    java.util.Arrays.fill(raw, 2 * BLOCK, 4 * BLOCK, (byte) 0);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(raw);
    }
    return out.toByteArray();
  }

  @AfterAll
  static void stop() {
    if (factory != null) {
      factory.stop(0);
    }
    if (room != null) {
      room.close();
    }
  }

  @BeforeEach
  void fresh() {
    room.fits();
    asked.clear();
    answer = WANTED.schematic().id();
  }

  private static final ClusterSpec SPEC =
      AwsRoom.spec(
          """
          apiVersion: sskuba.io/v1alpha1
          kind: Cluster
          metadata: {name: gpu, domain: example.org}
          gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
          target:
            provider: aws
            region: ap-southeast-2
            network: {adminCidrs: [203.0.113.0/24]}
            controlPlane: {count: 1}
            workers: [{name: gpu, count: 2, type: g5.2xlarge, gpu: {vendor: nvidia}}]
          """);
  private static final WantedImage WANTED = WantedImage.of(SPEC).getFirst();

  private static AwsImageStore store() {
    return AwsImageStore.of(SPEC, AwsRoom.environment(folder), TimeSource.system());
  }

  private EnsureImages ensure() {
    String url = "http://127.214.4.1:" + factory.getAddress().getPort();
    Environment environment = new Environment(Map.of("SSKUBA_IMAGE_FACTORY", url), folder);
    return new EnsureImages(
        store(), new FactoryDownload(environment, TimeSource.system(), Egress.NONE), cache);
  }

  private static long puts() {
    return room.door.calls().stream().filter(c -> c.startsWith("Change:/snapshots/")).count();
  }

  private static void removeAll() {
    AwsImageStore store = store();
    store.list().forEach(store::remove);
  }

  @Test
  void anImageIsMadeOnceAndTakenAway() throws Exception {
    List<EnsureImages.Ensured> first = ensure().ensure(List.of(WANTED), _ -> {});
    assertThat(first).hasSize(1);
    assertThat(first.getFirst().made()).isTrue();
    assertThat(asked)
        .containsExactly(
            "POST /schematics",
            "GET /image/" + WANTED.schematic().id() + "/v1.13.9/aws-amd64.raw.gz");
    // Start, five blocks that hold something, the end.
    assertThat(puts()).isEqualTo(6);
    assertThat(first.getFirst().image().digest()).hasSize(64);
    room.door.reset();
    room.fits();
    List<EnsureImages.Ensured> second = ensure().ensure(List.of(WANTED), _ -> {});
    assertThat(second.getFirst().made()).isFalse();
    assertThat(second.getFirst().image()).isEqualTo(first.getFirst().image());
    assertThat(room.door.mutations()).isEmpty();
    assertThat(store().list()).containsExactly(first.getFirst().image());
    removeAll();
    assertThat(store().list()).isEmpty();
    try (Ec2Client ec2 = room.direct(Ec2Client.builder())) {
      assertThat(
              ec2.describeSnapshots(r -> r.ownerIds("self")).snapshots().stream()
                  .filter(s -> s.tags().stream().anyMatch(t -> t.key().startsWith("sskuba.io/"))))
          .isEmpty();
    }
  }

  @Test
  void whatAKilledRunBeganIsGoneOnWith() throws Exception {
    room.door.answer(
        "RegisterImage",
        _ ->
            AwsDoor.Answer.xml(
                400,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message>"
                    + "</Error></Errors></Response>"));
    assertThatThrownBy(() -> ensure().ensure(List.of(WANTED), _ -> {}))
        .isInstanceOf(SskubaException.class)
        .hasMessageContaining("denies an image");
    room.fits();
    List<EnsureImages.Ensured> made = ensure().ensure(List.of(WANTED), _ -> {});
    assertThat(made.getFirst().made()).isTrue();
    assertThat(asked).as("the disk was kept").hasSize(2);
    try (Ec2Client ec2 = room.direct(Ec2Client.builder())) {
      assertThat(
              ec2.describeSnapshots(r -> r.ownerIds("self")).snapshots().stream()
                  .filter(s -> s.tags().stream().anyMatch(t -> t.key().equals("sskuba.io/image"))))
          .hasSize(1);
    }
    removeAll();
  }

  @Test
  void aFactoryThatDisagreesIsNotBelieved() {
    answer = "0".repeat(64);
    assertThatThrownBy(() -> ensure().ensure(List.of(WANTED), _ -> {}))
        .isInstanceOf(SskubaException.class)
        .hasMessageContaining("calls the schematic otherwise");
    assertThat(store().list()).extracting(Held::name).isEmpty();
  }
}
