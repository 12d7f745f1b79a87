package io.sskuba.clouds.vsphere;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.clouds.Clouds;
import io.sskuba.images.ImageStore;
import io.sskuba.images.ImageStore.Held;
import io.sskuba.images.WantedImage;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Items of a content library, on vcsim.
class VsphereImageStorePeerIT {
  private static VsphereRoom room;
  @TempDir static Path folder;

  @BeforeAll
  static void start() throws Exception {
    room = new VsphereRoom("127.231.5.1", folder);
  }

  @AfterAll
  static void stop() {
    if (room != null) {
      room.close();
    }
  }

  @BeforeEach
  void reset() {
    room.reset();
    sessions()
        .forEach(s -> room.direct.vapi().delete("content/library/item/update-session/id:" + s));
  }

  private static ClusterSpec spec(String item) {
    return VsphereRoom.spec(room.file("images").replace("item: talos-v1.13.9", "item: " + item));
  }

  private static ImageStore store(ClusterSpec spec) {
    return new Clouds().images(spec, room.environment(Map.of()), TimeSource.system()).orElseThrow();
  }

  private static WantedImage wanted(ClusterSpec spec) {
    return WantedImage.of(spec).getFirst();
  }

  @Test
  void theFilesItemIsWantedWithTheGuestAgent() {
    WantedImage image = wanted(spec("talos-a"));
    assertThat(image.name()).isEqualTo("talos-a");
    assertThat(image.file()).isEqualTo("vmware-amd64.ova");
    assertThat(image.schematic().extensions()).containsExactly("siderolabs/vmtoolsd-guest-agent");
  }

  @Test
  void anOvaBecomesAnItemOnceIsListedAndTakenAway() throws Exception {
    ClusterSpec spec = spec("talos-whole");
    ImageStore store = store(spec);
    assertThat(store.find("talos-whole")).isEmpty();
    Path ova = TestOva.write(folder.resolve("whole.ova"), TestOva.members(1));
    List<String> told = new ArrayList<>();
    Held held = store.put(wanted(spec), ova, told::add);
    assertThat(held.digest())
        .isEqualTo(HexFormat.of().formatHex(TestOva.sha256(Files.readAllBytes(ova))));
    assertThat(told).anyMatch(l -> l.startsWith("vmware-amd64.vmdk"));
    assertThat(files(held.id()))
        .containsExactlyInAnyOrder("vmware-amd64.ovf", "vmware-amd64.vmdk", "vmware-amd64.mf");
    assertThat(store.find("talos-whole")).contains(held);
    assertThat(store.list()).contains(held);
    // Not those that others made, and those that hold nothing.
    assertThat(store.list()).noneMatch(h -> h.name().equals("talos-v1.13.9"));
    room.door.reset();
    assertThat(store.put(wanted(spec), ova, told::add)).isEqualTo(held);
    assertThat(room.door.mutations()).as("never twice").isEmpty();
    // What the look before an apply takes for the machines' template.
    assertThat(room.account(spec, Map.of()).choices(spec, io.sskuba.infra.Choices.NONE).images())
        .containsEntry("amd64", held.id());
    store.remove(held);
    store.remove(held);
    assertThat(store.find("talos-whole")).isEmpty();
    assertThat(sessions()).isEmpty();
    try (var left = Files.list(folder)) {
      assertThat(left.map(p -> p.getFileName().toString())).noneMatch(n -> n.startsWith("ova"));
    }
  }

