package io.sskuba.apply;

import io.sskuba.io.Places;
import java.nio.file.Path;

/// The memory-backed folder of a cluster on this machine: `RUNTIME/KEY-CLUSTERID`.
public final class RuntimeFolders {
  private RuntimeFolders() {}

  public static Path of(Places places, String key, String clusterId) {
    return places.runtime().resolve(key + "-" + clusterId);
  }
}
