package io.sskuba.clouds.azure;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.sas.BlobSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.azure.storage.blob.specialized.PageBlobClient;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.clouds.azure.AzureDoor.Answer;
import io.sskuba.clouds.azure.AzureDoor.Request;
import io.sskuba.io.Json;
import io.sskuba.testkit.TestServices;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Resource groups, managed disks and galleries as Resource Manager keeps them, behind an
/// [AzureDoor]; what is written into a disk lies in Azurite.
///
/// A version and an address for an upload take a while, a disk that is written to can be neither
/// read as an image nor deleted, and nothing is made in a group or gallery that is not there.
/// - Source of shapes:
///   compute/resource-manager/Microsoft.Compute/DiskRP/stable/2024-03-02/examples/ diskExamples
///   (Disk_Create_FromAnUploadBlob, Disk_BeginGetAccess), GalleryRP/stable/2024-03-03/
///   examples/galleryExamples (Gallery_Create, GalleryImage_Create, GalleryImageVersion_Create)
final class GalleryRoom implements AutoCloseable {
  private static final String ACCOUNT = "devstoreaccount1";

  /// Azurite's well-known key, published with it.
  private static final String KEY =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

  final AzureDoor door;
  private final TestServices.Running azurite;
  private final BlobContainerClient container;
  private final Map<String, ObjectNode> resources = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private int operations;
  private volatile boolean stubborn;

  GalleryRoom(String host, Path folder) {
    azurite = TestServices.azurite(host, folder);
    door = new AzureDoor(host);
    container =
        new BlobContainerClientBuilder()
            .endpoint(azurite.url() + "/" + ACCOUNT)
            .containerName("disks")
            .httpClient(new JdkHttpClientBuilder().build())
            .credential(new StorageSharedKeyCredential(ACCOUNT, KEY))
            .buildClient();
    container.create();
    door.changes(true);
    door.answer("", this::answer);
  }

  void fresh() {
    synchronized (this) {
      resources.clear();
      operations = 0;
      stubborn = false;
    }
    door.reset();
    door.changes(true);
    door.answer("", this::answer);
  }

  /// No second address is given for an upload that has one.
  void stubborn() {
    stubborn = true;
  }

  /// Puts a version there as somebody else made it.
  synchronized void put(String path, ObjectNode resource) {
    resources.put(path, resource);
  }

  synchronized ObjectNode at(String path) {
    return Objects.requireNonNull(resources.get(path), path);
  }

  synchronized long count(String kind) {
    return resources.keySet().stream().filter(p -> ArmIds.type(p).equalsIgnoreCase(kind)).count();
  }

  private PageBlobClient blob(String disk) {
    return container.getBlobClient(ArmIds.name(disk).toLowerCase(Locale.ROOT)).getPageBlobClient();
  }

