package io.sskuba.apply;

import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.spec.ClusterSpec;
import java.util.Optional;

/// Where machines come from, by target.
@FunctionalInterface
public interface Platforms {
  /// The platform of a target, real or rehearsed; empty where it cannot be had.
  Optional<Platform> of(ClusterSpec.Provider provider, boolean rehearsal);

  /// The target as data; empty for `local`, whose plan needs this machine's addresses.
  default Optional<Target> target(ClusterSpec.Provider provider) {
    return Optional.empty();
  }
}
