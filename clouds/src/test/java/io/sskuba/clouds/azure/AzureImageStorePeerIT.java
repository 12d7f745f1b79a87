package io.sskuba.clouds.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.clouds.azure.AzureDoor.Answer;
import io.sskuba.images.ImageStore.Held;
import io.sskuba.images.WantedImage;
import io.sskuba.infra.Choices;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images put into a gallery of a stand-in, their disks into real Azurite.
class AzureImageStorePeerIT {
  private static final int PIECE = 4 << 20;
  private static final ClusterSpec SPEC =
      AzureRoom.spec(
          """
          apiVersion: sskuba.io/v1alpha1
          kind: Cluster
          metadata: {name: gpu, domain: example.org}
          gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
          target:
            provider: azure
            subscription: 00000000-0000-0000-0000-000000000000
            region: australiaeast
            network: {cidr: 10.30.0.0/16, adminCidrs: [203.0.113.0/24]}
            controlPlane: {count: 1, type: Standard_D4s_v5}
            workers: [{name: gpu, count: 2, type: Standard_NC4as_T4_v3, gpu: {vendor: nvidia}}]
          """);
  private static final WantedImage WANTED = WantedImage.of(SPEC).getFirst();
  private static final String GALLERY = AzureGallery.path(AzureRoom.SUBSCRIPTION);
  private static final String VERSION = GALLERY + "/images/talos-amd64-nvidia/versions/1.13.9";
  private static final String DISK =
      AzureRoom.BASE
          + "/resourceGroups/sskuba-images/providers/Microsoft.Compute/disks/"
          + WANTED.name();

  private static GalleryRoom room;
  private static byte[] raw;
  @TempDir static Path folder;
  private final List<String> lines = new ArrayList<>();