  byte[] bytes(String disk) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    blob(disk).downloadStream(out);
    return out.toByteArray();
  }

  private synchronized Answer answer(Request request) {
    String path = request.path();
    if (path.contains("/operations/")) {
      return operation(path);
    }
    return switch (request.method()) {
      case "GET" -> get(path);
      case "PUT" -> made(path, request.body());
      case "POST" -> post(path);
      case "DELETE" -> delete(path);
      default -> Answer.error(405, "MethodNotAllowed");
    };
  }

  private Answer get(String path) {
    if (path.endsWith("/images") || path.endsWith("/versions")) {
      ObjectNode list = Json.object();
      ArrayNode value = list.putArray("value");
      resources.forEach(
          (id, resource) -> {
            String rest = id.length() > path.length() ? id.substring(path.length() + 1) : "/";
            if (id.toLowerCase(Locale.ROOT).startsWith(path.toLowerCase(Locale.ROOT) + "/")
                && !rest.contains("/")) {
              value.add(resource);
            }
          });
      return Answer.ok(list.toString());
    }
    ObjectNode there = resources.get(path);
    if (there == null) {
      return Answer.error(404, "ResourceNotFound");
    }
    String answer = there.toString();
    ObjectNode properties = (ObjectNode) there.path("properties");
    if (properties.path("provisioningState").asText("").equals("Creating")) {
      properties.put("provisioningState", "Succeeded");
    }
    return Answer.ok(answer);
  }

  private Answer made(String path, String text) {
    ObjectNode body = (ObjectNode) Json.parse(text);
    String above = above(path);
    if (!above.isEmpty() && !resources.containsKey(above)) {
      return Answer.error(
          404, above.contains("/providers/") ? "ParentResourceNotFound" : "ResourceGroupNotFound");
    }
    String kind = ArmIds.type(path).toLowerCase(Locale.ROOT);
    ObjectNode properties =
        body.path("properties") instanceof ObjectNode known ? known : body.putObject("properties");
    if (kind.endsWith("/versions")) {
      String source =
          properties
              .path("storageProfile")
              .path("osDiskImage")
              .path("source")
              .path("id")
              .asText("");
      if (!resources.containsKey(path) && !state(source).equals("Unattached")) {
        return Answer.error(409, "OperationNotAllowed");
      }
      properties.put("provisioningState", "Creating");
    } else if (kind.endsWith("/disks")) {
      long size = properties.path("creationData").path("uploadSizeBytes").asLong();
      blob(path).create(size, true);
      properties.put("diskState", "ReadyToUpload").put("provisioningState", "Succeeded");
    } else {
      properties.put("provisioningState", "Succeeded");
    }
    body.put("id", path).put("name", ArmIds.name(path));
    resources.put(path, body);
    return Answer.of(kind.isEmpty() ? 201 : 202, body.toString());
  }

  private String state(String disk) {
    ObjectNode there = resources.get(disk);
    return there == null ? "" : there.path("properties").path("diskState").asText("");
  }

  /// What has to be there first.
  private static String above(String path) {
    String kind = ArmIds.type(path).toLowerCase(Locale.ROOT);
    if (kind.isEmpty()) {
      return "";
    }
    int parts = kind.split("/", -1).length;
    if (parts == 2) {
      return path.substring(0, path.toLowerCase(Locale.ROOT).indexOf("/providers/"));
    }
    String name = path.substring(0, path.lastIndexOf('/'));
    return name.substring(0, name.lastIndexOf('/'));
  }

  private Answer post(String path) {
    String disk = path.substring(0, path.lastIndexOf('/'));
    ObjectNode there = resources.get(disk);
    if (there == null) {
      return Answer.error(404, "ResourceNotFound");
    }
    ObjectNode properties = (ObjectNode) there.path("properties");
    if (path.endsWith("/endGetAccess")) {
      properties.put("diskState", "Unattached");
      return Answer.of(202, "");
    }
    if (stubborn && properties.path("diskState").asText("").equals("ActiveUpload")) {
      return Answer.error(409, "Conflict");
    }
    properties.put("diskState", "ActiveUpload");
    operations = 0;
    return Answer.of(202, "")
        .with(
            "Location",
            door.cloud().manager()
                + AzureRoom.BASE
                + "/operations/"
                + ArmIds.name(disk)
                + "?api-version=2024-03-02");
  }

  private Answer operation(String path) {
    if (operations++ == 0) {
      return Answer.of(202, "")
          .with("Location", door.cloud().manager() + path + "?api-version=2024-03-02");
    }
    PageBlobClient blob = blob(path);
    String sas =
        blob.generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(1),
                new BlobSasPermission().setReadPermission(true).setWritePermission(true)));
    return Answer.ok(Json.object().put("accessSAS", blob.getBlobUrl() + "?" + sas).toString());
  }

  private Answer delete(String path) {
    if (state(path).startsWith("Active")) {
      return Answer.error(409, "OperationNotAllowed");
    }
    return resources.remove(path) == null ? Answer.of(204, "") : Answer.of(202, "");
  }

  @Override
  public void close() {
    door.close();
    azurite.close();
  }
}
