package io.sskuba.infra.azure;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan.Lookup;
import io.sskuba.infra.Target;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// Which image a machine boots: the one chosen for this cluster, else the publisher's own from its
/// community gallery. Machines with a GPU need one with the driver in it, which nobody publishes:
/// it lies in a gallery of this subscription, where `image ensure` puts it.
/// - Source:
///   https://docs.siderolabs.com/talos/v1.13/platform-specific-installations/cloud-platforms/azure
public final class AzureImages {
  /// The publisher's public gallery.
  public static final String COMMUNITY_GALLERY = "siderolabs-c4d707c0-343e-42de-b597-276e4f7a5b0b";

  /// Our gallery in the user's subscription, and its resource group.
  public static final String GALLERY = "sskuba";

  public static final String GALLERY_GROUP = "sskuba-images";
  private static final String COMMUNITY = "/communitygalleries/";
  private static final String SHARED = "/sharedgalleries/";

  private AzureImages() {}

  /// `imageReference` of a machine.
  static Map<String, Object> reference(AzurePlan plan, Target.Slot machine) {
    boolean gpu = machine.pool().gpu() != null;
    String chosen = plan.choices().images().get(Choices.imageKey(machine.arch(), gpu));
    String talos = plan.spec().versions().talos();
    if (chosen != null) {
      return Map.of(property(chosen), chosen);
    }
    if (gpu) {
      return Map.of("id", lookup(machine.arch(), talos));
    }
    String id = community(machine.arch(), talos);
    return Map.of(property(id), id);
  }

  /// The publisher's image.
  public static String community(String arch, String talosVersion) {
    String name = arch.equals("arm64") ? "talos-arm64" : "talos-x64";
    return "/CommunityGalleries/"
        + COMMUNITY_GALLERY
        + "/Images/"
        + name
        + "/Versions/"
        + version(talosVersion);
  }

  /// Name of the image with a driver in our gallery.
  public static String gpuImage(String arch) {
    return "talos-" + Choices.imageKey(arch, true);
  }

  /// A gallery's version has no `v`.
  public static String version(String talosVersion) {
    return talosVersion.startsWith("v") ? talosVersion.substring(1) : talosVersion;
  }

  private static Lookup lookup(String arch, String talos) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("resourceGroupName", GALLERY_GROUP);
    arguments.put("galleryName", GALLERY);
    arguments.put("galleryImageName", gpuImage(arch));
    arguments.put("galleryImageVersionName", version(talos));
    return new Lookup("azure-native:compute:getGalleryImageVersion", arguments, "id");
  }

  private static String property(String id) {
    String lower = id.toLowerCase(Locale.ROOT);
    return lower.startsWith(COMMUNITY)
        ? "communityGalleryImageId"
        : lower.startsWith(SHARED) ? "sharedGalleryImageId" : "id";
  }
}