  @BeforeAll
  static void start() throws IOException {
    room = new GalleryRoom("127.221.3.1", folder);
    // Eleven pieces and a bit, the third to the fifth of them zeros.
    raw = new byte[11 * PIECE + 1000];
    new Random(7).nextBytes(raw);
    Arrays.fill(raw, 2 * PIECE, 5 * PIECE, (byte) 0);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(raw);
    }
    Files.write(folder.resolve("disk.raw.gz"), out.toByteArray());
  }

  @AfterAll
  static void stop() {
    if (room != null) {
      room.close();
    }
  }

  @BeforeEach
  void fresh() {
    room.fresh();
  }

  /// The system's, but nobody waits.
  private record Hurried() implements TimeSource {
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

  private static AzureImageStore store() {
    TimeSource time = new Hurried();
    Environment environment =
        new Environment(AzureRoom.secret(java.util.Map.of("HOME", folder.toString())), folder);
    AzureAccess access =
        AzureAccess.of(environment, AzureRoom.SUBSCRIPTION, time, room.door.cloud());
    return new AzureImageStore(new Arm(access, time), AzureAccount.settings(SPEC), time);
  }

  private Held put() throws InterruptedException {
    return store().put(WANTED, folder.resolve("disk.raw.gz"), lines::add);
  }

  @Test
  void anImageIsMadeOnceAndTakenAway() throws Exception {
    byte[][] vhd = new byte[1][];
    room.door.answer(
        "PUT " + VERSION,
        _ -> {
          vhd[0] = room.bytes(DISK);
          return null;
        });
    Held made = put();
    assertThat(made.name()).isEqualTo(WANTED.name());
    assertThat(made.id()).isEqualToIgnoringCase(VERSION);
    int aligned = 45 << 20;
    assertThat(vhd[0]).hasSize(aligned + 512);
    assertThat(Arrays.equals(Arrays.copyOf(vhd[0], raw.length), raw)).isTrue();
    assertThat(new String(vhd[0], aligned, 8, java.nio.charset.StandardCharsets.US_ASCII))
        .isEqualTo("conectix");
    assertThat(made.digest()).isEqualTo(VhdDisk.of(folder.resolve("disk.raw.gz")).digest());
    ObjectNode definition = room.at(GALLERY + "/images/talos-amd64-nvidia");
    assertThat(definition.path("properties").path("architecture").asText()).isEqualTo("x64");
    assertThat(definition.path("properties").path("hyperVGeneration").asText()).isEqualTo("V2");
    assertThat(room.count("Microsoft.Compute/disks")).as("the disk went").isZero();
    int asked = room.door.mutations().size();
    assertThat(put()).isEqualTo(made);
    assertThat(room.door.mutations()).as("never twice").hasSize(asked);
    assertThat(store().list()).containsExactly(made);
    assertThat(String.join("\n", lines)).doesNotContain("sig=");
    store().remove(made);
    store().remove(made);
    assertThat(store().list()).isEmpty();
    assertThat(room.count("Microsoft.Compute/galleries/images/versions")).isZero();
  }

  @Test
  void theLookAtTheSubscriptionFindsIt() throws Exception {
    put();
    AzureAccess access =
        AzureAccess.of(
            new Environment(AzureRoom.secret(java.util.Map.of()), folder),
            AzureRoom.SUBSCRIPTION,
            TimeSource.system(),
            room.door.cloud());
    room.door.answer("GET " + AzureRoom.BASE, "{\"state\": \"Enabled\"}");
    AzureAccount account =
        new AzureAccount(new Arm(access, TimeSource.system()), SPEC, TimeSource.system());
    assertThat(account.choices(SPEC, Choices.NONE).images().get("amd64-nvidia"))
        .isEqualToIgnoringCase(VERSION);
  }

  @Test
  void whatAKilledRunBeganIsGoneOnWith() throws Exception {
    room.door.answer(
        "POST " + DISK + "/endGetAccess", _ -> Answer.error(403, "AuthorizationFailed"));
    assertThatThrownBy(this::put)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_DENIED));
    room.door.answer("POST " + DISK + "/endGetAccess", _ -> null);
    lines.clear();
    put();
    assertThat(lines).contains("going on: 33 MB are there");
    assertThat(lines).noneMatch(l -> l.startsWith("disk ") && l.endsWith("begun"));
    // A version that is being made is waited for.
    room.at(VERSION);
    assertThat(store().list()).hasSize(1);
  }

  @Test
  void anUploadThatCannotBeGoneOnWithBeginsAnew() throws Exception {
    room.door.answer(
        "POST " + DISK + "/endGetAccess", _ -> Answer.error(403, "AuthorizationFailed"));
    assertThatThrownBy(this::put).isInstanceOf(SskubaException.class);
    room.door.answer("POST " + DISK + "/endGetAccess", _ -> null);
    room.stubborn();
    put();
    assertThat(lines).anyMatch(l -> l.contains("begins anew"));
    assertThat(store().list()).hasSize(1);
  }

  @Test
  void anotherRegionIsAddedAndAnotherImageLeftAlone() throws Exception {
    put();
    ObjectNode version = room.at(VERSION);
    ((ObjectNode)
            version.path("properties").path("publishingProfile").path("targetRegions").path(0))
        .put("name", "West US");
    assertThat(store().find(WANTED.name())).isEmpty();
    int before = room.door.mutations().size();
    assertThat(put().id()).isEqualToIgnoringCase(VERSION);
    assertThat(room.door.mutations()).as("one change, no upload").hasSize(before + 1);
    assertThat(room.at(VERSION).path("properties").path("publishingProfile").path("targetRegions"))
        .hasSize(2);
    version = Json.object().put("id", VERSION);
    version.putObject("tags").put("sskuba.io:image", "sskuba-talos-v1.13.9-amd64-nvidia-other");
    version.putObject("properties").put("provisioningState", "Succeeded");
    room.put(VERSION, version);
    assertThatThrownBy(this::put)
        .isInstanceOf(SskubaException.class)
        .hasMessageContaining("is another image");
  }
}
