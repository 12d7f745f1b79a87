package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.images.ImageStore;
import io.sskuba.images.WantedImage;
import io.sskuba.infra.Choices;
import io.sskuba.infra.azure.AzureImages;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Images of a subscription's own in one gallery: a version an image, named as Talos's, found by
/// its tags.
///
/// The disk goes straight into a managed disk that is made to be uploaded to, so that no storage
/// account is needed; the version is made of that disk, which then goes. A killed run is gone on
/// with by the disk's tag (the SHA-256 of the raw disk) and the pages that it has.
/// - Limits: 64 GiB; a day for the upload, [#REPLICATION] for the version.
/// - Source:
///   https://learn.microsoft.com/azure/virtual-machines/linux/disks-upload-vhd-to-managed-disk-cli
/// - Source: specification/compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03
///   and `DiskRP/stable/2024-03-02`
public final class AzureImageStore implements ImageStore {
  private static final String NAME_TAG = "sskuba.io:image";
  private static final String DIGEST_TAG = "sskuba.io:sha256";
  private static final Duration REPLICATION = Duration.ofMinutes(60);
  private static final Duration STEP = Duration.ofMinutes(10);
  private static final Duration LOOK = Duration.ofSeconds(5);
  private static final int SIGNATURE_SECONDS = 24 * 60 * 60;
  private static final int PAGES = 10;

  /// What [WantedImage#name] says.
  private static final Pattern NAME =
      Pattern.compile("sskuba-talos-v([0-9]+\\.[0-9]+\\.[0-9]+)-(amd64|arm64)-nvidia-[0-9a-f]+");

  private final Arm arm;
  private final TimeSource time;
  private final String subscription;
  private final String region;

  AzureImageStore(Arm arm, ProviderSettings.Azure azure, TimeSource time) {
    this.arm = arm;
    this.time = time;
    this.subscription = azure.subscription();
    this.region = azure.region();
  }

  /// Made with no call to anybody.
  public static AzureImageStore of(ClusterSpec spec, Environment environment, TimeSource time) {
    ProviderSettings.Azure azure = AzureAccount.settings(spec);
    AzureAccess access = AzureAccess.of(environment, azure.subscription(), time);
    return new AzureImageStore(new Arm(access, time), azure, time);
  }