  @Test
  void whatOthersPutThereIsUsedAndNeverTakenAway() throws Exception {
    ClusterSpec spec = spec("talos-of-the-team");
    Path ova = TestOva.write(folder.resolve("team.ova"), TestOva.members(8));
    Held held = store(spec).put(wanted(spec), ova, _ -> {});
    ObjectNode body = Json.object();
    body.putObject("update_spec").put("description", "the team's own");
    JsonNode _ = room.direct.vapi().patch("content/library/item/id:" + held.id(), body);
    Held theirs = store(spec).find("talos-of-the-team").orElseThrow();
    assertThat(theirs).isEqualTo(new Held("talos-of-the-team", held.id(), ""));
    assertThat(store(spec).put(wanted(spec), ova, _ -> {})).isEqualTo(theirs);
    assertThat(store(spec).list()).doesNotContain(theirs);
    assertThatThrownBy(() -> store(spec).remove(theirs))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_NAME_TAKEN));
    assertThat(store(spec).find("talos-of-the-team")).contains(theirs);
  }

  private static List<String> files(String item) {
    List<String> names = new ArrayList<>();
    room.direct
        .vapi()
        .get("content/library/item/file?library_item_id=" + item)
        .forEach(f -> names.add(f.path("name").asText()));
    return names;
  }

  private static List<String> sessions() {
    List<String> ids = new ArrayList<>();
    room.direct.vapi().get("content/library/item/update-session").forEach(s -> ids.add(s.asText()));
    return ids;
  }

  @Test
  void whatWasBegunIsGoneOnWith() throws Exception {
    ClusterSpec spec = spec("talos-begun");
    ImageStore store = store(spec);
    Path ova = TestOva.write(folder.resolve("begun.ova"), TestOva.members(2));
    AtomicInteger files = new AtomicInteger();
    // The run ends after its first file.
    room.door.answer(
        "*",
        body ->
            body.contains("\"file_spec\"") && files.incrementAndGet() == 2
                ? new VsphereDoor.Answer(500, "{}")
                : null);
    assertThatThrownBy(() -> store.put(wanted(spec), ova, _ -> {}))
        .isInstanceOf(SskubaException.class);
    assertThat(sessions()).hasSize(1);
    assertThat(store.find("talos-begun")).as("half an image is none").isEmpty();
    room.door.reset();
    // As vCenter says of a file that it has; vcsim says nothing of what was pushed.
    String digest =
        HexFormat.of().formatHex(TestOva.sha256(TestOva.members(2).get("vmware-amd64.ovf")));
    room.door.answer(
        "GET content/library/item/updatesession/file?update_session_id=" + sessions().getFirst(),
        _ ->
            new VsphereDoor.Answer(
                200,
                "{\"value\":[{\"name\":\"vmware-amd64.ovf\",\"status\":\"READY\",\"checksum_info\":"
                    + "{\"algorithm\":\"SHA256\",\"checksum\":\""
                    + digest
                    + "\"}}]}"));
    List<String> told = new ArrayList<>();
    Held held = store.put(wanted(spec), ova, told::add);
    assertThat(told).contains("going on with item talos-begun", "vmware-amd64.ovf is there");
    assertThat(files(held.id())).hasSize(3);
    assertThat(room.door.mutations())
        .as("no second item, no second session")
        .doesNotContain("POST content/library/item", "POST content/library/item/update-session");
    store.remove(held);
  }

  @Test
  void anOvaThatWasMadeAnewTakesThePlaceOfHalfAnOldOne() throws Exception {
    ClusterSpec spec = spec("talos-anew");
    ImageStore store = store(spec);
    room.door.answer(
        "*", body -> body.contains("\"file_spec\"") ? new VsphereDoor.Answer(500, "{}") : null);
    Path old = TestOva.write(folder.resolve("old.ova"), TestOva.members(3));
    assertThatThrownBy(() -> store.put(wanted(spec), old, _ -> {}))
        .isInstanceOf(SskubaException.class);
    room.door.reset();
    Path other = TestOva.write(folder.resolve("new.ova"), TestOva.members(4));
    Held held = store.put(wanted(spec), other, _ -> {});
    assertThat(held.digest())
        .isEqualTo(HexFormat.of().formatHex(TestOva.sha256(Files.readAllBytes(other))));
    store.remove(held);
  }

  @Test
  void twoRunsMakeOne() throws Exception {
    ClusterSpec spec = spec("talos-both");
    Path ova = TestOva.write(folder.resolve("both.ova"), TestOva.members(5));
    Held first = store(spec).put(wanted(spec), ova, _ -> {});
    CompletableFuture<Held> second = run(() -> store(spec).put(wanted(spec), ova, _ -> {}));
    CompletableFuture<Held> third = run(() -> store(spec).put(wanted(spec), ova, _ -> {}));
    assertThat(second.join()).isEqualTo(first);
    assertThat(third.join()).isEqualTo(first);
    store(spec).remove(first);
  }

  private static <T> CompletableFuture<T> run(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(work.call());
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  @Test
  void everyFileIsSentWithItsDigestAndAServerThatFindsAnotherIsBelieved() throws Exception {
    ClusterSpec spec = spec("talos-digests");
    ImageStore store = store(spec);
    Map<String, byte[]> members = TestOva.members(6);
    Path ova = TestOva.write(folder.resolve("digests.ova"), members);
    List<JsonNode> files = java.util.Collections.synchronizedList(new ArrayList<>());
    room.door.answer(
        "*",
        body -> {
          if (body.contains("\"file_spec\"")) {
            files.add(Json.parse(body).path("file_spec"));
          }
          return null;
        });
    Held held = store.put(wanted(spec), ova, _ -> {});
    assertThat(files).hasSize(3);
    for (JsonNode file : files) {
      byte[] bytes = members.get(file.path("name").asText());
      assertThat(file.path("size").asLong()).isEqualTo(bytes.length);
      assertThat(file.path("checksum_info").path("algorithm").asText()).isEqualTo("SHA256");
      assertThat(file.path("checksum_info").path("checksum").asText())
          .isEqualTo(HexFormat.of().formatHex(TestOva.sha256(bytes)));
    }
    store.remove(held);
    ObjectNode refused = Json.object();
    refused
        .putObject("value")
        .put("has_errors", true)
        .putArray("invalid_files")
        .addObject()
        .put("name", "vmware-amd64.vmdk")
        .putObject("error_message")
        .put("default_message", "checksum mismatch");
    room.door.answer(
        "*",
        body ->
            body.equals("{}") && room.door.calls().getLast().endsWith("~action=validate")
                ? new VsphereDoor.Answer(200, refused.toString())
                : null);
    assertThatThrownBy(() -> store.put(wanted(spec), ova, _ -> {}))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_IMAGE_MISSING);
              assertThat(e.problem().toString()).contains("checksum mismatch");
            });
    room.door.reset();
    assertThat(store.find("talos-digests")).isEmpty();
  }

  @Test
  void anOvaThatIsNotWhatItsManifestSaysIsNeverSent() throws Exception {
    ClusterSpec spec = spec("talos-broken");
    Map<String, byte[]> members = TestOva.members(7);
    members.get("vmware-amd64.vmdk")[90_000] ^= 1;
    Path broken = TestOva.write(folder.resolve("broken.ova"), members);
    Path cut = folder.resolve("cut.ova");
    byte[] whole = Files.readAllBytes(broken);
    Files.write(cut, java.util.Arrays.copyOf(whole, 50_000));
    Path text = Files.writeString(folder.resolve("text.ova"), "x".repeat(2000));
    for (Path each : List.of(broken, cut, text)) {
      assertThatThrownBy(() -> store(spec).put(wanted(spec), each, _ -> {}))
          .isInstanceOfSatisfying(
              SskubaException.class,
              e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_IMAGE_MISSING));
    }
    assertThat(room.door.mutations()).isEmpty();
  }
}
