package io.sskuba.clouds.azure;

import java.util.Optional;

/// Whether Azure itself says that there is no such resource: 404, also for want of the resource
/// group that held it. A kind that is not known here is never gone, since nobody looked.
final class AzureGone {
  private final Arm arm;

  AzureGone(Arm arm) {
    this.arm = arm;
  }

  boolean gone(String id) {
    Optional<String> version = id.startsWith("/") ? ArmIds.version(id) : Optional.empty();
    return version.isPresent() && arm.find(id, version.get()).isEmpty();
  }
}