  private static <T> T call(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      throw AzureProblems.of(what, e);
    }
  }

  /// Where an image of a name lies.
  private record At(String image, String version, String arch) {}

  private static At at(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.SPEC_UNSUPPORTED,
                  "a gallery of Azure cannot hold an image of this version")
              .fact("cause", name + ": its versions are three numbers"));
    }
    String arch = matcher.group(2);
    return new At(AzureImages.gpuImage(arch), matcher.group(1), arch);
  }

  private String path(At at) {
    return AzureGallery.versionPath(subscription, at.image(), at.version());
  }

  private String disk(String name) {
    return ArmIds.group(subscription, AzureImages.GALLERY_GROUP)
        + "/providers/Microsoft.Compute/disks/"
        + name;
  }

  @Override
  public Optional<Held> find(String name) {
    return call("its images", () -> arm.find(path(at(name)), ArmIds.GALLERIES))
        .filter(v -> tag(v, NAME_TAG).equals(name) && AzureGallery.serves(v, region))
        .map(AzureImageStore::held);
  }

  private static Held held(JsonNode version) {
    return new Held(
        tag(version, NAME_TAG), version.path("id").asText(""), tag(version, DIGEST_TAG));
  }

  private static String tag(JsonNode resource, String key) {
    return resource.path("tags").path(key).asText("");
  }

  @Override
  public List<Held> list() {
    return call(
        "its images",
        () -> {
          List<Held> all = new ArrayList<>();
          String gallery = AzureGallery.path(subscription);
          if (arm.find(gallery, ArmIds.GALLERIES).isEmpty()) {
            return all;
          }
          for (JsonNode image : arm.list(PAGES, gallery + "/images", ArmIds.GALLERIES)) {
            String versions = gallery + "/images/" + image.path("name").asText("") + "/versions";
            for (JsonNode version : arm.list(PAGES, versions, ArmIds.GALLERIES)) {
              if (!tag(version, NAME_TAG).isEmpty() && AzureGallery.serves(version, region)) {
                all.add(held(version));
              }
            }
          }
          return all;
        });
  }

  @Override
  public Held put(WantedImage image, Path file, Consumer<String> progress)
      throws InterruptedException {
    Optional<Held> there = find(image.name());
    if (there.isPresent()) {
      return there.get();
    }
    At at = at(image.name());
    Optional<JsonNode> version = call("its images", () -> arm.find(path(at), ArmIds.GALLERIES));
    if (version.isPresent() && !tag(version.get(), NAME_TAG).equals(image.name())) {
      throw another(at, tag(version.get(), NAME_TAG));
    }
    if (version.isPresent() && !state(version.get()).equals("Failed")) {
      return replicated(at, version.get(), image.name(), progress);
    }
    try {
      VhdDisk disk = VhdDisk.of(file);
      gallery(image, at);
      String source = uploaded(image.name(), at, disk, progress);
      progress.accept("image version " + at.version() + " of " + at.image() + " begun");
      change("PUT", path(at), ArmIds.GALLERIES, version(image.name(), disk.digest(), source));
      Held made = awaitVersion(at, image.name());
      dropDisk(disk(image.name()));
      return made;
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.CLOUD_IMAGE_MISSING, "the disk " + file + " cannot be put there")
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  private SskubaException another(At at, String name) {
    return new SskubaException(
        Problem.of(
                ProblemCode.CLOUD_IMAGE_MISSING,
                "version " + at.version() + " of image " + at.image() + " is another image")
            .fact("cause", name.isEmpty() ? "it bears no tags of ours" : "it is " + name)
            .fact("do", "take that version out of the gallery, and repeat the command")
            .exists(path(at)));
  }

  private static String state(JsonNode resource) {
    return resource.path("properties").path("provisioningState").asText("");
  }

  /// The gallery and what is above and below it, each only if it is not there.
  private void gallery(WantedImage image, At at) throws InterruptedException {
    String group = ArmIds.group(subscription, AzureImages.GALLERY_GROUP);
    ensure(group, ArmIds.RESOURCES, located());
    ObjectNode gallery = located();
    gallery.putObject("properties").put("description", "images of sskuba");
    ensure(AzureGallery.path(subscription), ArmIds.GALLERIES, gallery);
    ObjectNode definition = located();
    ObjectNode properties = definition.putObject("properties");
    properties.put("osType", "Linux").put("osState", "Generalized").put("hyperVGeneration", "V2");
    properties.put("architecture", architecture(at));
    properties
        .putObject("identifier")
        .put("publisher", "sskuba")
        .put("offer", "talos")
        .put("sku", Choices.imageKey(image.arch(), true));
    ensure(AzureGallery.imagePath(subscription, at.image()), ArmIds.GALLERIES, definition);
  }

  private static String architecture(At at) {
    return at.arch().equals("arm64") ? "Arm64" : "x64";
  }

  private ObjectNode located() {
    return Json.object().put("location", region);
  }

  private void ensure(String path, String version, ObjectNode body) throws InterruptedException {
    if (call("the gallery", () -> arm.find(path, version)).isEmpty()) {
      change("PUT", path, version, body);
    }
    await(
        "the gallery",
        STEP,
        () -> call("the gallery", () -> state(arm.get(path, version))),
        "Succeeded");
  }

  private Arm.Answer change(String method, String path, String version, ObjectNode body) {
    return call(
        ArmIds.type(path) + " " + ArmIds.name(path), () -> arm.change(method, path, version, body));
  }

  /// The id of a managed disk that holds all of the disk.
  private String uploaded(String name, At at, VhdDisk disk, Consumer<String> progress)
      throws IOException, InterruptedException {
    String path = disk(name);
    Optional<JsonNode> there = call("the disk", () -> arm.find(path, ArmIds.DISKS));
    if (there.isPresent() && !tag(there.get(), DIGEST_TAG).equals(disk.digest())) {
      progress.accept("a disk of another content was begun under this name, and is taken away");
      dropDisk(path);
      there = Optional.empty();
    }
    ObjectNode body = disk(name, at, disk);
    if (there.isEmpty()) {
      begin(path, body);
      progress.accept("disk " + name + " begun");
    }
    String state = diskState(path);
    if (state.equals("Unattached")) {
      return path; // whole: only a complete upload is ended
    }
    PageUpload upload;
    try {
      upload = new PageUpload(signature(path));
    } catch (SskubaException e) {
      if (!(e.getCause() instanceof ArmFailure failure && failure.status() == 409)) {
        throw e;
      }
      progress.accept("Azure does not let the upload be gone on with: it begins anew");
      dropDisk(path);
      begin(path, body);
      upload = new PageUpload(signature(path));
    }
    filled(upload, disk, progress);
    change("POST", path + "/endGetAccess", ArmIds.DISKS, Json.object());
    await("the disk", STEP, () -> diskState(path), "Unattached");
    return path;
  }

  private void begin(String path, ObjectNode body) throws InterruptedException {
    change("PUT", path, ArmIds.DISKS, body);
    await("the disk", STEP, () -> diskState(path), "ReadyToUpload");
  }

  private static void filled(PageUpload upload, VhdDisk disk, Consumer<String> progress)
      throws IOException, InterruptedException {
    boolean complete;
    try {
      upload.run(disk, progress);
      complete = upload.complete(disk);
    } catch (RuntimeException e) {
      throw AzureProblems.of("the upload of the disk", e);
    }
    if (!complete) {
      throw new IOException("parts of it did not arrive");
    }
  }

  private String diskState(String path) {
    return call(
        "the disk",
        () -> arm.get(path, ArmIds.DISKS).path("properties").path("diskState").asText(""));
  }

  private ObjectNode disk(String name, At at, VhdDisk disk) {
    ObjectNode body = located();
    body.putObject("sku").put("name", "Standard_LRS");
    body.putObject("tags").put(NAME_TAG, name).put(DIGEST_TAG, disk.digest());
    ObjectNode properties = body.putObject("properties");
    properties.put("osType", "Linux").put("hyperVGeneration", "V2");
    properties.putObject("supportedCapabilities").put("architecture", architecture(at));
    properties
        .putObject("creationData")
        .put("createOption", "Upload")
        .put("uploadSizeBytes", disk.length());
    return body;
  }

  /// The address that the disk may be written at: secret.
  private String signature(String path) throws InterruptedException {
    Arm.Answer answer =
        change(
            "POST",
            path + "/beginGetAccess",
            ArmIds.DISKS,
            Json.object().put("access", "Write").put("durationInSeconds", SIGNATURE_SECONDS));
    Optional<URI> follow = answer.follow();
    long end = time.nanos() + STEP.toNanos();
    while (true) {
      JsonNode body = answer.body();
      String url =
          body.path("accessSAS")
              .asText(body.path("properties").path("output").path("accessSAS").asText(""));
      if (!url.isEmpty()) {
        return url;
      }
      if (follow.isEmpty() || time.nanos() > end) {
        throw stuck("the disk's address for the upload", "none was given");
      }
      time.sleep(LOOK);
      URI at = follow.get();
      answer = call("the disk's address for the upload", () -> arm.follow(at));
    }
  }

  private ObjectNode version(String name, String digest, String source) {
    ObjectNode body = located();
    body.putObject("tags").put(NAME_TAG, name).put(DIGEST_TAG, digest);
    ObjectNode properties = body.putObject("properties");
    target(properties.putObject("publishingProfile").putArray("targetRegions"));
    properties
        .putObject("storageProfile")
        .putObject("osDiskImage")
        .putObject("source")
        .put("id", source);
    return body;
  }

  private void target(ArrayNode regions) {
    regions
        .addObject()
        .put("name", region)
        .put("regionalReplicaCount", 1)
        .put("storageAccountType", "Standard_LRS");
  }

  /// A version that is being made, or that other regions have: this one is added to them.
  private Held replicated(At at, JsonNode version, String name, Consumer<String> progress)
      throws InterruptedException {
    boolean asked = false;
    for (JsonNode target :
        version.path("properties").path("publishingProfile").path("targetRegions")) {
      asked |= AzureGallery.same(target.path("name").asText(""), region);
    }
    if (!asked) {
      progress.accept("image version " + at.version() + " is brought to " + region);
      ObjectNode body = version.deepCopy();
      body.remove(List.of("id", "name", "type"));
      ObjectNode properties = (ObjectNode) body.path("properties");
      properties.remove(List.of("provisioningState", "replicationStatus"));
      if (properties.path("publishingProfile").path("targetRegions") instanceof ArrayNode regions) {
        target(regions);
      }
      change("PUT", path(at), ArmIds.GALLERIES, body);
    }
    return awaitVersion(at, name);
  }

  private Held awaitVersion(At at, String name) throws InterruptedException {
    await(
        "image version " + at.version() + " of " + at.image(),
        REPLICATION,
        () -> call("the image", () -> state(arm.get(path(at), ArmIds.GALLERIES))),
        "Succeeded");
    return find(name).orElseThrow(() -> stuck("image " + name, "its region is missing"));
  }

  private void await(String what, Duration limit, Supplier<String> look, String wanted)
      throws InterruptedException {
    long end = time.nanos() + limit.toNanos();
    while (true) {
      String state = look.get();
      if (state.equals(wanted)) {
        return;
      }
      if (state.equals("Failed") || state.equals("Canceled") || time.nanos() > end) {
        throw stuck(what, state);
      }
      time.sleep(LOOK);
    }
  }

  private static SskubaException stuck(String what, String observed) {
    return new SskubaException(
        Problem.of(ProblemCode.CLOUD_IMAGE_MISSING, what + " was not made")
            .fact("observed", observed.isEmpty() ? "nothing yet" : observed)
            .exists(
                "what was begun in resource group "
                    + AzureImages.GALLERY_GROUP
                    + "; the same command goes on"));
  }

  @Override
  public void remove(Held image) {
    try {
      deleted(image.id(), ArmIds.GALLERIES);
      dropDisk(disk(image.name()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw stuck("the end of image " + image.name(), "interrupted");
    }
  }

  /// A disk that is being written to is not taken away before that is ended.
  private void dropDisk(String path) throws InterruptedException {
    boolean written =
        call("the disk", () -> arm.find(path, ArmIds.DISKS))
            .map(d -> d.path("properties").path("diskState").asText(""))
            .filter(state -> state.startsWith("Active"))
            .isPresent();
    if (written) {
      change("POST", path + "/endGetAccess", ArmIds.DISKS, Json.object());
      await("the disk", STEP, () -> diskState(path), "Unattached");
    }
    deleted(path, ArmIds.DISKS);
  }

  private void deleted(String path, String version) throws InterruptedException {
    BooleanSupplier there = () -> call("the image", () -> arm.find(path, version)).isPresent();
    if (!there.getAsBoolean()) {
      return;
    }
    change("DELETE", path, version, Json.object());
    await(
        ArmIds.type(path).toLowerCase(Locale.ROOT) + " " + ArmIds.name(path),
        REPLICATION,
        () -> there.getAsBoolean() ? "Deleting" : "gone",
        "gone");
  }
}
