package io.sskuba.infra.aws;

/// Names of Talos images on AWS.
public final class AwsImages {
  /// Account that publishes the official Talos images.
  /// - Source: https://docs.siderolabs.com/talos (AWS, official AMI images)
  public static final String OWNER = "540036508848";

  private AwsImages() {}

  /// Name of the official image of a region.
  /// - Source: siderolabs/talos, hack/cloud-image-uploader/aws.go
  public static String official(String version, String region, String arch) {
    return "talos-" + version + "-" + region + "-" + arch;
  }

  /// Name of an image that `image ensure` makes, with a pattern or the start of a schematic's id at
  /// its end.
  public static String own(String version, String imageKey, String schematic) {
    return "sskuba-talos-" + version + "-" + imageKey + "-" + schematic;
  }

  /// `x86_64` or `arm64`: a processor as EC2 calls it.
  public static String processor(String arch) {
    return arch.equals("arm64") ? "arm64" : "x86_64";
  }
}
