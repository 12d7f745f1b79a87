package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.azure.AzureImages;

/// The subscription's own gallery of images: paths, and what an answer says of a version.
/// - Source: specification/compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03
final class AzureGallery {
  private AzureGallery() {}

  static String path(String subscription) {
    return ArmIds.group(subscription, AzureImages.GALLERY_GROUP)
        + "/providers/Microsoft.Compute/galleries/"
        + AzureImages.GALLERY;
  }

  static String imagePath(String subscription, String image) {
    return path(subscription) + "/images/" + image;
  }

  static String versionPath(String subscription, String image, String version) {
    return imagePath(subscription, image) + "/versions/" + version;
  }

  /// Whether machines of a region can boot from it.
  static boolean serves(JsonNode version, String region) {
    JsonNode properties = version.path("properties");
    if (!properties.path("provisioningState").asText("").equals("Succeeded")) {
      return false;
    }
    for (JsonNode target : properties.path("publishingProfile").path("targetRegions")) {
      if (same(target.path("name").asText(""), region)) {
        return true;
      }
    }
    return false;
  }

  /// Names of regions are written with and without spaces.
  static boolean same(String one, String other) {
    return plain(one).equals(plain(other));
  }

  private static String plain(String region) {
    return region.replace(" ", "").toLowerCase(java.util.Locale.ROOT);
  }
}
